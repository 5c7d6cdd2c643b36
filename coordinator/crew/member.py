"""One place in the crew and the worker that holds it, if any."""

import enum
from typing import Literal

from coordinator.crew.assign import Candidate
from coordinator.crew.health import WARM_UP_JOBS, HealthLimits, Sample, Signs
from coordinator.dispatch.backend import Task
from protocol.worker.messages import Ready
from protocol.worker.session import State, WorkerSession

MemberState = Literal["parked", "waiting", "down", "starting", "idle", "busy", "draining", "dying"]

DRAIN_GRACE_S = 0.5
"""What a worker with nothing left to do gets to exit."""


class Phase(enum.Enum):
    """How far the worker in this place is from birth and death."""

    EMPTY = "empty"
    ALIVE = "alive"
    DYING = "dying"


class Member:
    """What the roster knows of one place; it outlives its workers, one after the other.

    A job is *owned* from the moment it is sent until its outcome is reported; one that the worker still has
    but that nobody waits for any more is *abandoned*.
    """

    def __init__(self, number: int, *, is_parked: bool = False) -> None:
        self.number = number
        self.most_asks = 0
        """How many questions a job of its worker may have open (see `WorkerSession`)."""
        self.phase = Phase.EMPTY
        self.is_parked = is_parked
        self.due_at: float | None = None if is_parked else 0.0
        """When an empty place is to be filled; None: when the kind comes up again, or needs more."""
        self.restarts = 0
        self.pid = 0
        self.used_at = 0.0
        self.total_jobs_done = 0
        self.share = 1.0
        self._begin(0.0)

    def _begin(self, now: float) -> None:
        self.session = WorkerSession(most_asks=self.most_asks)
        self.tasks: dict[int, Task] = {}
        self._long_tasks = 0  # of these, behind which none may stand
        self.deadlines: dict[int, float] = {}
        self.asked: set[int] = set()
        """What it was asked to drop, and has not answered yet."""
        self.cancelled_at: dict[int, float] = {}
        """Since when it could be expected to drop what it was asked to: only what it has begun."""
        self.suspects: frozenset[int] | None = None
        """Whom we killed it for, once we have."""
        self.draining_at: float | None = None
        self.taken_at: dict[int, float] = {}
        self.born_at = now
        self.since = now
        self.last_beat = now
        self.head_since = now
        self.jobs_done = 0
        self.sample = Sample()
        self.baseline_bytes: int | None = None
        self.end_reason = ""
        self.sandbox: dict[str, str] = {}

    # --- what happens to it

    def fill(self, now: float, share: float, depth: int) -> None:
        """A new process starts in this place; *share* is its part of the limits (see `Signs`)."""
        self._begin(now)
        self.session.depth = depth
        self.phase = Phase.ALIVE
        self.share = share
        self.due_at = None

    def ready(self, message: Ready, now: float) -> None:
        """Its worker has said that it is there."""
        self.since = now
        self.sandbox = message.sandbox

    def empty(self, due_at: float | None) -> None:
        """The process is gone; the next one is due at *due_at*."""
        self.phase = Phase.EMPTY
        self.due_at = due_at
        self.pid = 0
        self.sample = Sample()

    def take(self, task: Task, now: float) -> None:
        """*task* is this worker's from now on."""
        if not self.tasks:
            self.head_since = now
        self.tasks[task.id] = task
        self._long_tasks += not task.is_short
        self.taken_at[task.id] = now
        self.deadlines[task.id] = task.deadline
        self.used_at = now

    def extend(self, task_id: int, now: float) -> None:
        """The task has shown progress: it may take a while longer."""
        task = self.tasks.get(task_id)
        if task is not None and task.extension_s:
            self.deadlines[task_id] = now + task.extension_s

    def drop(self, task_id: int) -> Task | None:
        """Its outcome is known and nobody may report it again; None if it was dropped before."""
        task = self.tasks.pop(task_id, None)
        if task is not None:
            self._long_tasks -= not task.is_short
            del self.deadlines[task_id], self.taken_at[task_id]
        return task

    def answered(self, task_id: int, now: float) -> None:
        """The worker has no more to do for *task_id*, and begins with what stands behind it."""
        self.jobs_done += 1
        self.total_jobs_done += 1
        self.head_since = now
        if self.draining_at is not None:
            self.draining_at = now
        if not self.asked:
            return
        self.asked.discard(task_id)
        self.cancelled_at.pop(task_id, None)
        following = self.head()
        if following in self.asked:
            self.cancelled_at.setdefault(following, now)  # nobody else would notice if it went on

    def look(self, sample: Sample) -> None:
        """Take in what was seen of its process."""
        self.sample = sample
        if self.baseline_bytes is None and self.jobs_done >= WARM_UP_JOBS and sample.rss_bytes:
            self.baseline_bytes = sample.rss_bytes

    # --- questions

    def head(self) -> int | None:
        """Return the job that runs: a serial worker answers in order, so it is the oldest unanswered one."""
        return next(iter(self.session.in_flight), None)

    def behind(self) -> list[int]:
        """Return the tasks that a serial worker has not begun."""
        head = self.head()
        return [t for t in self.tasks if t != head] if self.session.capacity == 1 else []

    def movable(self) -> list[int]:
        """Return those of them that may go to another worker.

        It may just be beginning with one, so only those may that do no harm if they are run twice.
        """
        if self.phase is not Phase.ALIVE:
            return []
        return [task_id for task_id in self.behind() if self.tasks[task_id].is_short]

    def is_blamed(self, task_id: int) -> bool:
        """Tell whether a death now is put down to *task_id*: it alone must have been running.

        Of a worker that we killed it is what ran when we did so, whatever it may still have begun.
        """
        if self.suspects is not None:
            return task_id in self.suspects
        in_flight = self.session.in_flight
        return len(in_flight) == 1 or (self.session.capacity == 1 and self.head() == task_id)

    def ran_s(self, task_id: int, now: float) -> float:
        """Return for how long a task has run: of a serial worker's tasks only the first has begun."""
        if self.session.capacity != 1:
            return now - self.taken_at.get(task_id, now)
        has_begun = task_id == self.head() or task_id not in self.session.in_flight
        return now - self.head_since if has_begun else 0.0

    def is_due(self, now: float) -> bool:
        """Tell whether this place is empty and to be filled now."""
        return self.phase is Phase.EMPTY and self.due_at is not None and self.due_at <= now

    def is_ready(self) -> bool:
        """Tell whether its worker has said Ready and has not been asked to go."""
        return self.phase is Phase.ALIVE and self.session.state is State.READY

    def is_idle(self) -> bool:
        """Tell whether its worker is ready and has nothing to do."""
        return self.is_ready() and not self.session.in_flight

    def free_slots(self, depth: int, max_jobs: int) -> int:
        """Return how many more tasks this worker may get now, short ones up to *depth* behind each other."""
        session = self.session
        busy = len(session.in_flight)
        free = session.capacity - busy
        if free <= 0 and busy >= depth:
            return 0  # first: asked of everybody for every job, this took a tenth of the job's time
        if self.is_parked or self.phase is not Phase.ALIVE or session.state is not State.READY:
            return 0
        # Not behind nothing, and not behind what it was asked to drop, which may take any time.
        if depth > 1 and 0 < busy == len(self.tasks) and not self._long_tasks:
            free = max(free, depth - busy)
        return max(0, min(free, max_jobs - self.jobs_done - busy))

    def may_be_worn(self, now: float, limits: HealthLimits) -> bool:
        """Tell whether a look at its wear is worth it: its memory, at least, changes with no answer."""
        is_old = now - self.since > limits.max_age_s * self.share
        is_used = self.jobs_done >= limits.max_jobs * self.share
        return (is_old or is_used) and self.is_ready()

    def candidate(self) -> Candidate:
        """Return what the choice of a worker needs."""
        return len(self.session.in_flight), self.used_at, self.number

    def signs(self) -> Signs:
        """Return what the verdict on its health needs."""
        is_shared = self.session.capacity > 1
        return Signs(
            is_ready=self.session.state is not State.STARTING,
            since=self.since,
            last_beat=self.last_beat,
            process_state=self.sample.state,
            first_deadline=min(self.deadlines.values(), default=None),
            asked_at=self._asked_at(),
            is_shared=is_shared and bool(self.cancelled_at),
            jobs_done=self.jobs_done,
            rss_bytes=self.sample.rss_bytes,
            baseline_bytes=self.baseline_bytes,
            share=self.share,
        )

    def _asked_at(self) -> float | None:
        if self.draining_at is not None and not self.session.in_flight:
            return self.draining_at + DRAIN_GRACE_S
        return min(self.cancelled_at.values(), default=None)

    def state(self) -> MemberState:
        """Return one word for people and metrics."""
        if self.phase is Phase.EMPTY:
            if self.is_parked:
                return "parked"
            return "down" if self.due_at is None else "waiting"
        if self.phase is Phase.DYING:
            return "dying"
        if self.session.state is State.STARTING:
            return "starting"
        if self.session.state is State.DRAINING:
            return "draining"
        return "busy" if self.session.in_flight else "idle"
