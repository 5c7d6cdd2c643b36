"""Which stretches of tokens several places share: exact, maximal, each place told once.

Rules:
1. A clone has at least *least* equal tokens at two places, and cannot be made longer to either side.
   Names are compared as they are (type 1): code that differs in names alone is alike everywhere and
   copied almost nowhere.
2. A later place is told with the place where its code stood first, so that code at n places makes
   n - 1 clones; and it is not told again with what is only a part of a clone that it belongs to.
3. A stretch that repeats itself with a period shorter than *least*, such as a long list, is no clone of
   itself. With a longer period, each repetition is a clone of the first.

How: a run of *least* tokens holds a shorter run (a gram) that begins at a multiple of a fixed step, so it
is enough to keep those of each source, and to look every gram up among them (the guarantee of winnowing,
Schleimer, Wilkerson, Aiken 2003, with fixed places instead of local minima on one side). Near those that
occur twice, runs of all *least* tokens are looked up, and then the tokens themselves are compared.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import Final, NamedTuple

from workers.analyze.duplicates.grams import grams

_CHECK_EVERY: Final = 1024
_WIDTH: Final = 4
_FIRST_STEP: Final = 64
_FILE_SHIFT: Final = 32
_PLACE: Final = (1 << _FILE_SHIFT) - 1


class Clone(NamedTuple):
    """*tokens* equal tokens: in source *first* from the token *first_at* on, and likewise the second."""

    tokens: int
    first: int
    first_at: int
    second: int
    second_at: int


def find_clones(
    sources: Sequence["array[int]"], least: int, check: Callable[[], None]
) -> list[Clone]:
    """Return the clones of at least *least* tokens; *check* is called often, and may raise."""
    near = _Grams(sources, least, check).near()
    return [*_Search(sources, least, check).run(near)]


class _Grams:
    """Finds out where a clone can be at all."""

    def __init__(
        self, sources: Sequence["array[int]"], least: int, check: Callable[[], None]
    ) -> None:
        self.length = gram_length(least)
        self._step = least - self.length + 1
        self._check = check
        self._all: list[array[int]] = []
        self._kept: set[int] = set()
        for tokens in sources:
            check()
            found = grams(tokens, self.length) if len(tokens) >= least else array("I")
            self._all.append(found)
            self._kept.update(found[:: self._step])

    def near(self) -> "list[tuple[array[int], array[int]] | None]":
        """Return, for each source, its grams and the places of those that occur more than once."""
        places = [*map(self._kept_places, self._all)]
        seen: Counter[int] = Counter()
        for found, at in zip(self._all, places, strict=True):
            self._check()
            seen.update(map(found.__getitem__, at))
        several = {gram for gram, count in seen.items() if count > 1}
        return [
            (found, at) if (at := self._among(several, found, kept)) else None
            for found, kept in zip(self._all, places, strict=True)
        ]

    def _kept_places(self, found: "array[int]") -> "array[int]":
        self._check()
        return array("I", compress(range(len(found)), map(self._kept.__contains__, found)))

    def _among(self, several: set[int], found: "array[int]", kept: "array[int]") -> "array[int]":
        self._check()
        return array("I", [at for at in kept if found[at] in several])


def gram_length(least: int) -> int:
    """Return how long grams are: two of them cover *least* tokens, and few occur by chance."""
    return max(2 * least // 3, (least + 1) // 2)


class _Search:
    """Goes through all sources in order and looks each run of *least* tokens up among those before."""

    def __init__(
        self, sources: Sequence["array[int]"], least: int, check: Callable[[], None]
    ) -> None:
        self._sources = sources
        self._bytes: dict[int, bytes] = {}
        self._least = least
        self._length = gram_length(least)
        self._check = check
        self._first: dict[int, int] = {}

    def run(self, near: "Sequence[tuple[array[int], array[int]] | None]") -> Iterator[Clone]:
        """Yield the clones, source by source."""
        for source, found in enumerate(near):
            self._check()
            if found is not None:
                for clone in self._of_source(source, *found):
                    yield from self._apart(clone)

    def _of_source(self, source: int, found: "array[int]", at: "array[int]") -> list[Clone]:
        """Return the clones whose later place is in *source*; their ends and their starts increase."""
        clones: list[Clone] = []
        second_half = self._least - self._length
        start = 0
        looked = 0
        last = len(found) - 1 - second_half
        for place in at:
            start = max(start, place - second_half)
            stop = min(place, last)
            while start <= stop:
                looked += 1
                if looked % _CHECK_EVERY == 0:
                    self._check()
                key = found[start] << 32 | found[start + second_half]
                before = self._first.setdefault(key, source << _FILE_SHIFT | start)
                clone = self._grown(before >> _FILE_SHIFT, before & _PLACE, source, start)
                if clone is None:
                    start += 1
                    continue
                while clones and clones[-1].second_at >= clone.second_at:
                    clones.pop()
                clones.append(clone)
                start = clone.second_at + clone.tokens - self._least + 1
        return clones

    def _grown(self, first: int, first_at: int, second: int, second_at: int) -> Clone | None:
        """Return the clone that two places are part of; None if they are one, or alike by chance."""
        if first == second and first_at == second_at:
            return None
        here, there = self._tokens(first), self._tokens(second)
        after = _common(here, first_at, there, second_at)
        if after < self._least:
            return None
        before = _common_before(here, first_at, there, second_at)
        return Clone(after + before, first, first_at - before, second, second_at - before)

    def _tokens(self, source: int) -> bytes:
        known = self._bytes.get(source)
        if known is None:
            known = self._bytes[source] = self._sources[source].tobytes()
        return known

    def _apart(self, clone: Clone) -> Iterator[Clone]:
        """Yield *clone*, or what rule 3 makes of it if it overlaps itself."""
        tokens, first, first_at, second, second_at = clone
        period = second_at - first_at
        if first != second or tokens <= period:
            yield clone
            return
        if period < self._least:
            return
        end = second_at + tokens
        for at in range(second_at, end - self._least + 1, period):
            yield Clone(min(period, end - at), first, first_at, second, at)


def _common(here: bytes, i: int, there: bytes, j: int) -> int:
    """Return how many tokens are equal from *i* in *here* and from *j* in *there* on."""
    most = min(len(here) // _WIDTH - i, len(there) // _WIDTH - j)
    count, step = 0, _FIRST_STEP
    while count < most:
        size = min(step, most - count)
        a, b = (i + count) * _WIDTH, (j + count) * _WIDTH
        if here[a : a + size * _WIDTH] == there[b : b + size * _WIDTH]:
            count += size
            step *= 2
        else:
            most = count + size - 1  # one of these differs
            step = max(size // 2, 1)
    return count


def _common_before(here: bytes, i: int, there: bytes, j: int) -> int:
    """Return how many tokens are equal before *i* in *here* and before *j* in *there*."""
    most = min(i, j)
    count, step = 0, _FIRST_STEP
    while count < most:
        size = min(step, most - count)
        a, b = (i - count) * _WIDTH, (j - count) * _WIDTH
        if here[a - size * _WIDTH : a] == there[b - size * _WIDTH : b]:
            count += size
            step *= 2
        else:
            most = count + size - 1
            step = max(size // 2, 1)
    return count
