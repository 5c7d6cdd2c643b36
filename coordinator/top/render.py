"""One screen of `toolcrew top`, from two looks at a server.

Rule 1: pure: a status, the one before, and the size of the screen in; lines out.
Rule 2: no line is wider than the screen, and there are no more lines than it has.
Rule 3: what there is no room for is counted, where there is room to say so.
"""

from collections.abc import Iterable, Sequence

from coordinator.observe.status import Rates, Status, rates
from coordinator.observe.text import duration, mebibytes, milliseconds
from coordinator.top.cells import Column, clean, cut, table
from protocol.tools.admin_get_metrics import Latency
from protocol.tools.admin_workers import RunningJob, Worker

Section = list[str]

_CALLS = (
    Column("CALLS", is_word=True),
    Column("OUTCOME", is_word=True),
    Column("COUNT"),
    Column("RATE/S"),
    Column("P50 MS"),
    Column("P95 MS"),
    Column("P99 MS"),
    Column("MAX MS"),
)
_QUEUES = (
    Column("QUEUE", is_word=True),
    Column("HIGH"),
    Column("NORMAL"),
    Column("LOW"),
    Column("ROOM"),
    Column("OLDEST"),
    Column("SENT/S"),
    Column("WAIT P50 MS"),
    Column("P95 MS"),
    Column("P99 MS"),
)
_WORKERS = (
    Column("WORKER", is_word=True),
    Column("PID"),
    Column("STATE", is_word=True),
    Column("JOBS"),
    Column("RESTARTS"),
    Column("MEMORY"),
    Column("CPU"),
    Column("READY FOR"),
    Column("RUNS", is_word=True),
)
_EVENTS = (Column("EVENTS", is_word=True), Column("", is_word=True))
_UNKNOWN = "-"
_LEAST = 2
"""A section that is cut keeps its first line and one that says how much is missing."""


def render(now: Status, before: Status | None, width: int, height: int) -> list[str]:
    """Return the screen; *before* is an earlier look at the same server, if there was one."""
    changed = None if before is None else rates(before, now)
    sections = [
        _server(now, changed),
        _calls(now, changed),
        _queues(now, changed),
        _workers(now, changed),
        _events(now, changed),
    ]
    return [cut(line, width) for line in fit([s for s in sections if s], height)]


def fit(sections: Sequence[Section], height: int) -> list[str]:
    """Return all sections, an empty line between them, the longest cut until they have room."""
    room = height - (len(sections) - 1)
    kept = [len(section) for section in sections]
    while sum(kept) > room and max(kept) > _LEAST:
        kept[kept.index(max(kept))] -= 1
    lines: list[str] = []
    for section, count in zip(sections, kept, strict=True):
        lines += [*([""] if lines else []), *_cut_section(section, count)]
    return lines[: max(0, height)]


def _cut_section(section: Section, count: int) -> list[str]:
    if len(section) <= count:
        return section
    missing = len(section) - count + 1
    return [*section[: count - 1], f"... {missing} more"]


# --- sections


def _server(now: Status, changed: Rates | None) -> Section:
    server, cache = now.metrics.server, now.metrics.cache
    lookups = cache.hits + cache.misses
    overall = _percent(cache.hits / lookups if lookups else None)
    lately = "" if changed is None else f" (now {_percent(changed.hit_rate)})"
    return [
        clean(
            f"toolcrew {server.version}  pid {server.pid}  up {duration(server.uptime_s)}  "
            f"{mebibytes(server.rss_bytes)}  cpu {_percent(changed.cpu if changed else None)}  "
            f"{now.folder}"
        ),
        (
            f"cache  hit rate {overall}{lately}  {cache.entries} entries  {mebibytes(cache.bytes)} of "
            f"{mebibytes(cache.max_bytes)}  {cache.shared} shared  {cache.evictions} evicted"
        ),
    ]


def _calls(now: Status, changed: Rates | None) -> Section:
    rate = {(c.tool, c.outcome): c.per_s for c in changed.calls} if changed else {}
    rows = [
        (
            c.tool,
            c.outcome,
            str(c.latency.count),
            _rate(rate.get((c.tool, c.outcome))),
            *_quantiles(c.latency),
            milliseconds(c.latency.max_ms),
        )
        for c in now.metrics.calls
    ]
    return table(_CALLS, rows) if rows else []


def _queues(now: Status, changed: Rates | None) -> Section:
    sent = changed.sent if changed else {}
    rows = [
        (
            queue.kind,
            str(queue.high),
            str(queue.normal),
            str(queue.low),
            str(max(0, queue.size - queue.high - queue.normal - queue.low)),
            duration(queue.oldest_wait_ms / 1e3),
            _rate(sent.get(queue.kind)),
            *_quantiles(queue.waited),
        )
        for queue in now.metrics.queues
    ]
    return table(_QUEUES, rows) if rows else []


def _workers(now: Status, changed: Rates | None) -> Section:
    """Memory is of this moment; the rows of the workers themselves know it as of the last look."""
    memory = {(w.kind, w.number): w.rss_bytes for w in now.metrics.workers}
    cpu = {(w.kind, w.number): w.cpu for w in changed.workers} if changed else {}
    rows = [
        (
            f"{worker.kind}-{worker.number}",
            str(worker.pid or _UNKNOWN),
            worker.state,
            str(worker.jobs_done),
            str(worker.restarts),
            mebibytes(memory.get((worker.kind, worker.number), worker.rss_bytes)),
            _percent(cpu.get((worker.kind, worker.number))),
            duration(worker.ready_s) if worker.ready_s else _UNKNOWN,
            _running(worker),
        )
        for worker in now.workers
    ]
    return table(_WORKERS, rows) if rows else []


def _events(now: Status, changed: Rates | None) -> Section:
    """Return a line for each kind: first what has just happened, and in any case how often what has."""
    new = {(e.kind, e.event): e.count for e in changed.events} if changed else {}
    told: dict[str, list[str]] = {}
    for e in sorted(now.metrics.events, key=lambda e: (e.kind, e.event) not in new):
        just_now = f" (+{new[e.kind, e.event]})" if (e.kind, e.event) in new else ""
        told.setdefault(e.kind, []).append(f"{e.event} {e.count}{just_now}")
    return table(_EVENTS, [(kind, "  ".join(told[kind])) for kind in sorted(told)]) if told else []


# --- words


def _running(worker: Worker) -> str:
    """Return what a worker runs, how long first, because names are what may be cut."""
    if not worker.running:
        return worker.leaves_because
    behind = f" +{worker.behind}" if worker.behind else ""
    return ", ".join(map(_job, worker.running)) + behind


def _job(job: RunningJob) -> str:
    again = f" (attempt {job.attempt})" if job.attempt > 1 else ""
    return f"{duration(job.for_s)} {job.tool or 'cancelled'}{again}"


def _quantiles(latency: Latency) -> Iterable[str]:
    return (milliseconds(ms) for ms in (latency.p50_ms, latency.p95_ms, latency.p99_ms))


def _percent(share: float | None) -> str:
    return _UNKNOWN if share is None else f"{100 * share:.1f} %"


def _rate(per_s: float | None) -> str:
    return _UNKNOWN if per_s is None else f"{per_s:.1f}"
