"""The seam between the dispatcher and whatever runs jobs: local processes, a fake, later other machines.

Rule 1: outcomes are values; nothing is raised across this seam for a job that went wrong.
Rule 2: every task sent gets exactly one `Outcome`, unless the backend is closed first.
Rule 3: what a task asks is answered once while it runs; the backend itself answers what nobody waits for.
"""

from typing import Literal, Protocol

import msgspec

from protocol.worker.messages import Answer, Ask, Progress


class Task(msgspec.Struct, frozen=True):
    """One attempt at one job. *deadline* is a time of the coordinator's monotonic clock.

    A job that answers in parts gets *extension_s* seconds more with each of them, so that a long batch
    that comes along well is not killed, and one that hangs is. One that *is_short* does no harm if it is run
    twice, and is hoped to be over so soon that it may stand behind another in a worker.
    """

    id: int
    kind: str
    tool: str
    arguments: msgspec.Raw
    deadline: float
    extension_s: float = 0
    attempt: int = 1
    trace: str | None = None
    is_short: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """How one attempt ended; it ran for *ran_s* seconds.

    "lost": the worker died with the job, and *message* says of what. Of those that it had only the one that
    ran *is_blamed*; the others had not begun, or began only after the worker was already being killed.
    "deadline": the job did not end in time; it *is_blamed* if its worker was killed for that.
    """

    status: Literal["done", "failed", "lost", "deadline"]
    result: msgspec.Raw = msgspec.Raw(b"null")
    code: str = ""
    message: str = ""
    cache_for: float | None = 0
    is_blamed: bool = False
    ran_s: float = 0


class Refusal(msgspec.Struct, frozen=True):
    """Why a kind takes no jobs now; *retry_after* is in seconds, None if nobody knows."""

    message: str
    retry_after: float | None


class Sink(Protocol):
    """Where a backend reports."""

    def on_part(self, task_id: int, result: msgspec.Raw) -> None:
        """One piece of a running task's result has arrived."""

    def on_progress(self, task_id: int, progress: Progress) -> None:
        """A running task says how far it is."""

    def on_ask(self, task_id: int, ask: Ask) -> None:
        """A running task wants a tool called; `Backend.answer` takes what comes of it."""

    def on_outcome(self, task_id: int, outcome: Outcome) -> None:
        """A task has ended."""

    def on_capacity(self, kind: str) -> None:
        """*kind* may have free slots, or may have gone down."""


class Backend(Protocol):
    """Something that runs tasks."""

    def has_slot(self, kind: str) -> bool:
        """Tell whether a task of *kind* may be sent now."""
        ...

    def capacity(self, kind: str) -> int:
        """Return how many tasks of *kind* can run at once, at least 1."""
        ...

    def refusal(self, kind: str) -> Refusal | None:
        """Return why *kind* takes no jobs; None while it does."""
        ...

    def demand(self, kind: str, waiting: int) -> None:
        """So many tasks of *kind* wait for a slot: there may be reason to make more of them."""
        ...

    def send(self, task: Task) -> None:
        """Start *task*; a slot must be free."""
        ...

    def cancel(self, task_id: int) -> None:
        """Nobody waits for this task any more: free its slot soon. Its outcome still comes."""
        ...

    def answer(self, task_id: int, answer: Answer) -> None:
        """Tell a task what became of its question; one that has ended, or is to, hears nothing."""
        ...
