"""Which lines hold code, comments or nothing, so that any stretch of lines is counted at once."""

from collections.abc import Sequence
from itertools import accumulate

Span = tuple[int, int]


class LineMap:
    """The lines of one source, counted from its start; *comments* are its comments, in order.

    The rules are those of `workers.syntax.lines`: a line with code and a comment is code, and a
    blank line is blank wherever it stands.
    """

    __slots__ = ("_blank", "_no_code", "total")

    def __init__(self, data: bytes, comments: Sequence[Span]) -> None:
        self._blank = _blank_lines(data)
        self._no_code = _blank_lines(_without(data, comments)) if comments else self._blank
        self.total = len(self._blank) - 1

    def count(self, first: int, last: int) -> tuple[int, int, int, int]:
        """Return all, code, comment and blank lines from *first* to *last*, both 1-based."""
        total = last - first + 1
        blank = self._blank[last] - self._blank[first - 1]
        no_code = self._no_code[last] - self._no_code[first - 1]
        return total, total - no_code, no_code - blank, blank


def _blank_lines(data: bytes) -> list[int]:
    """Return how many blank lines there are up to each line."""
    lines = data.replace(b"\n", b" \n").split(b"\n")  # a line of nothing would be no space
    if not lines[-1]:
        lines.pop()  # what follows the last line break is not a line
    return [*accumulate(map(bytes.isspace, lines), initial=0)]


def _without(data: bytes, comments: Sequence[Span]) -> bytes:
    """Return *data* without *comments*, but with their line breaks."""
    pieces: list[bytes] = []
    at = 0
    for start, end in comments:
        pieces += (data[at:start], b" ", b"\n " * data.count(b"\n", start, end))
        at = end
    pieces.append(data[at:])
    return b"".join(pieces)
