"""Which lines hold code, comments or nothing, so that any stretch of lines is counted at once."""

from collections.abc import Sequence

Span = tuple[int, int]


class LineMap:
    """The lines of one source, counted from its start; *comments* are its comments, in order.

    The rules are those of `workers.syntax.lines`: a line with code and a comment is code, and a
    blank line is blank wherever it stands.
    """

    __slots__ = ("_code", "_text", "total")

    def __init__(self, data: bytes, comments: Sequence[Span]) -> None:
        lines = [*map(bytes.strip, data.split(b"\n"))]
        if not data or data.endswith(b"\n"):
            lines.pop()  # what follows the last line break is not a line
        self.total = len(lines)
        self._text = lines
        self._code = _without(data, lines, comments) if comments else lines

    def count(self, first: int, last: int) -> tuple[int, int, int, int]:
        """Return all, code, comment and blank lines from *first* to *last*, both 1-based."""
        total = last - first + 1
        blank = self._text[first - 1 : last].count(b"")
        no_code = self._code[first - 1 : last].count(b"")
        return total, total - no_code, no_code - blank, blank


def _without(data: bytes, lines: list[bytes], comments: Sequence[Span]) -> list[bytes]:
    """Return *lines* without *comments*: one after the other is taken out of the lines it is on."""
    code = lines.copy()
    row = at = 0
    for start, end in comments:
        row += data.count(b"\n", at, start)
        at = start
        parts = data[start:end].split(b"\n")
        last = len(parts) - 1
        for index, part in enumerate(parts):
            place = row + index
            if 0 < index < last:
                code[place] = b""
            elif place < len(code):
                code[place] = code[place].replace(part.strip(), b"", 1).strip()
    return code
