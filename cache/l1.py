"""Answers already given, bounded in bytes: the least recently used one makes room.

Rule 1: only None means missing; an empty or falsy answer is an answer.
Rule 2: after a `put`, the key's older answer is never seen again, even if the new one was not kept.
Rule 3: an answer is also found by the exact words in which it was last asked for, as long as it is kept.
"""

from collections import OrderedDict
from collections.abc import Callable

import msgspec

ENTRY_OVERHEAD = 320
"""What an entry costs beside its key and value, in bytes: 280 to 300 were measured on CPython 3.11."""

WORDING_OVERHEAD = 240
"""What the words of a question cost beside their own bytes: 170 to 220 were measured."""

Wording = tuple[str, bytes]
"""A question word for word: the name of the tool and its arguments, as `key.wording` has them."""

Watched = tuple[tuple[str, str], ...]
"""Paths, each with the identity that its file had when the question was understood."""


class L1Statistics(msgspec.Struct, frozen=True):
    """What the cache holds now, and what has happened since it was made."""

    entries: int
    bytes: int
    hits: int
    misses: int
    evictions: int
    expirations: int


class _Entry:
    __slots__ = ("expires_at", "key", "size", "value", "watched", "wording")

    def __init__(self, key: bytes, value: bytes, expires_at: float | None) -> None:
        self.key = key
        self.value = value
        self.expires_at = expires_at
        self.size = len(key) + len(value) + ENTRY_OVERHEAD
        self.wording: Wording | None = None
        self.watched: Watched = ()


class L1:
    """A cache of at most *max_bytes*, whose *clock* gives seconds that never go back."""

    def __init__(self, max_bytes: int, clock: Callable[[], float]) -> None:
        # An OrderedDict is a whole LRU in C: a hit takes 0.25 us (cachetools' LRU: 0.35), an entry 300 bytes
        # beside what it holds (420).
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._by_wording: dict[Wording, _Entry] = {}
        self._max_bytes = max_bytes
        self._bytes = 0
        self._clock = clock
        self._hits = 0
        self._misses = 0
        self._evictions = 0
        self._expirations = 0

    def get(self, key: bytes) -> bytes | None:
        """Return the answer stored under *key*, or None."""
        entry = self._entries.get(key)
        value = self._use(entry) if entry is not None else None
        self._misses += value is None
        return value

    def get_by_wording(self, wording: Wording, holds: Callable[[Watched], bool]) -> bytes | None:
        """Return the answer to the question in these very words, if what it watched still *holds*.

        None is no miss yet: the question is then understood, and `get` is asked.
        """
        entry = self._by_wording.get(wording)
        if entry is None or (entry.watched and not holds(entry.watched)):
            return None
        return self._use(entry)

    def put(self, key: bytes, value: bytes, cache_for: float | None) -> None:
        """Keep *value* for *cache_for* seconds: 0 = not at all, None = as long as there is room.

        A value larger than the whole cache is not kept, and nothing is evicted for it.
        """
        if (older := self._entries.get(key)) is not None:
            self._drop(older)
        expires_at = None if cache_for is None else self._clock() + cache_for
        entry = _Entry(key, value, expires_at)
        if entry.size > self._max_bytes or (cache_for is not None and cache_for <= 0):
            return
        self._entries[key] = entry
        self._bytes += entry.size
        self._make_room()

    def note_wording(self, wording: Wording, key: bytes, watched: Watched) -> None:
        """Find the answer under *key*, if it is kept, by *wording* too, as long as *watched* is as it was.

        An answer is found by one wording, the latest.
        """
        entry = self._entries.get(key)
        size = len(wording[1]) + WORDING_OVERHEAD
        if entry is None:
            return
        for other in (entry, self._by_wording.get(wording)):
            if other is not None:
                self._forget_wording(other)
        if entry.size + size > self._max_bytes:
            return
        self._by_wording[wording] = entry
        entry.wording, entry.watched = wording, watched
        entry.size += size
        self._bytes += size
        self._entries.move_to_end(key)
        self._make_room()

    def forget_wordings(self) -> None:
        """What words mean has changed: every question must be understood anew."""
        for entry in list(self._by_wording.values()):
            self._forget_wording(entry)

    def statistics(self) -> L1Statistics:
        """Count everything."""
        return L1Statistics(
            entries=len(self._entries),
            bytes=self._bytes,
            hits=self._hits,
            misses=self._misses,
            evictions=self._evictions,
            expirations=self._expirations,
        )

    def _use(self, entry: _Entry) -> bytes | None:
        if entry.expires_at is not None and entry.expires_at <= self._clock():
            self._drop(entry)
            self._expirations += 1
            return None
        self._entries.move_to_end(entry.key)
        self._hits += 1
        return entry.value

    def _make_room(self) -> None:
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries.values())))
            self._evictions += 1

    def _drop(self, entry: _Entry) -> None:
        self._forget_wording(entry)
        del self._entries[entry.key]
        self._bytes -= entry.size

    def _forget_wording(self, entry: _Entry) -> None:
        if entry.wording is None:
            return
        del self._by_wording[entry.wording]
        size = len(entry.wording[1]) + WORDING_OVERHEAD
        entry.size -= size
        self._bytes -= size
        entry.wording, entry.watched = None, ()
