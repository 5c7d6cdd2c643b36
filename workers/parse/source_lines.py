"""The lines of one source: what number, what text, and which stretch of bytes lies where."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from protocol.tools.places import Range
from workers.syntax.source import shorten

MOST_LINE = 400
"""No more characters of one line are shown."""

_BREAKS = b"\r\n"


class SourceLines:
    """UTF-8 bytes by lines; line numbers begin with 1."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lines = data.split(b"\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]
        self.count = len(self._lines) - (not self._lines[-1])

    def number_of(self, byte: int) -> int:
        """Return the number of the line that holds the byte at this offset."""
        return bisect_right(self._starts, byte, 0, len(self._lines))

    def start_of(self, number: int) -> int:
        """Return the offset at which a line begins."""
        return self._starts[number - 1]

    def text_of(self, number: int) -> str:
        """Return a line without its line break, cut if it is long."""
        line = self._lines[number - 1][: 4 * MOST_LINE + 1].rstrip(_BREAKS)
        return shorten(line.decode("utf-8", "replace"), MOST_LINE)

    def is_long(self, number: int) -> bool:
        """Tell whether `text_of` cuts a line."""
        return len(self._lines[number - 1].decode("utf-8", "replace").rstrip("\r")) > MOST_LINE

    def between(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """Yield the numbers and texts of these lines, as far as there are such."""
        for number in range(max(first, 1), min(last, self.count) + 1):
            yield number, self.text_of(number)

    def range_of(self, start: int, end: int) -> Range:
        """Return where the bytes from *start* to *end* stand, without line breaks at their end."""
        while end > start and self._data[end - 1] in _BREAKS:
            end -= 1
        first, last = self.number_of(start), self.number_of(end)
        return Range(first, self._column(first, start), last, self._column(last, end))

    def _column(self, number: int, byte: int) -> int:
        before = self._data[self._starts[number - 1] : byte]
        return len(before if before.isascii() else before.decode("utf-8", "replace")) + 1


def numbered(number: int, line: str, mark: str = " ") -> str:
    """Return a line as it is shown to a model: `>   12 | x = 1`."""
    return f"{mark}{number:>5} | {line}".rstrip()
