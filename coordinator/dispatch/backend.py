"""The seam between the dispatcher and whatever runs jobs: local processes, a fake, later other machines.

Rule 1: outcomes are values; nothing is raised across this seam for a job that went wrong.
Rule 2: every task sent gets exactly one `Outcome`, unless the backend is closed first.
"""

from typing import Literal, Protocol

import msgspec

from protocol.worker.messages import Progress


class Task(msgspec.Struct, frozen=True):
    """One attempt at one job. *deadline* is a time of the coordinator's monotonic clock.

    A job that answers in parts gets *extension_s* seconds more with each of them, so that a long batch
    that comes along well is not killed, and one that hangs is.
    """

    id: int
    kind: str
    tool: str
    arguments: msgspec.Raw
    deadline: float
    extension_s: float = 0
    attempt: int = 1
    trace: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """How one attempt ended.

    "lost": the worker died with the job, and *message* says of what.
    "deadline": the job did not end in time and its worker was killed.
    """

    status: Literal["done", "failed", "lost", "deadline"]
    result: msgspec.Raw = msgspec.Raw(b"null")
    code: str = ""
    message: str = ""
    cache_for: float | None = 0


class Sink(Protocol):
    """Where a backend reports."""

    def on_part(self, task_id: int, result: msgspec.Raw) -> None:
        """One piece of a running task's result has arrived."""

    def on_progress(self, task_id: int, progress: Progress) -> None:
        """A running task says how far it is."""

    def on_outcome(self, task_id: int, outcome: Outcome) -> None:
        """A task has ended."""

    def on_capacity(self, kind: str) -> None:
        """*kind* may have free slots, or may have gone down."""


class Backend(Protocol):
    """Something that runs tasks."""

    def slots(self, kind: str) -> int:
        """Return how many more tasks of *kind* may be sent now."""
        ...

    def down_for(self, kind: str) -> float | None:
        """Return the seconds until *kind* is tried again; None while it is up."""
        ...

    def send(self, task: Task) -> None:
        """Start *task*; a slot must be free."""
        ...

    def cancel(self, task_id: int) -> None:
        """Nobody waits for this task any more: free its slot soon. Its outcome still comes."""
        ...
