"""Which lines hold code, comments or nothing, so that any stretch of lines is counted at once."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from protocol.tools.code_parse import LineCounts

Span = tuple[int, int]
_BLANKED = bytes(0x0A if byte == 0x0A else 0x20 for byte in range(0x100))
"""Everything but line breaks becomes a blank."""


class LineMap:
    """The lines of one source, counted from its start; *comments* are its comments, in order.

    The rules are those of `workers.syntax.lines`: a line with code and a comment is code, and a
    blank line is blank wherever it stands.
    """

    __slots__ = ("_code", "_text", "total")

    def __init__(self, data: bytes, comments: Sequence[Span]) -> None:
        self._text = _filled_before(data)
        self._code = _filled_before(without(data, comments)) if comments else self._text
        self.total = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")

    def count(self, first: int, last: int) -> LineCounts:
        """Count the lines from *first* to *last*, both 1-based and included."""
        total = last - first + 1
        text = self._text[last] - self._text[first - 1]
        code = self._code[last] - self._code[first - 1]
        return LineCounts(total, code, text - code, total - text)


def without(data: bytes, spans: Iterable[Span]) -> bytes:
    """Return *data* with blanks in place of *spans*, which are in order; lines stay lines."""
    pieces: list[bytes] = []
    at = 0
    for start, end in spans:
        if start >= at:
            pieces += (data[at:start], data[start:end].translate(_BLANKED))
            at = end
    pieces.append(data[at:])
    return b"".join(pieces)


def _filled_before(data: bytes) -> list[int]:
    """Return how many lines that are not blank stand before each line, and after the last."""
    return [0, *accumulate(map(bool, map(bytes.strip, data.split(b"\n"))))]
