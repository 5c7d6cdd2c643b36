"""What the server has done, in counters and sketches, and the answer of `admin_get_metrics`."""

import os
import re
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from itertools import islice
from typing import Any

import msgspec

from cache.flight import Flights
from cache.l1 import L1
from coordinator.crew.kind_crew import KindCrew
from coordinator.crew.local import LocalCrew
from coordinator.crew.member import Member
from coordinator.crew.process_figures import ProcessFigures
from coordinator.dispatch.dispatcher import Dispatcher
from coordinator.dispatch.quarantine import Quarantine
from coordinator.observe.latency import LatencySketch
from coordinator.observe.text import milliseconds, sandbox_line, tidy
from protocol.tools.admin_get_metrics import (
    AmountFigures,
    CacheFigures,
    CallFigures,
    CoordinatorFigures,
    EventFigures,
    QueueFigures,
    Result,
    WorkerFigures,
)
from protocol.worker.messages import Notice, Ready

NOT_REFUSALS = {"hit", "shared", "done", "cancelled"}

_MOST_PARTS = 16
_MOST_SUBJECTS = 1000
_LACKS = re.compile(r"sandbox: (?P<part>\w+) is (?P<state>off: .+)")
_BY_CHOICE = {"off: allowed", "off: disabled", "off: not configured"}


def degradation(line: str) -> dict[str, str]:
    """Return what a line of stderr says that a sandbox lacks; strangers cannot say it in their `Ready`."""
    found = _LACKS.fullmatch(line)
    return {found["part"]: found["state"]} if found else {}


def is_degraded(state: str) -> bool:
    """Tell whether a part of a sandbox is off although nobody wished it so."""
    return state.startswith("off: ") and state not in _BY_CHOICE


class Metrics:
    """Counters that are fed on the hot path."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], LatencySketch] = {}
        self._waits: dict[str, LatencySketch] = {}
        self._events: Counter[tuple[str, str]] = Counter()
        self._amounts: dict[tuple[str, str, str], Counter[str]] = {}
        self._sandboxes: dict[str, dict[str, str]] = {}
        self._degraded: set[tuple[str, str]] = set()

    def noted(self, kind: str, event: str) -> None:
        """Something has happened in the life of the crew."""
        self._events[kind, event] += 1

    def noticed(self, kind: str, notice: Notice) -> None:
        """A worker of *kind*, one of ours, has something counted."""
        if not notice.amounts:
            self.noted(kind, notice.event)
            return
        key = (kind, notice.event, notice.subject)
        if key not in self._amounts and len(self._amounts) >= _MOST_SUBJECTS:
            key = (kind, notice.event, "others")
        self._amounts.setdefault(key, Counter()).update(notice.amounts)

    def amounts(self) -> list[AmountFigures]:
        """Return what workers have had counted, in a stable order."""
        return [
            AmountFigures(
                kind=kind, event=event, subject=subject, amounts=dict(sorted(sums.items()))
            )
            for (kind, event, subject), sums in sorted(self._amounts.items())
        ]

    def announced(self, kind: str, ready: Ready) -> dict[str, str]:
        """A worker of *kind* has said what it is: return what is newly known to be off, part by part."""
        sandbox = {
            tidy(part): tidy(state) for part, state in islice(ready.sandbox.items(), _MOST_PARTS)
        }
        self._sandboxes[kind] = sandbox
        return self.degraded(kind, {p: s for p, s in sandbox.items() if is_degraded(s)})

    def degraded(self, kind: str, parts: Mapping[str, str]) -> dict[str, str]:
        """These *parts* of a sandbox of *kind* are off: return those that were not known to be."""
        known = {part for name, part in self._degraded if name == kind}
        new = {tidy(part): tidy(state) for part, state in parts.items() if tidy(part) not in known}
        if len(known) + len(new) > _MOST_PARTS:  # a stranger that makes up names
            return {}
        self._degraded.update((kind, part) for part in new)
        for _ in new:
            self.noted(kind, "sandbox_degraded")
        return new

    def called(self, tool: str, outcome: str, seconds: float) -> None:
        """A call of *tool* ended as *outcome* after *seconds*."""
        sketch = self._calls.get((tool, outcome))
        if sketch is None:
            sketch = self._calls[tool, outcome] = LatencySketch()
        sketch.record(seconds)

    def waited(self, kind: str, seconds: float) -> None:
        """A job for *kind* was sent after *seconds* in the queue."""
        self.wait_of(kind).record(seconds)

    def wait_of(self, kind: str) -> LatencySketch:
        """Return the waiting times of one kind's jobs."""
        sketch = self._waits.get(kind)
        if sketch is None:  # no `setdefault`: a sketch made in vain for every job took 3 us
            sketch = self._waits[kind] = LatencySketch()
        return sketch

    def events(self) -> list[EventFigures]:
        """Return how often what has happened to the crew, in a stable order."""
        return [
            EventFigures(kind=kind, event=event, count=count)
            for (kind, event), count in sorted(self._events.items())
        ]

    def sandbox_of(self, kind: str) -> dict[str, str]:
        """Return what is in force in the youngest worker of *kind*."""
        return self._sandboxes.get(kind, {})

    def calls(self) -> list[CallFigures]:
        """Return every tool's calls by outcome, in a stable order."""
        return [
            CallFigures(tool=tool, outcome=outcome, latency=sketch.summary())
            for (tool, outcome), sketch in sorted(self._calls.items())
        ]


