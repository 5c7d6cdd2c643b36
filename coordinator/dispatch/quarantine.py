"""Work that has killed two workers is refused for a while: one bad file must not grind the crew down."""

import msgspec

STRIKES = 2
"""How many workers one piece of work may kill."""

_MOST_KEYS = 10_000


class _Record(msgspec.Struct):
    strikes: int
    last: float


class Quarantine:
    """What has killed workers, by key, for *period_s* seconds after the last time."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._records: dict[bytes, _Record] = {}

    def is_empty(self) -> bool:
        """Tell whether no work has killed a worker lately: then its key need not be known."""
        return not self._records

    def strike(self, key: bytes, now: float) -> bool:
        """The work *key* has killed a worker; return whether it is refused from now on."""
        self._forget(now)
        record = self._records.pop(key, _Record(0, now))
        self._records[key] = record = _Record(record.strikes + 1, now)  # newest last
        return record.strikes >= STRIKES

    def holds_for(self, key: bytes, now: float) -> float | None:
        """Return for how many seconds *key* is still refused; None if it is not."""
        record = self._records.get(key)
        if record is None or record.strikes < STRIKES:
            return None
        left = record.last + self._period_s - now
        return left if left > 0 else None

    def held(self, now: float) -> int:
        """Count what is refused at time *now*."""
        return sum(self.holds_for(key, now) is not None for key in self._records)

    def _forget(self, now: float) -> None:
        """Drop what is over, oldest first, and bound what a hostile caller can make us remember."""
        while self._records:
            oldest = next(iter(self._records))
            is_over = self._records[oldest].last + self._period_s <= now
            if not is_over and len(self._records) < _MOST_KEYS:
                return
            del self._records[oldest]
