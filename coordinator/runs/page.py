"""One page of an answer: which rows are shown, so that it has neither too many nor too many characters.

Rule 1: rows are numbered in listing order, whoever they come from; a page is a run of them.
Rule 2: what is too long for any page is shortened in the same way on whatever page it is.
Rule 3: a row or a file is decoded only to be shortened; all others are spliced as they are.
"""

from collections import Counter
from typing import NamedTuple, Protocol
from zlib import crc32

import msgspec

from coordinator.runs.shorten import shortened, shortened_text
from protocol.tools.contract import View
from protocol.tools.files import Item, Piece

_AROUND_ROWS = 8
"""Characters beside a file's rows and the name of their field."""

_MORE = "    … {} more"
_MOST_DIGITS = 10

Row = tuple[bytes, str]
"""A row, or a file without its rows: as JSON, and as text."""


class Limits(NamedTuple):
    """What a page may have: rows from *start* on, *limit* of them, and *room* characters."""

    start: int
    limit: int
    room: int


class Page(Protocol):
    """Takes every file and keeps what the page shows of it, once as JSON and once as text."""

    files: list[bytes]
    texts: list[str]
    rows: int
    """How many rows there are so far, shown or not."""
    end: int
    """The row that the next page begins with, if there is one."""
    is_cut: bool
    """Something had to be shortened or left out that no other page has."""
    left_out: int
    """How many lines were left out by their rank."""

    def offer(self, piece: Piece) -> None:
        """Take the next file."""

    def finish(self) -> None:
        """Nothing more will come."""

    def digests(self) -> tuple[int, int]:
        """Return checksums of all files that begin before the page, and before the next page."""
        ...


def page(view: View, limits: Limits, field: str | None) -> Page:
    """Return an empty page."""
    if view == "ranked":
        return _Ranked(limits, field)
    return _Single(limits, field) if view == "single" else _Rows(limits, field)


class _Numbered:
    """What pages have in common: the numbers of rows, and checksums by which pages know each other."""

    def __init__(self, limits: Limits, field: str | None) -> None:
        self.files: list[bytes] = []
        self.texts: list[str] = []
        self.rows = 0
        self.start = limits.start
        self.end = limits.start + limits.limit
        self.is_cut = False
        self.left_out = 0
        self._room = limits.room
        self._field = field
        self._before_all = 0
        self._before_start: int | None = None
        self._before_end: int | None = None

    def digests(self) -> tuple[int, int]:
        all_of_it = self._before_all
        start, end = self._before_start, self._before_end
        return (all_of_it if start is None else start, all_of_it if end is None else end)

    def _count(self, piece: Piece, rows: int) -> None:
        """Note that *piece* has so many rows, after it was decided where the page ends."""
        first, self.rows = self.rows, self.rows + rows
        if self._before_start is None and first >= self.start:
            self._before_start = self._before_all
        if self._before_end is None and first >= self.end:
            self._before_end = self._before_all
        name = f"{piece.path}\0{rows}\0".encode("utf-8", "surrogatepass")
        self._before_all = crc32(name, self._before_all)

    def _head(self, piece: Piece) -> Row | None:
        """Return a file without its rows, in no more than half the room, so that any row fits besides."""
        return self._fitted(bytes(piece.head), piece.text)

    def _fitted(self, data: bytes, text: str) -> Row | None:
        most = self._room // 2 - _AROUND_ROWS - len(self._field or "")
        short = shortened(data, most)
        self.is_cut |= short is not data
        return None if short is None else (short, shortened_text(text, most))

    def _add_file(self, head: bytes, text: str, items: list[Row]) -> None:
        self.files.append(_splice(head, self._field, [data for data, _ in items]))
        self.texts.append("\n".join([text, *(line for _, line in items)]))


class _Rows(_Numbered):
    """A page in listing order. A file counts as one row if it has none of its own."""

    def __init__(self, limits: Limits, field: str | None) -> None:
        super().__init__(limits, field)
        self._data_room = self._text_room = limits.room

    def offer(self, piece: Piece) -> None:
        rows = max(1, len(piece.items))
        if self.rows < self.end and self.rows + rows > self.start:
            self._show(piece)
        self._count(piece, rows)

    def finish(self) -> None:
        """Everything was decided on the way."""

    def _show(self, piece: Piece) -> None:
        at = max(0, self.start - self.rows)
        fitted = self._head(piece)
        if fitted is None:
            return
        if not self._takes(*fitted, besides=_AROUND_ROWS + len(self._field or "")):
            self.end = self.rows + at
            return
        wanted = piece.items[at : self.end - self.rows]
        shown, passed = self._items(wanted)
        if shown or not wanted:
            self._add_file(*fitted, shown)
        if passed < len(wanted):
            self.end = self.rows + at + passed

    def _items(self, items: list[Item]) -> tuple[list[Row], int]:
        """Return as many as there is room for, and how many those are with what cannot be shortened."""
        shown: list[Row] = []
        for passed, item in enumerate(items):
            row = self._fitted(bytes(item.data), item.text)
            if row is None:
                continue
            if not self._takes(*row):
                return shown, passed
            shown.append(row)
        return shown, len(items)

    def _takes(self, data: bytes, text: str, besides: int = 0) -> bool:
        """Take room for a row or a file and what parts it from the next, if there is any left."""
        data_room = self._data_room - len(data) - besides - 1
        text_room = self._text_room - len(text) - 1
        if min(data_room, text_room) < 0:
            return False
        self._data_room, self._text_room = data_room, text_room
        return True