class Observatory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `admin_get_metrics` looks at."""

    version: str
    started_at: float
    metrics: Metrics
    cache: L1
    cache_max_bytes: int
    flights: Flights[Any]
    queue_size: int
    dispatcher: Dispatcher
    quarantine: Quarantine
    crew: LocalCrew

    def observe(self) -> Result:
        """Look at everything once."""
        now = time.monotonic()
        calls = self.metrics.calls()
        kinds = self.crew.kinds.values()
        restarts: Counter[str] = Counter()
        for kind in kinds:
            restarts.update(kind.roster.staffing.restarts_by_reason)
        return Result(
            server=self._server(now),
            calls=calls,
            cache=self._cache(),
            queues=[self._queue(kind, now) for kind in self.crew.kinds],
            workers=[
                _worker(kind, member, now)
                for kind in kinds
                for member in kind.roster.members
                if member.state() != "parked"
            ],
            restarts=dict(restarts),
            refusals=_refusals(calls),
            quarantined=self.quarantine.held(now),
            events=self.metrics.events(),
            amounts=self.metrics.amounts(),
            sandbox={kind: self.metrics.sandbox_of(kind) for kind in self.crew.kinds},
            late_replies=sum(kind.roster.late_replies for kind in kinds),
        )

    def _server(self, now: float) -> CoordinatorFigures:
        rss_bytes, cpu_s = process_figures(os.getpid())
        return CoordinatorFigures(
            pid=os.getpid(),
            version=self.version,
            uptime_s=round(now - self.started_at, 3),
            rss_bytes=rss_bytes,
            cpu_s=cpu_s,
        )

    def _cache(self) -> CacheFigures:
        seen = self.cache.statistics()
        return CacheFigures(
            entries=seen.entries,
            bytes=seen.bytes,
            max_bytes=self.cache_max_bytes,
            hits=seen.hits,
            misses=seen.misses,
            shared=self.flights.shared,
            evictions=seen.evictions,
        )

    def _queue(self, kind: str, now: float) -> QueueFigures:
        queue = self.dispatcher.queues[kind]
        return QueueFigures(
            kind=kind,
            size=self.queue_size,
            **queue.depths(),
            oldest_wait_ms=round(queue.oldest_wait(now) * 1e3, 3),
            waited=self.metrics.wait_of(kind).summary(),
        )


def process_figures(pid: int) -> tuple[int, float]:
    """Return a process's resident bytes and the CPU seconds it has used; zeros if it is gone."""
    with closing(ProcessFigures(pid)) as figures:
        sample = figures.read()
    return sample.rss_bytes, round(sample.cpu_s, 3)


def summary(result: Result) -> str:
    """Return the short text that a model reads."""
    cache, server = result.cache, result.server
    lookups = cache.hits + cache.misses
    rate = f"{100 * cache.hits / lookups:.1f} %" if lookups else "none yet"
    lines = [
        f"up {server.uptime_s:.0f} s · {server.rss_bytes >> 20} MiB · cpu {server.cpu_s:.2f} s",
        f"cache: {cache.entries} entries, {cache.bytes >> 10} KiB, hit rate {rate}, {cache.shared} shared",
    ]
    lines += [_call_line(figures) for figures in result.calls]
    lines += [_queue_line(queue) for queue in result.queues]
    lines += [_worker_line(worker) for worker in result.workers]
    lines += [sandbox_line(kind, states) for kind, states in result.sandbox.items() if states]
    if result.restarts:
        lines.append("restarts: " + ", ".join(f"{k} {v}" for k, v in result.restarts.items()))
    return "\n".join(lines)


def _call_line(figures: CallFigures) -> str:
    seen = figures.latency
    return (
        f"{figures.tool} {figures.outcome}: {seen.count} calls, "
        f"p50 {milliseconds(seen.p50_ms)} ms, p95 {milliseconds(seen.p95_ms)} ms, "
        f"p99 {milliseconds(seen.p99_ms)} ms"
    )


def _queue_line(queue: QueueFigures) -> str:
    waiting = queue.high + queue.normal + queue.low
    wait = milliseconds(queue.waited.p95_ms)
    return f"queue {queue.kind}: {waiting} of {queue.size} waiting, p95 wait {wait} ms"


def _worker_line(worker: WorkerFigures) -> str:
    return (
        f"worker {worker.kind}-{worker.number}: {worker.state}, pid {worker.pid}, "
        f"{worker.jobs_done} jobs, {worker.restarts} restarts, {worker.rss_bytes >> 20} MiB"
    )


def _worker(kind: KindCrew, member: Member, now: float) -> WorkerFigures:
    rss_bytes, cpu_s = process_figures(member.pid) if member.pid else (0, 0.0)
    return WorkerFigures(
        kind=kind.config.name,
        number=member.number,
        pid=member.pid,
        state=member.state(),
        jobs_done=member.total_jobs_done,
        restarts=member.restarts,
        rss_bytes=rss_bytes,
        cpu_s=cpu_s,
        last_beat_s=round(now - member.last_beat, 3) if member.pid else 0.0,
    )


def _refusals(calls: list[CallFigures]) -> dict[str, int]:
    refusals: Counter[str] = Counter()
    for figures in calls:
        if figures.outcome not in NOT_REFUSALS:
            refusals[figures.outcome] += figures.latency.count
    return dict(refusals)
