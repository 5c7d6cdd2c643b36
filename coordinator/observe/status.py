"""What `toolcrew top` is told: all figures at one time, and what has changed since somebody last looked."""

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.tools.admin_get_metrics import EventFigures, Result
from protocol.tools.admin_workers import Worker


class CallRate(msgspec.Struct, frozen=True):
    """How many calls of one tool ended in one way, each second."""

    tool: str
    outcome: str
    per_s: float


class WorkerLoad(msgspec.Struct, frozen=True):
    """What share of one CPU a worker used."""

    kind: str
    number: int
    cpu: float


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between two looks, *over_s* seconds apart; no *hit_rate* if nobody asked the cache."""

    over_s: float
    cpu: Annotated[float, Meta(description="The share of one CPU that the server itself used.")]
    hit_rate: float | None
    calls: list[CallRate]
    sent: Annotated[
        dict[str, float], Meta(description="Jobs sent to workers each second, by kind.")
    ]
    workers: list[WorkerLoad]
    events: Annotated[list[EventFigures], Meta(description="What has happened meanwhile.")]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a server. *at_s* is of its own monotonic clock; *folder* is where it was started."""

    at_s: float
    folder: str
    metrics: Result
    workers: list[Worker]
    rates: Rates | None = None


class Refused(msgspec.Struct, frozen=True):
    """What a client of the status socket is told instead."""

    error: str


def rates(before: Status, now: Status) -> Rates | None:
    """Return what changed from one look to the next; None if no time has passed."""
    over_s = now.at_s - before.at_s
    if over_s <= 0:
        return None
    old, new = before.metrics, now.metrics
    hits = max(0, new.cache.hits - old.cache.hits)
    lookups = hits + max(0, new.cache.misses - old.cache.misses)
    return Rates(
        over_s=over_s,
        cpu=_grown(old.server.cpu_s, new.server.cpu_s) / over_s,
        hit_rate=hits / lookups if lookups else None,
        calls=_call_rates(old, new, over_s),
        sent=_sent(old, new, over_s),
        workers=_loads(old, new, over_s),
        events=_new_events(old, new),
    )


def _grown(before: float, now: float) -> float:
    return max(0.0, now - before)


def _call_rates(old: Result, new: Result, over_s: float) -> list[CallRate]:
    before = {(c.tool, c.outcome): c.latency.count for c in old.calls}
    return [
        CallRate(
            c.tool,
            c.outcome,
            _grown(before.get((c.tool, c.outcome), 0), c.latency.count) / over_s,
        )
        for c in new.calls
    ]


def _sent(old: Result, new: Result, over_s: float) -> dict[str, float]:
    before = {queue.kind: queue.waited.count for queue in old.queues}
    return {
        queue.kind: _grown(before.get(queue.kind, 0), queue.waited.count) / over_s
        for queue in new.queues
    }


def _loads(old: Result, new: Result, over_s: float) -> list[WorkerLoad]:
    """A worker that has come since has used all of its CPU time since."""
    before = {(w.kind, w.number, w.pid): w.cpu_s for w in old.workers}
    return [
        WorkerLoad(
            w.kind,
            w.number,
            _grown(before.get((w.kind, w.number, w.pid), 0.0), w.cpu_s) / over_s,
        )
        for w in new.workers
    ]


def _new_events(old: Result, new: Result) -> list[EventFigures]:
    before = {(e.kind, e.event): e.count for e in old.events}
    return [
        EventFigures(kind=e.kind, event=e.event, count=e.count - known)
        for e in new.events
        if e.count > (known := before.get((e.kind, e.event), 0))
    ]