class _Single(_Rows):
    """A page of all rows if they are of one file, else of those that matter most."""

    def __init__(self, limits: Limits, field: str | None) -> None:
        super().__init__(limits, field)
        self._all_of_one = _Rows(limits, field)
        self._files = 0

    def offer(self, piece: Piece) -> None:
        self._files += 1
        if self._files == 1:
            self._all_of_one.offer(piece)
        items = [item for item in piece.items if item.rank == 0]
        super().offer(msgspec.structs.replace(piece, items=items))

    def finish(self) -> None:
        if self._files == 1:
            vars(self).update(vars(self._all_of_one))


class _Entry(msgspec.Struct):
    """A file on a ranked page; of its lines each has its rank and its number among all lines."""

    head: bytes
    text: str
    lines: list[tuple[int, Row]]
    left_out: int = 0


class _Ranked(_Numbered):
    """A page of files, each with those of its lines that matter most.

    As soon as the lines of some ranks fill the page, no line of a higher rank is kept: so this holds
    no more than a page, however many files there are.
    """

    def __init__(self, limits: Limits, field: str | None) -> None:
        super().__init__(limits, field)
        self._entries: list[_Entry] = []
        self._heads = 0
        self._sizes: Counter[int] = Counter()
        self._bar = 1 << 30

    def offer(self, piece: Piece) -> None:
        if self.start <= self.rows < self.end:
            self._take(piece)
        self._count(piece, 1)

    def finish(self) -> None:
        room = self._room - self._heads
        room -= sum(size for rank, size in self._sizes.items() if rank < self._bar)
        for entry in self._entries:
            kept: list[Row] = []
            for rank, row in entry.lines:
                if rank == self._bar:
                    room -= _size(row)
                if rank < self._bar or (rank == self._bar and room >= 0):
                    kept.append(row)
            left_out = entry.left_out + len(entry.lines) - len(kept)
            self.left_out += left_out
            more = f"\n{_MORE.format(left_out)}" if left_out else ""
            self._add_file(entry.head, entry.text, kept)
            self.texts[-1] += more

    def _take(self, piece: Piece) -> None:
        fitted = self._head(piece)
        if fitted is None:
            return
        size = _size(fitted) + _AROUND_ROWS + len(self._field or "") + len(_MORE) + _MOST_DIGITS
        if self._heads + size > self._room // 2 and self._entries:
            self.end = self.rows
            return
        self._heads += size
        entry = _Entry(*fitted, [])
        self._entries.append(entry)
        for item in piece.items:
            self._take_line(entry, item)
        self._raise_bar()

    def _take_line(self, entry: _Entry, item: Item) -> None:
        row = self._fitted(bytes(item.data), item.text) if item.rank <= self._bar else None
        if row is None:
            entry.left_out += 1
            return
        entry.lines.append((item.rank, row))
        self._sizes[item.rank] += _size(row)

    def _raise_bar(self) -> None:
        """Find the lowest rank whose lines do not all fit, and forget those of higher ranks."""
        room, bar = self._room - self._heads, self._bar
        for rank in sorted(self._sizes):
            room -= self._sizes[rank]
            if room < 0:
                bar = rank
                break
        if bar == self._bar:
            return
        self._bar = bar
        for entry in self._entries:
            kept = [line for line in entry.lines if line[0] <= bar]
            entry.left_out += len(entry.lines) - len(kept)
            entry.lines = kept
        for rank in [rank for rank in self._sizes if rank > bar]:
            del self._sizes[rank]


def _size(row: Row) -> int:
    """Return the room that a row or a file takes with what parts it from the next, in either form."""
    return max(len(row[0]), len(row[1])) + 1


def _splice(head: bytes, field: str | None, rows: list[bytes]) -> bytes:
    if field is None or not rows:
        return head
    return b'%b,"%b":[%b]}' % (head[:-1], field.encode(), b",".join(rows))
