"""Where a source shows signs of definitions, so that whole subtrees can be passed by.

Finding bytes is a hundred times faster than walking a tree, and it is done once for a source: after
that, whether a stretch of it holds any sign is one bisection.
"""

from bisect import bisect_left

_MOST = 100_000
"""With more signs than this nothing is passed by; counting them all would cost more than it saves."""


class Signs:
    """The places in one source where one of *marks* stands; marks of None stand everywhere.

    *before*: the bytes of which one must stand in front of a mark; empty: any.
    """

    __slots__ = ("_everywhere", "_places")

    def __init__(self, data: bytes, marks: tuple[bytes, ...] | None, before: bytes) -> None:
        self._places: list[int] = []
        self._everywhere = marks is None
        for mark in marks or ():
            self._find(data, mark, before)
        self._places.sort()

    def within(self, start: int, end: int) -> bool:
        """Tell whether the bytes from *start* to *end* may hold a definition."""
        if self._everywhere:
            return True
        at = bisect_left(self._places, start)
        return at < len(self._places) and self._places[at] < end

    def _find(self, data: bytes, mark: bytes, before: bytes) -> None:
        at = data.find(mark)
        while at >= 0 and len(self._places) < _MOST:
            if not before or data[at - 1] in before:
                self._places.append(at)
            at = data.find(mark, at + 1)
        self._everywhere = self._everywhere or at >= 0
