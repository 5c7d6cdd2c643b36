"""What servers say of themselves: one that is plain, and any that hypothesis can think of."""

from hypothesis import strategies as st
from msgspec.structs import replace

from coordinator.observe.status import Status
from protocol.tools.admin_get_metrics import (
    CacheFigures,
    CallFigures,
    CoordinatorFigures,
    EventFigures,
    Latency,
    QueueFigures,
    Result,
    WorkerFigures,
)
from protocol.tools.admin_workers import RunningJob, Worker

NONE = Latency(count=0, p50_ms=0.0, p95_ms=0.0, p99_ms=0.0, max_ms=0.0)


def latency(count: int, ms: float = 1.0) -> Latency:
    """Return what *count* calls took that all took *ms*."""
    return Latency(count=count, p50_ms=ms, p95_ms=ms, p99_ms=ms, max_ms=ms)


def figures(worker: Worker, cpu_s: float = 0.0) -> WorkerFigures:
    """Return what the metrics say of a worker."""
    return WorkerFigures(
        kind=worker.kind,
        number=worker.number,
        pid=worker.pid,
        state=worker.state,
        jobs_done=worker.jobs_done,
        restarts=worker.restarts,
        rss_bytes=worker.rss_bytes,
        cpu_s=cpu_s,
        last_beat_s=worker.last_beat_s,
    )


def worker_of(number: int, pid: int, *running: RunningJob, behind: int = 0) -> Worker:
    """Return a worker that is busy if it has something to run."""
    return Worker(
        kind="parse",
        number=number,
        pid=pid,
        state="busy" if running else "idle",
        leaves_because="",
        age_s=90.0,
        ready_s=75.0,
        running=list(running),
        behind=behind,
        jobs=3,
        jobs_done=40,
        restarts=2,
        rss_bytes=24 << 20,
        baseline_bytes=0,
        cpu_s=0.5,
        last_beat_s=0.25,
        sandbox={"seccomp": "on"},
    )


def queue_of(kind: str, waited: Latency = NONE, *, low: int = 0) -> QueueFigures:
    """Return a queue for a hundred jobs."""
    return QueueFigures(
        kind=kind, size=100, high=0, normal=1, low=low, oldest_wait_ms=1500.0, waited=waited
    )


def status_of(at_s: float = 100.0, *workers: Worker) -> Status:
    """Return the status of a server that has done nothing yet."""
    return Status(
        at_s=at_s,
        folder="/home/me/project",
        metrics=Result(
            server=CoordinatorFigures(
                pid=7, version="1.2", uptime_s=at_s, rss_bytes=34 << 20, cpu_s=1.0
            ),
            calls=[],
            cache=CacheFigures(
                entries=0, bytes=0, max_bytes=64 << 20, hits=0, misses=0, shared=0, evictions=0
            ),
            queues=[queue_of("parse")],
            workers=[figures(worker) for worker in workers],
            restarts={},
            refusals={},
            quarantined=0,
            events=[],
            sandbox={},
            late_replies=0,
        ),
        workers=list(workers),
    )


def having(status: Status, **members: object) -> Status:
    """Return *status* with other *members* of its metrics."""
    return replace(status, metrics=replace(status.metrics, **members))


# --- any status

_counts = st.integers(0, 3) | st.integers(0, 2**62)
_amounts = st.floats(0, 1e18) | st.just(0.0)
_names = st.sampled_from(["parse", "code_parse", "done"]) | st.text(
    st.characters(codec="utf-8"), max_size=60
)
_latencies = st.builds(
    Latency, count=_counts, p50_ms=_amounts, p95_ms=_amounts, p99_ms=_amounts, max_ms=_amounts
)
_jobs = st.builds(RunningJob, tool=_names, for_s=_amounts, attempt=st.integers(0, 9))
_sandboxes = st.dictionaries(_names, _names, max_size=2)
_workers = st.builds(
    Worker,
    kind=_names,
    number=st.integers(1, 3),
    pid=st.integers(0, 3),
    state=_names,
    leaves_because=_names,
    age_s=_amounts,
    ready_s=_amounts,
    running=st.lists(_jobs, max_size=2),
    behind=_counts,
    jobs=_counts,
    jobs_done=_counts,
    restarts=_counts,
    rss_bytes=_counts,
    baseline_bytes=_counts,
    cpu_s=_amounts,
    last_beat_s=_amounts,
    sandbox=_sandboxes,
)
_figures = st.builds(
    WorkerFigures,
    kind=_names,
    number=st.integers(1, 3),
    pid=st.integers(0, 3),
    state=_names,
    jobs_done=_counts,
    restarts=_counts,
    rss_bytes=_counts,
    cpu_s=_amounts,
    last_beat_s=_amounts,
)
_results = st.builds(
    Result,
    server=st.builds(
        CoordinatorFigures,
        pid=_counts,
        version=_names,
        uptime_s=_amounts,
        rss_bytes=_counts,
        cpu_s=_amounts,
    ),
    calls=st.lists(
        st.builds(CallFigures, tool=_names, outcome=_names, latency=_latencies), max_size=4
    ),
    cache=st.builds(
        CacheFigures,
        entries=_counts,
        bytes=_counts,
        max_bytes=_counts,
        hits=_counts,
        misses=_counts,
        shared=_counts,
        evictions=_counts,
    ),
    queues=st.lists(
        st.builds(
            QueueFigures,
            kind=_names,
            size=_counts,
            high=_counts,
            normal=_counts,
            low=_counts,
            oldest_wait_ms=_amounts,
            waited=_latencies,
        ),
        max_size=3,
    ),
    workers=st.lists(_figures, max_size=4),
    restarts=st.just({}),
    refusals=st.just({}),
    quarantined=_counts,
    events=st.lists(st.builds(EventFigures, kind=_names, event=_names, count=_counts), max_size=6),
    sandbox=st.just({}),
    late_replies=_counts,
)

statuses: st.SearchStrategy[Status] = st.builds(
    Status,
    at_s=_amounts,
    folder=_names,
    metrics=_results,
    workers=st.lists(_workers, max_size=6),
)
