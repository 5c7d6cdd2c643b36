"""Figures in words: one cell of the table for one pool under one fault.

Rule 1: pure, and the same words for every pool.
Rule 2: of several trials the table shows the median, and the worst where it differs much.
"""

import statistics
from collections.abc import Sequence

from percentiles import Latency
from report import duration, size

from fault_pools.figures import Calm, KillOne, Orphans, Overdue, Poison, Stop, Storm

_NEVER = "never"


def killed_calls(trials: Sequence[KillOne]) -> str:
    """How many calls of the batch had no answer."""
    lost = sorted(one.lost + one.unanswered for one in trials)
    return f"{_span(lost)} of {trials[0].calls} lost{_rebuilt(trials)}"


def killed_again(trials: Sequence[KillOne]) -> str:
    """How many calls were begun once more, and done once more."""
    begun = sorted(one.begun_again for one in trials)
    done = sorted(one.done_again for one in trials)
    return f"{_span(begun)} begun again, {_span(done)} done twice"


def killed_working(trials: Sequence[KillOne]) -> str:
    """How long it took until calls were answered again."""
    return _times([one.working_again_s for one in trials])


def killed_full(trials: Sequence[KillOne]) -> str:
    """How long it took until both workers answered."""
    return _times([one.full_s for one in trials])


def storm_calls(trials: Sequence[Storm]) -> str:
    """What became of the calls."""
    answered = statistics.median(one.answered / one.seconds for one in trials)
    lost = sum(one.lost for one in trials)
    parts = [f"{answered:,.0f} answered/s", f"{lost:,} lost"]
    if unanswered := sum(one.unanswered for one in trials):
        parts.append(f"{unanswered} without an answer")
    if wrong := sum(one.wrong for one in trials):
        parts.append(f"{wrong} wrong")
    return ", ".join(parts) + _rebuilt(trials)


def storm_latency(trials: Sequence[Storm]) -> str:
    """How long the answered calls took."""
    return _latency([one.latency for one in trials])


def stopped(trials: Sequence[Stop]) -> str:
    """Whether the pool found out, and who was answered."""
    found = _times([one.found_s for one in trials])
    words = "not found" if found == _NEVER else f"found in {found}"
    return f"{words}; {_span(sorted(one.answered for one in trials))} of {trials[0].calls} answered"


def overdue(trials: Sequence[Overdue]) -> str:
    """Who answered the caller when, and who can still work."""
    left = _span(sorted(one.workers_left for one in trials))
    after = _times([one.full_s for one in trials])
    usable = f"{left} of 2 workers left" if after == _NEVER else f"both work {after} later"
    return f"{_answered(trials)}; {usable}"


def poisoned(trials: Sequence[Poison]) -> str:
    """Who paid for the bad task."""
    died = _span(sorted(one.workers_died for one in trials))
    answered = _span(sorted(one.answered for one in trials))
    deaths = f"{died} worker{'' if died == '1' else 's'} died"
    return f"{deaths}; {answered} of {trials[0].neighbours} others answered{_rebuilt(trials)}"


def hogged(trials: Sequence[Poison]) -> str:
    """How much it took, and who paid for it."""
    peak = max(one.peak_bytes for one in trials)
    words = " or ".join(sorted({one.caller_got for one in trials}))
    return f"{size(peak)}, then {words}; {poisoned(trials)}"


def orphaned(trials: Sequence[Orphans]) -> str:
    """How many processes outlived their coordinator."""
    soon = max(one.after_100_ms for one in trials)
    later = max(one.after_1_s for one in trials)
    return f"{soon}; {later}"


def alone(trials: Sequence[Calm]) -> str:
    """How long one call takes."""
    return _latency([one.alone for one in trials])


def together(trials: Sequence[Calm]) -> str:
    """How many calls a second there are."""
    return f"{statistics.median(one.calls_per_second for one in trials):,.0f}/s"


def _answered(trials: Sequence[Overdue]) -> str:
    by = {one.answered_by for one in trials}
    if by == {"caller"}:
        return "by the caller's own timer"
    if "nobody" in by:
        return "no answer"
    return f"answered in {_times([one.answered_s for one in trials])}"


def _span(ordered: Sequence[int]) -> str:
    low, high = ordered[0], ordered[-1]
    return str(low) if low == high else f"{low} to {high}"


def _times(seconds: Sequence[float | None]) -> str:
    """Return the median, and the worst if it is half as much again."""
    known = [one for one in seconds if one is not None]
    if not known:
        return _NEVER
    median = statistics.median(known)
    if len(known) < len(seconds):
        return f"{duration(median)}, or {_NEVER}"
    worst = max(known)
    return (
        f"{duration(median)} (max {duration(worst)})" if worst > 1.5 * median else duration(median)
    )


def _latency(latencies: Sequence[Latency]) -> str:
    p50 = statistics.median(one.p50 for one in latencies)
    p99 = statistics.median(one.p99 for one in latencies)
    return f"{duration(p50)} / {duration(p99)}" if p99 else "no answers"


def _rebuilt(trials: Sequence[KillOne] | Sequence[Storm] | Sequence[Poison]) -> str:
    """Say how often a client had to make the pool anew."""
    rebuilds = max(one.rebuilds for one in trials)
    if not rebuilds:
        return ""
    return ", pool rebuilt" if rebuilds == 1 else f", pool rebuilt {rebuilds} times"
