"""How fast a queue is worked off: a moving average of the time between its pops."""

from typing import Final

_WEIGHT: Final = 0.1
_SHORTEST, _UNKNOWN, _LONGEST = 0.1, 1.0, 60.0


def average(known: float | None, sample: float) -> float:
    """Move the average that is *known* a step towards a new sample."""
    return sample if known is None else known + _WEIGHT * (sample - known)


class Pace:
    """The pace of one queue."""

    def __init__(self) -> None:
        self._interval: float | None = None
        self._last_pop: float | None = None

    def popped(self, now: float) -> None:
        """Take note of a pop."""
        if self._last_pop is not None:
            self._interval = average(self._interval, now - self._last_pop)
        self._last_pop = now

    def idled(self) -> None:
        """Forget the last pop: until the next one it was the queue that was empty."""
        self._last_pop = None

    def seconds_for(self, pops: float) -> float:
        """Estimate how long so many pops take; never at once, and never in hours."""
        if self._interval is None:
            return _UNKNOWN
        return min(max(self._interval * pops, _SHORTEST), _LONGEST)
