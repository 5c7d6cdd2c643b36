"""The contract of `admin_get_metrics`: what the server has done and how it is."""

from typing import Annotated

import msgspec

from protocol.tools.contract import Annotations, Contract


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`admin_get_metrics` takes no arguments."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, in milliseconds; quantiles are estimates of a t-digest."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class CallFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of one tool that ended in one way."""

    tool: str
    outcome: Annotated[
        str, msgspec.Meta(description="hit, shared, done, cancelled, or the code of an error.")
    ]
    latency: Latency


class CacheFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The result cache. `shared` counts calls that joined an identical one in flight."""

    entries: int
    bytes: int
    max_bytes: int
    hits: int
    misses: int
    shared: int
    evictions: int


class QueueFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs that wait for one kind of worker, and how long those waited that were sent."""

    kind: str
    size: Annotated[int, msgspec.Meta(description="How many may wait.")]
    high: int
    normal: int
    low: int
    oldest_wait_ms: float
    waited: Latency


class WorkerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the crew and the worker in it. A place that is empty has pid 0."""

    kind: str
    number: int
    pid: int
    state: Annotated[
        str,
        msgspec.Meta(
            description="starting, idle, busy, draining, dying, waiting (to restart), down."
        ),
    ]
    jobs_done: Annotated[int, msgspec.Meta(description="By all workers that held this place.")]
    restarts: int
    rss_bytes: int
    cpu_s: Annotated[float, msgspec.Meta(description="User and system time of this process.")]
    last_beat_s: Annotated[float, msgspec.Meta(description="Seconds since it was last heard.")]


class EventFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How often something has happened to one kind of worker."""

    kind: str
    event: Annotated[
        str, msgspec.Meta(description="As in the log: worker_exited, kind_down, and so on.")
    ]
    count: int


class AmountFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of worker has used, added up: of the models, by host and model."""

    kind: str
    event: Annotated[str, msgspec.Meta(description="model_used.")]
    subject: str
    amounts: dict[str, float]


class CoordinatorFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The coordinator process."""

    pid: int
    version: str
    uptime_s: float
    rss_bytes: int
    cpu_s: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `admin_get_metrics` answers. Counts are since the server started."""

    server: CoordinatorFigures
    calls: list[CallFigures]
    cache: CacheFigures
    queues: list[QueueFigures]
    workers: list[WorkerFigures]
    restarts: Annotated[dict[str, int], msgspec.Meta(description="Workers replaced, by reason.")]
    refusals: Annotated[
        dict[str, int], msgspec.Meta(description="Calls not done, by code of the error.")
    ]
    quarantined: Annotated[
        int, msgspec.Meta(description="Sources refused for now because they killed two workers.")
    ]
    events: list[EventFigures]
    sandbox: Annotated[
        dict[str, dict[str, str]],
        msgspec.Meta(description="What is in force in each kind's workers, part by part."),
    ]
    amounts: Annotated[
        list[AmountFigures],
        msgspec.Meta(description="Tokens, requests and money by host and model."),
    ] = []
    late_replies: Annotated[
        int, msgspec.Meta(description="Answers dropped because their job had ended or been moved.")
    ]


CONTRACT = Contract(
    name="admin_get_metrics",
    title="Server metrics",
    description=(
        "How this server is doing: calls by tool and outcome with latency percentiles, cache hits and "
        "size, queue depth and waiting time, and each worker's state, memory and restarts. "
        "Cheap enough to call every second."
    ),
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True, idempotent_hint=False),
)
