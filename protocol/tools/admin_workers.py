"""The contracts of the tools for operators: look at the workers, replace one, send a kind home.

They are offered only where the configuration says so, because two of them take something away from others.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract

Action = Literal["asked_to_go", "killed", "already_going", "no_process"]
Kind = Annotated[str, Meta(description="A kind of worker, such as parse.")]


class RunningJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that a worker has begun."""

    tool: Annotated[str, Meta(description="Empty if nobody waits for the job any more.")]
    for_s: float
    attempt: Annotated[int, Meta(description="2 or more: an earlier worker died with it.")]


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the crew and the worker in it. A place that is empty has pid 0."""

    kind: str
    number: int
    pid: int
    state: Annotated[
        str,
        Meta(
            description="starting, idle, busy, draining, dying, waiting (to restart), down, drained."
        ),
    ]
    leaves_because: Annotated[str, Meta(description="Why it was told to go; empty if it was not.")]
    age_s: Annotated[float, Meta(description="Seconds since its process was asked for.")]
    ready_s: Annotated[float, Meta(description="Seconds since it was ready; 0 before that.")]
    running: list[RunningJob]
    behind: Annotated[int, Meta(description="Jobs that it has and has not begun.")]
    jobs: Annotated[int, Meta(description="Done by this worker.")]
    jobs_done: Annotated[int, Meta(description="Done by all workers that held this place.")]
    restarts: int
    rss_bytes: int
    baseline_bytes: Annotated[
        int, Meta(description="What it took up once it had warmed up; 0 before that.")
    ]
    cpu_s: Annotated[float, Meta(description="User and system time of this process.")]
    last_beat_s: Annotated[float, Meta(description="Seconds since it was last heard.")]
    sandbox: Annotated[dict[str, str], Meta(description="What is in force in it, part by part.")]


class ListArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which workers to list."""

    kind: Annotated[Kind | None, Meta(description="Only workers of this kind.")] = None


class ListResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `admin_list_workers` answers. Memory and CPU time are of the last look, at most a second ago."""

    workers: list[Worker]
    drained: Annotated[list[str], Meta(description="Kinds that take no calls until resumed.")]


class RestartArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which worker to replace: by its pid, or by its kind and number."""

    kind: Kind | None = None
    number: Annotated[int, Meta(ge=1, description="Its place among its kind.")] | None = None
    pid: (
        Annotated[int, Meta(ge=1, description="Its process, instead of kind and number.")] | None
    ) = None
    at_once: Annotated[
        bool, Meta(description="Kill it now, rather than when it has done what it has.")
    ] = False


class RestartResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `admin_restart_worker` answers: what will happen to the worker."""

    kind: str
    number: int
    pid: int
    action: Annotated[
        Action,
        Meta(description="What was done about it now; its successor starts when it is gone."),
    ]
    running: list[RunningJob]
    behind: int


class DrainArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which kind to send home, or to take back to work."""

    kind: Kind
    resume: Annotated[bool, Meta(description="Take the kind back to work instead.")] = False


class DrainResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `admin_drain` answers."""

    kind: str
    drained: Annotated[bool, Meta(description="Whether the kind refuses calls now.")]
    changed: Annotated[bool, Meta(description="False if it was so before.")]
    busy: Annotated[int, Meta(description="Workers that finish a job before they go.")]
    idle: Annotated[int, Meta(description="Workers that go at once.")]
    refused: Annotated[int, Meta(description="Waiting jobs that were refused by this.")]


LIST_WORKERS = Contract(
    name="admin_list_workers",
    title="List workers",
    description=(
        "Every worker process: its pid and state, what it runs now and for how long, jobs done, memory "
        "and its baseline, CPU time, last sign of life, restarts, and the sandbox in force."
    ),
    version="1",
    arguments=ListArguments,
    result=ListResult,
    annotations=Annotations(read_only_hint=True, idempotent_hint=False),
)

RESTART_WORKER = Contract(
    name="admin_restart_worker",
    title="Restart a worker",
    description=(
        "Replace one worker process, named by pid or by kind and number: after the jobs it has, or with "
        "at_once right now. See admin_list_workers for what there is."
    ),
    version="1",
    arguments=RestartArguments,
    result=RestartResult,
    annotations=Annotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False),
)

DRAIN = Contract(
    name="admin_drain",
    title="Drain a kind of worker",
    description=(
        "Send all workers of a kind home after their jobs and refuse its calls, those that wait included, "
        "until this is called again with resume=true. Answers from the cache are still given."
    ),
    version="1",
    arguments=DrainArguments,
    result=DrainResult,
    annotations=Annotations(read_only_hint=False, destructive_hint=True),
)

CONTRACTS: dict[str, Contract] = {
    contract.name: contract for contract in (DRAIN, LIST_WORKERS, RESTART_WORKER)
}
