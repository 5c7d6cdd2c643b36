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
    "memory_limit",
    "grown",
    "worn_out",
    "old",
]

RECYCLING: frozenset[str] = frozenset({"grown", "worn_out", "old", "outdated"})
"""Reasons to replace a healthy worker: it finishes what it has and gets nothing more."""

WARM_UP_JOBS = 20
"""After so many jobs a worker's memory is its baseline: what it needs to work at all."""

SHARED_GRACE_S = 10.0
"""A worker with several jobs at once is killed for one that it will not drop only after this long."""


class HealthLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker may do. Durations are in seconds, sizes in bytes.

    *max_growth_bytes* is counted from the baseline; *memory_limit_bytes* is the size at which even a running
    job is stopped, 0 = none (the kernel holds a worker to it first, where it can).
    """

    start_timeout_s: float = 10.0
    beat_timeout_s: float = 3.0
    ask_grace_s: float = 0.01
    max_jobs: int = 10_000
    max_rss_bytes: int = 1 << 30
    max_growth_bytes: int = 300 << 20
    max_age_s: float = 86_400.0
    memory_limit_bytes: int = 0


class Sample(msgspec.Struct, frozen=True):
    """One look at a process: its state as in /proc/PID/stat ("" = unknown), memory and CPU time."""

    state: str = ""
    rss_bytes: int = 0
    cpu_s: float = 0.0


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one worker. Times are of the coordinator's monotonic clock; None: no such thing.

    *asked_at* is since when it has been asked to drop a job, or to go with nothing left to do. *share* is its
    part, up to 1, of the limits at which it is recycled, so that workers of one age do not go together.
    """

    is_ready: bool
    since: float
    last_beat: float
    process_state: str = ""
    first_deadline: float | None = None
    asked_at: float | None = None
    is_shared: bool = False
    jobs_done: int = 0
    rss_bytes: int = 0
    baseline_bytes: int | None = None
    share: float = 1.0


def verdict(  # noqa: PLR0911 - one row, one return
    signs: Signs, now: float, limits: HealthLimits
) -> Verdict:
    """Judge one worker at time *now*; the first row that holds decides."""
    if signs.process_state in {"T", "t"}:
        return "stopped"
    if not signs.is_ready:
        return "start_timeout" if now >= signs.since + limits.start_timeout_s else "fine"
    if signs.first_deadline is not None and now >= signs.first_deadline:
        return "deadline"
    if signs.asked_at is not None and now >= signs.asked_at + _ask_grace(signs, limits):
        return "ignored_request"
    if now >= signs.last_beat + limits.beat_timeout_s:
        return "missed_beats"
    if 0 < limits.memory_limit_bytes < signs.rss_bytes:
        return "memory_limit"
    return wear(signs, now, limits)


def wear(signs: Signs, now: float, limits: HealthLimits) -> Verdict:
    """Tell whether a worker that is well has served long enough."""
    if signs.rss_bytes > limits.max_rss_bytes:
        return "grown"
    growth = 0 if signs.baseline_bytes is None else signs.rss_bytes - signs.baseline_bytes
    if growth > limits.max_growth_bytes:
        return "grown"
    if signs.jobs_done >= max(1.0, limits.max_jobs * signs.share):
        return "worn_out"
    return "old" if now - signs.since > limits.max_age_s * signs.share else "fine"


def next_look(signs: Signs, limits: HealthLimits) -> float:
    """Return when the verdict on this worker next changes by the passing of time alone.

    Its age is left out: whoever is old may have to wait for its turn, and is found by any later look.
    """
    if not signs.is_ready:
        return signs.since + limits.start_timeout_s
    times = [signs.last_beat + limits.beat_timeout_s]
    if signs.first_deadline is not None:
        times.append(signs.first_deadline)
    if signs.asked_at is not None:
        times.append(signs.asked_at + _ask_grace(signs, limits))
    return min(times)


def _ask_grace(signs: Signs, limits: HealthLimits) -> float:
    return max(limits.ask_grace_s, SHARED_GRACE_S) if signs.is_shared else limits.ask_grace_s
