"""One source text, and where things stand in it, counted as people count."""

import itertools

from tree_sitter import Node, Point

from protocol.tools.places import Range

_BLOCK = 1024
_CONTINUATIONS = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""


class Source:
    """UTF-8 bytes with the answers that depend on nothing else.

    Text is sliced out of the bytes: after a parse with callbacks `Node.text` is far slower.
    """

    __slots__ = ("_counts", "data", "is_ascii")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_ascii = data.isascii()
        self._counts: list[int] = []

    def text(self, node: Node) -> str:
        """Return the text of *node*."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def slice(self, start: int, end: int) -> str:
        """Return the text between two byte offsets; a broken character shows as U+FFFD."""
        return self.data[start:end].decode("utf-8", "replace")

    def line_text(self, byte: int, most: int) -> str:
        """Return the line around *byte*, without surrounding blanks, cut to *most* characters."""
        start = self.data.rfind(b"\n", 0, byte) + 1
        end = self.data.find(b"\n", byte)
        stop = len(self.data) if end < 0 else end
        start = max(start, byte - most)
        return shorten(self.slice(start, min(stop, start + 4 * most)).strip(), most)

    def column(self, byte: int, point: Point) -> int:
        """Return the 1-based column, in code points, of the place *byte* whose *point* is known."""
        if self.is_ascii:
            return point[1] + 1
        if point[1] <= _BLOCK:
            before = self.data[byte - point[1] : byte]
            return (point[1] if before.isascii() else len(before.decode("utf-8", "replace"))) + 1
        return self._characters_before(byte) - self._characters_before(byte - point[1]) + 1

    def _characters_before(self, byte: int) -> int:
        """Count from the nearest block on: long lines would otherwise be read again for each place.

        A block with as many characters as bytes needs no counting: 3 % of the walk over bundles.
        """
        if not self._counts:
            blocks = range(0, len(self.data), _BLOCK)
            counts = (_characters(self.data[start : start + _BLOCK]) for start in blocks)
            self._counts = [0, *itertools.accumulate(counts)]
        block, into = divmod(byte, _BLOCK)
        if self._counts[-1] - self._counts[block] == len(self.data) - block * _BLOCK:
            return self._counts[block] + into
        if (
            block + 1 < len(self._counts)
            and self._counts[block + 1] == self._counts[block] + _BLOCK
        ):
            return self._counts[block] + into
        return self._counts[block] + _characters(self.data[block * _BLOCK : byte])

    def range_of(self, node: Node) -> Range:
        """Return where *node* stands."""
        start, end = node.start_point, node.end_point
        if end[1] == 0 and end[0] > start[0]:
            return self._trimmed(node)
        if self.is_ascii:
            return Range(start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1)
        return Range(
            start[0] + 1,
            self.column(node.start_byte, start),
            end[0] + 1,
            self.column(node.end_byte, end),
        )

    def range_between(self, start: int, end: int, known: int, point: Point) -> Range:
        """Return the range of the bytes from *start* to *end*, near the byte *known* that is at *point*."""
        first = self._point(start, known, point)
        last = self._point(end, start, first)
        return Range(
            first[0] + 1,
            self.column(start, first),
            last[0] + 1,
            self.column(end, last),
        )

    def _point(self, byte: int, known: int, point: Point) -> Point:
        """Return row and column, in bytes, of *byte*, which is not before *known* at *point*."""
        rows = self.data.count(b"\n", known, byte)
        if rows == 0:
            return Point(point[0], point[1] + byte - known)
        return Point(point[0] + rows, byte - self.data.rfind(b"\n", known, byte) - 1)

    def _trimmed(self, node: Node) -> Range:
        """Some grammars let a node own the line breaks after it; people do not."""
        first, start, stop = node.start_point, node.start_byte, node.end_byte
        end = start + len(self.data[start:stop].rstrip())
        row = node.end_point[0] - self.data.count(b"\n", end, stop)
        last = Point(row, end - self.data.rfind(b"\n", 0, end) - 1)
        return Range(first[0] + 1, self.column(start, first), row + 1, self.column(end, last))


def _characters(data: bytes) -> int:
    return len(data.translate(None, _CONTINUATIONS))


def shorten(text: str, most: int) -> str:
    """Return *text*, or its beginning with an ellipsis if it is longer than *most* characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def on_one_line(text: str, most: int) -> str:
    """Return *text* with every run of blanks as one space, shortened."""
    if not text.isprintable() or "  " in text:
        text = " ".join(text.split())
    return shorten(text, most)
