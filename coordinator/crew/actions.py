"""What a roster decides; its shell carries the actions out in the order in which they stand."""

from typing import Literal

import msgspec

from coordinator.dispatch.backend import Outcome
from protocol.worker.messages import Ask, Notice, Part, Progress, Ready, ToWorker


class Spawn(msgspec.Struct, frozen=True):
    """Start a process for place *number*."""

    number: int


class Send(msgspec.Struct, frozen=True):
    """Write *message* to the worker in place *number*."""

    number: int
    message: ToWorker


class Kill(msgspec.Struct, frozen=True):
    """SIGKILL the process group of the worker in place *number*."""

    number: int


class Report(msgspec.Struct, frozen=True):
    """Tell the sink about a task."""

    task_id: int
    news: Outcome | Part | Progress | Ask


class Announce(msgspec.Struct, frozen=True):
    """A worker is there, and *ready* says what it offers."""

    ready: Ready


class Relay(msgspec.Struct, frozen=True):
    """A worker wants something logged and counted."""

    notice: Notice


class Note(msgspec.Struct, frozen=True):
    """One lifecycle event for the log and the metrics."""

    event: Literal[
        "worker_started",
        "worker_ready",
        "worker_draining",
        "worker_killed",
        "worker_exited",
        "zygote_started",
        "zygote_exited",
        "zygote_unusable",
        "orphans_killed",
        "kind_scaled",
        "kind_paused",
        "kind_resumed",
        "kind_down",
        "kind_probed",
        "kind_up",
    ]
    number: int | None = None
    pid: int | None = None
    reason: str = ""
    code: int | None = None
    delay_s: float | None = None
    count: int | None = None


Action = Spawn | Send | Kill | Report | Announce | Relay | Note
Actions = list[Action]
