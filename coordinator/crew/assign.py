"""Which worker gets the next job."""

from collections.abc import Iterable
from typing import NamedTuple


class Candidate(NamedTuple):
    """One worker as the choice sees it: *in_flight* is what it has; *used_at* is when it last got a job."""

    number: int
    free_slots: int
    in_flight: int
    used_at: float

    def rank(self) -> tuple[int, float, int]:
        """Return what decides between two, the lower first."""
        return self.in_flight, self.used_at, self.number


def choose(candidates: Iterable[Candidate]) -> int | None:
    """Return the number of the worker to use: the least busy, then the least recently used.

    Spreading the work keeps every worker warm and lets each one's age and memory be seen in turn.
    """
    best = min([c.rank() for c in candidates if c.free_slots > 0], default=None)
    return None if best is None else best[2]
