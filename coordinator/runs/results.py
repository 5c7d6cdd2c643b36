"""Answers that are larger than one message, kept for a while so that they can be read in pieces.

Rule 1: what is kept is what was found, as it was then; reading it runs nothing and opens no file.
Rule 2: all sets together stay within a bound, and none lives longer than its time: the oldest go first.
Rule 3: no clock is read; *now* is an argument that never goes back.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from protocol.tools.contract import FilePlan
from protocol.tools.files import Piece

PREFIX = "toolcrew://results/"
TEMPLATE = PREFIX + "{id}/{page}"

PAGE_BYTES = 200_000
"""So large a page is at most, unless a single row is larger."""

_LARGEST_SHARE = 2
"""One set may take one part in so many of the bound."""


class UnknownResult(LookupError):
    """There is no such result set or page, or no longer; the message says which."""


class _Part(NamedTuple):
    """Rows of one file, from *start* up to *end*."""

    piece: Piece
    start: int
    end: int


class ResultSet:
    """What one call has found, as it came."""

    def __init__(self, tool: str, plan: FilePlan, most_bytes: int) -> None:
        self.tool = tool
        self.size = 0
        self.is_whole = True
        self._plan = plan
        self._room = most_bytes
        self._pieces: list[Piece] = []
        self._pages: list[list[_Part]] | None = None

    def add(self, piece: Piece) -> None:
        """Take one file with its rows; what there is no room for is left out, and everything after it."""
        counted = self._plan.counted
        if piece.outcome != "ok" or (counted is not None and not piece.totals.get(counted)):
            return
        size = len(piece.head) + sum([len(item.data) + len(item.text) for item in piece.items])
        if not self.is_whole or self.size + size > self._room:
            self.is_whole = False
            return
        self.size += size
        self._pieces.append(piece)

    def page_count(self) -> int:
        """Return how many pages there are."""
        return len(self._all())

    def page(self, number: int, uri: str) -> bytes:
        """Return the page of that number, from 1 on, as encoded JSON.

        Raises:
            UnknownResult: there is no such page.
        """
        pages = self._all()
        if not 1 <= number <= len(pages):
            raise UnknownResult(f"There is no page {number}: this result has {len(pages)} pages.")
        about = {
            "tool": self.tool,
            "page": number,
            "pages": len(pages),
            "complete": self.is_whole,
            "next": f"{uri}/{number + 1}" if number < len(pages) else None,
        }
        rows = b",".join(self._encoded(part) for part in pages[number - 1])
        head = msgspec.json.encode(about)[:-1]
        return b'%b,"%b":[%b]}' % (head, self._plan.files_field.encode(), rows)

    def _all(self) -> list[list[_Part]]:
        if self._pages is None:
            self._pages = list(_paged(self._pieces))
        return self._pages

    def _encoded(self, part: _Part) -> bytes:
        head, field = bytes(part.piece.head), self._plan.items_field
        if field is None or part.start == part.end:
            return head
        rows = b",".join([item.data for item in part.piece.items[part.start : part.end]])
        return b'%b,"%b":[%b]}' % (head[:-1], field.encode(), rows)


class Results:
    """The result sets that can still be read."""

    def __init__(self, max_bytes: int, ttl_s: float, new_id: Callable[[], str]) -> None:
        self._max_bytes = max_bytes
        self.ttl_s = ttl_s
        self._new_id = new_id
        self._sets: dict[str, tuple[float, ResultSet]] = {}
        self._size = 0

    def new_set(self, tool: str, plan: FilePlan) -> ResultSet:
        """Return an empty set, of which nobody knows before it is kept."""
        return ResultSet(tool, plan, self._max_bytes // _LARGEST_SHARE)

    def keep(self, result: ResultSet, now: float) -> str | None:
        """Make *result* readable; return its URI, or None if there is nothing to be read."""
        self.expire(now)
        if not result.size:
            return None
        while self._size + result.size > self._max_bytes:
            self._drop(next(iter(self._sets)))
        name = self._new_id()
        self._sets[name] = (now + self.ttl_s, result)
        self._size += result.size
        return PREFIX + name

    def read(self, uri: str, now: float) -> bytes:
        """Return the page that *uri* names, the first one if it names none, as encoded JSON.

        Raises:
            UnknownResult: there is no such thing, or no longer.
        """
        self.expire(now)
        name, _, number = uri.removeprefix(PREFIX).partition("/")
        if name not in self._sets:
            kept = f"{self.ttl_s / 60:g} minutes"
            raise UnknownResult(f"No such result, or no longer: they are kept for {kept}.")
        if number and not (number.isascii() and number.isdigit() and len(number) <= 9):  # noqa: PLR2004
            raise UnknownResult(f"Not a page number: {number[:20]!r}.")
        return self._sets[name][1].page(int(number or 1), PREFIX + name)

    def expire(self, now: float) -> float | None:
        """Forget what is too old; return when the next one will be."""
        for name, (until, _) in list(self._sets.items()):
            if until > now:
                return until
            self._drop(name)
        return None

    def _drop(self, name: str) -> None:
        self._size -= self._sets.pop(name)[1].size


class _Page:
    """A page that is being filled."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self._room = PAGE_BYTES
        self._has_row = False

    def fits(self, size: int) -> bool:
        """Tell whether there is room for so many bytes; for the first row there always is.

        A file without rows is one.
        """
        return size <= self._room or not self._has_row

    def begin(self, piece: Piece, start: int) -> None:
        """Go on with the rows of *piece* from *start* on."""
        self.parts.append(_Part(piece, start, start))
        self._room -= len(piece.head)
        self._has_row |= not piece.items

    def add_row(self, size: int) -> None:
        """Take the next row of the last piece."""
        last = self.parts[-1]
        self.parts[-1] = last._replace(end=last.end + 1)
        self._room -= size
        self._has_row = True


def _paged(pieces: list[Piece]) -> Iterator[list[_Part]]:
    page = _Page()
    for piece in pieces:
        if not page.fits(len(piece.head)):
            yield page.parts
            page = _Page()
        page.begin(piece, 0)
        for at, item in enumerate(piece.items):
            size = len(item.data) + 1
            if not page.fits(size):
                yield page.parts
                page = _Page()
                page.begin(piece, at)
            page.add_row(size)
    if page.parts:
        yield page.parts
