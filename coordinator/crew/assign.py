"""Which worker gets the next job."""

from collections.abc import Iterable

Candidate = tuple[int, float, int]
"""A worker with a free slot as the choice sees it: how many jobs it has, when it last got one, its number.

A plain tuple: one with names for each worker took 2 us of every job.
"""


def choose(candidates: Iterable[Candidate]) -> int | None:
    """Return the number of the worker to use: the least busy, then the least recently used.

    Spreading the work keeps every worker warm and lets each one's age and memory be seen in turn.
    """
    best = min(candidates, default=None)
    return None if best is None else best[2]
