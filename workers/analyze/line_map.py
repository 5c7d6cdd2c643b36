"""Which lines hold code, comments or nothing, so that any stretch of lines is counted at once."""

from collections.abc import Sequence
from itertools import accumulate
from operator import not_

Span = tuple[int, int]


class LineMap:
    """The lines of one source, counted from its start; *comments* are its comments, in order.

    The rules are those of `workers.syntax.lines`: a line with code and a comment is code, and a
    blank line is blank wherever it stands.
    """

    __slots__ = ("_blank", "_no_code", "total")

    def __init__(self, data: bytes, comments: Sequence[Span]) -> None:
        text = _lines(data)
        code = _lines(_without(data, comments)) if comments else text
        self.total = len(text)
        self._blank = _sums(text)
        self._no_code = _sums(code)

    def count(self, first: int, last: int) -> tuple[int, int, int, int]:
        """Return all, code, comment and blank lines from *first* to *last*, both 1-based."""
        total = last - first + 1
        blank = self._blank[last] - self._blank[first - 1]
        no_code = self._no_code[last] - self._no_code[first - 1]
        return total, total - no_code, no_code - blank, blank


def _sums(lines: list[bytes]) -> list[int]:
    """Return how many of *lines* are empty up to each of them."""
    return [*accumulate(map(not_, lines), initial=0)]


def _lines(data: bytes) -> list[bytes]:
    lines = [*map(bytes.strip, data.split(b"\n"))]
    if not data or data.endswith(b"\n"):
        lines.pop()  # what follows the last line break is not a line
    return lines


def _without(data: bytes, comments: Sequence[Span]) -> bytes:
    """Return *data* without *comments*, but with their line breaks."""
    pieces: list[bytes] = []
    at = 0
    for start, end in comments:
        pieces += (data[at:start], b" ", b"\n " * data.count(b"\n", start, end))
        at = end
    pieces.append(data[at:])
    return b"".join(pieces)
