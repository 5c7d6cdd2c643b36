"""One place in the crew and the worker that holds it, if any."""

import enum
from typing import Literal

from coordinator.crew.assign import Candidate
from coordinator.crew.health import Signs
from coordinator.dispatch.backend import Task
from protocol.worker.session import State, WorkerSession

MemberState = Literal["waiting", "down", "starting", "idle", "busy", "draining", "dying"]


class Phase(enum.Enum):
    """How far the worker in this place is from birth and death."""

    EMPTY = "empty"
    ALIVE = "alive"
    DYING = "dying"


class Member:
    """What the roster knows of one place; it outlives its workers, one after the other."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.phase = Phase.EMPTY
        self.due_at: float | None = 0.0
        """When an empty place is to be filled; None: when the kind comes up again."""
        self.restarts = 0
        self.pid = 0
        self.used_at = 0.0
        self.total_jobs_done = 0
        self._begin(0.0)

    def _begin(self, now: float) -> None:
        self.session = WorkerSession()
        self.tasks: dict[int, Task] = {}
        self.deadlines: dict[int, float] = {}
        self.cancelled_at: dict[int, float] = {}
        self.draining_at: float | None = None
        self.since = now
        self.last_beat = now
        self.jobs_done = 0
        self.rss_bytes = 0
        self.end_reason = ""

    def take(self, task: Task, now: float) -> None:
        """*task* is this worker's from now on."""
        self.tasks[task.id] = task
        self.deadlines[task.id] = task.deadline
        self.used_at = now

    def extend(self, task_id: int, now: float) -> None:
        """The task has shown progress: it may take a while longer."""
        if extension_s := self.tasks[task_id].extension_s:
            self.deadlines[task_id] = now + extension_s

    def drop(self, task_id: int) -> None:
        """The task has ended, one way or another."""
        del self.tasks[task_id]
        del self.deadlines[task_id]
        self.cancelled_at.pop(task_id, None)

    def fill(self, now: float) -> None:
        """A new process starts in this place."""
        self._begin(now)
        self.phase = Phase.ALIVE
        self.due_at = None

    def empty(self, due_at: float | None) -> None:
        """The process is gone; the next one is due at *due_at*."""
        self.phase = Phase.EMPTY
        self.due_at = due_at
        self.pid = 0
        self.rss_bytes = 0

    def is_due(self, now: float) -> bool:
        """Tell whether this place is empty and to be filled now."""
        return self.phase is Phase.EMPTY and self.due_at is not None and self.due_at <= now

    def is_ready(self) -> bool:
        """Tell whether its worker has said Ready and has not been asked to go."""
        return self.phase is Phase.ALIVE and self.session.state is State.READY

    def free_slots(self) -> int:
        """Return how many more tasks this worker may get now."""
        return self.session.free_slots() if self.phase is Phase.ALIVE else 0

    def candidate(self) -> Candidate:
        """Return what the choice of a worker needs."""
        return Candidate(self.number, self.free_slots(), self.used_at)

    def signs(self, process_state: str) -> Signs:
        """Return what the verdict on its health needs."""
        return Signs(
            is_ready=self.session.state is not State.STARTING,
            since=self.since,
            last_beat=self.last_beat,
            process_state=process_state,
            first_deadline=min(self.deadlines.values(), default=None),
            asked_at=self._asked_at(),
            jobs_done=self.jobs_done,
            rss_bytes=self.rss_bytes,
        )

    def _asked_at(self) -> float | None:
        if self.draining_at is not None and not self.tasks:
            return self.draining_at
        return min(self.cancelled_at.values(), default=None)

    def state(self) -> MemberState:
        """Return one word for people and metrics."""
        if self.phase is Phase.EMPTY:
            return "down" if self.due_at is None else "waiting"
        if self.phase is Phase.DYING:
            return "dying"
        if self.session.state is State.STARTING:
            return "starting"
        if self.session.state is State.DRAINING:
            return "draining"
        return "busy" if self.tasks else "idle"
