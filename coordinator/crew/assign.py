"""Which worker gets the next job."""

from collections.abc import Iterable
from typing import NamedTuple


class Candidate(NamedTuple):
    """One worker as the choice sees it: *in_flight* is what it has; *used_at* is when it last got a job."""

    number: int
    free_slots: int
    in_flight: int
    used_at: float


def choose(candidates: Iterable[Candidate]) -> int | None:
    """Return the number of the worker to use: the least busy, then the least recently used.

    Spreading the work keeps every worker warm and lets each one's age and memory be seen in turn.
    """
    free = (candidate for candidate in candidates if candidate.free_slots > 0)
    best = min(free, key=lambda c: (c.in_flight, c.used_at, c.number), default=None)
    return None if best is None else best.number
