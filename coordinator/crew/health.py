"""Whether a worker may live on: one verdict from everything that was seen of it.

No single sign is enough. A stopped worker shows it in its process state; one that holds the GIL or swaps
misses beats; one that loops in Python beats on and misses its deadline; one that never starts has no beat to
miss. Each of them is ended by at least one row of `verdict`.
"""

from typing import Literal

import msgspec

Verdict = Literal[
    "fine",
    "start_timeout",
    "stopped",
    "missed_beats",
    "deadline",
    "ignored_request",
    "worn_out",
    "too_much_memory",
]


class HealthLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker may do. Durations are in seconds, sizes in bytes."""

    start_timeout_s: float = 10.0
    beat_timeout_s: float = 3.0
    ask_grace_s: float = 0.5
    max_jobs: int = 10_000
    max_rss_bytes: int = 1 << 30


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one worker. Times are of the coordinator's monotonic clock; None: no such thing.

    *asked_at* is since when it has been asked to drop a job, or to go with nothing left to do.
    """

    is_ready: bool
    since: float
    last_beat: float
    process_state: str = ""
    first_deadline: float | None = None
    asked_at: float | None = None
    jobs_done: int = 0
    rss_bytes: int = 0


def verdict(  # noqa: PLR0911 - one row, one return
    signs: Signs, now: float, limits: HealthLimits
) -> Verdict:
    """Judge one worker at time *now*; the first row that holds decides."""
    if signs.process_state in {"T", "t"}:
        return "stopped"
    if not signs.is_ready:
        return "start_timeout" if now - signs.since > limits.start_timeout_s else "fine"
    if signs.first_deadline is not None and now >= signs.first_deadline:
        return "deadline"
    if signs.asked_at is not None and now - signs.asked_at > limits.ask_grace_s:
        return "ignored_request"
    if now - signs.last_beat > limits.beat_timeout_s:
        return "missed_beats"
    if signs.rss_bytes > limits.max_rss_bytes:
        return "too_much_memory"
    return "worn_out" if signs.jobs_done >= limits.max_jobs else "fine"
