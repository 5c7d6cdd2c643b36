"""One kind's workers: who lives, who is due, and what to do next.

Rule 1: pure. Events and the time come in, actions go out; the shell (`local.py`) carries them out.
Rule 2: a task has one owner and one outcome. It leaves `Member.tasks` exactly when its `Report` is returned.
Rule 3: a place is refilled only after its worker's exit was seen, so that slots always add up.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from coordinator.crew.assign import choose
from coordinator.crew.health import HealthLimits, Verdict, verdict
from coordinator.crew.member import Member, Phase
from coordinator.crew.restarts import GoDown, RestartBudget
from coordinator.dispatch.backend import Outcome, Task
from protocol.errors import ProtocolError
from protocol.worker.messages import (
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    FromWorker,
    Job,
    Part,
    Progress,
    Ready,
    ToWorker,
)
from protocol.worker.session import State

PROBE_PROVES_AFTER_S = 5.0
"""A half-open kind is up again when its one worker has lived this long, or has done a job."""


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
    news: Outcome | Part | Progress


class Note(msgspec.Struct, frozen=True):
    """One lifecycle event for the log and the metrics."""

    event: Literal[
        "worker_started",
        "worker_ready",
        "worker_killed",
        "worker_exited",
        "worker_recycled",
        "kind_down",
        "kind_probed",
        "kind_up",
    ]
    number: int | None = None
    pid: int | None = None
    reason: str = ""
    code: int | None = None
    delay_s: float | None = None


Action = Spawn | Send | Kill | Report | Note
Actions = list[Action]


class Roster:
    """The workers of one kind, *size* places of them."""

    def __init__(self, size: int, limits: HealthLimits, budget: RestartBudget) -> None:
        self.members = [Member(number) for number in range(1, size + 1)]
        self._limits = limits
        self._budget = budget
        self._retry_at: float | None = None
        self._probe: int | None = None
        self._stopping = False
        self.restarts_by_reason: dict[str, int] = {}

    # --- questions

    def free_slots(self) -> int:
        """Return how many more tasks can be sent now."""
        return sum(member.free_slots() for member in self.members)

    def is_busy(self) -> bool:
        """Tell whether anything runs, starts or dies, so that looking often is worth it."""
        return any(
            m.tasks or (m.phase is not Phase.EMPTY and not m.is_ready()) for m in self.members
        )

    def down_for(self, now: float) -> float | None:
        """Return the seconds until the next try if nobody is alive and nobody is due; else None."""
        if any(member.phase is not Phase.EMPTY for member in self.members):
            return None
        return None if self._retry_at is None else max(0.0, self._retry_at - now)

    def next_start_at(self) -> float | None:
        """Return when an empty place, or the kind itself, is next due."""
        due = [m.due_at for m in self.members if m.phase is Phase.EMPTY and m.due_at is not None]
        if self._retry_at is not None:
            due.append(self._retry_at)
        return min(due, default=None)

    # --- events

    def tick(self, now: float, process_states: Mapping[int, str]) -> Actions:
        """Fill what is due and judge everybody; *process_states* are letters as in /proc/PID/stat."""
        actions = [] if self._stopping else self._half_open(now)
        for member in self.members:
            if member.is_due(now) and not self._stopping:
                actions += self._start(member, now)
            elif member.phase is Phase.ALIVE:
                signs = member.signs(process_states.get(member.number, ""))
                actions += self._execute(member, verdict(signs, now, self._limits), now)
        return actions

    def forgive(self, now: float) -> None:
        """We were stopped ourselves: nobody could be heard, so silence since then proves nothing."""
        for member in self.members:
            member.last_beat = now
            if member.phase is Phase.ALIVE and not member.is_ready():
                member.since = now

    def assign(self, task: Task, now: float) -> Actions:
        """Give *task* to a worker; one must be free."""
        number = choose(member.candidate() for member in self.members)
        if number is None:
            raise AssertionError("assign without a free slot")
        member = self.members[number - 1]
        timeout = max(0.0, task.deadline - now)
        job = Job(task.id, task.tool, task.arguments, timeout, task.attempt, task.trace)
        member.session.advance(job)
        member.take(task, now)
        return [Send(number, job)]

    def cancel(self, task_id: int, now: float) -> Actions:
        """Ask the worker that has the task to stop; the verdict sees to it if it does not."""
        for member in self.members:
            if task_id in member.tasks and task_id not in member.cancelled_at:
                member.cancelled_at[task_id] = now
                return [Send(member.number, Cancel(task_id))]
        return []

    def receive(self, number: int, message: FromWorker, now: float) -> Actions:
        """Take one message of a worker; a message that is not legal is the end of the worker."""
        member = self.members[number - 1]
        if member.phase is not Phase.ALIVE:
            return []  # it is being killed; what it still says was answered for
        try:
            member.session.advance(message)
        except ProtocolError as error:
            return self._kill(member, f"broke the protocol: {error}")
        member.last_beat = now
        return self._take(member, message, now)

    def spawned(self, number: int, pid: int) -> Actions:
        """The process for this place has been started."""
        self.members[number - 1].pid = pid
        return [Note("worker_started", number, pid)]

    def garbled(self, number: int, what: str) -> Actions:
        """The worker sent something that is not a message."""
        member = self.members[number - 1]
        return self._kill(member, what) if member.phase is Phase.ALIVE else []

    def exited(self, number: int, code: int, now: float) -> Actions:
        """The process is gone and everything it wrote has been received."""
        member = self.members[number - 1]
        reason = member.end_reason or "died"
        actions: Actions = [
            Note("worker_exited", number, member.pid, reason, code),
            *self._lose(member, reason),
        ]
        return actions + self._replace(member, reason, now)

    def drain(self, now: float) -> Actions:
        """Ask every worker to finish and go; nothing is started any more."""
        self._stopping = True
        alive = [m for m in self.members if m.phase is Phase.ALIVE]
        return [action for member in alive for action in self._drain(member, "shutdown", now)]

    def kill_all(self) -> Actions:
        """End every worker now."""
        self._stopping = True
        alive = [m for m in self.members if m.phase is Phase.ALIVE]
        return [action for member in alive for action in self._kill(member, "shutdown")]

    # --- what follows

    def _start(self, member: Member, now: float) -> Actions:
        member.fill(now)
        return [Spawn(member.number)]

    def _half_open(self, now: float) -> Actions:
        if self._probe is not None:
            probe = self.members[self._probe - 1]
            return self._come_up() if self._has_proved(probe, now) else []
        if self._retry_at is None or now < self._retry_at:
            return []
        self._retry_at = None
        empty = [member for member in self.members if member.phase is Phase.EMPTY]
        if not empty:
            return self._come_up()
        self._probe = empty[0].number
        empty[0].due_at = now
        return [Note("kind_probed", empty[0].number)]

    def _has_proved(self, probe: Member, now: float) -> bool:
        return probe.is_ready() and (
            probe.jobs_done > 0 or now - probe.since > PROBE_PROVES_AFTER_S
        )

    def _come_up(self) -> Actions:
        self._probe = None
        self._retry_at = None
        self._budget.prove_healthy()
        for member in self.members:
            if member.phase is Phase.EMPTY:
                member.due_at = 0.0
        return [Note("kind_up")]

    def _execute(self, member: Member, judged: Verdict, now: float) -> Actions:
        match judged:
            case "fine":
                return []
            case "deadline":
                return self._overdue(member, now) + self._kill(member, judged)
            case "worn_out" | "too_much_memory" if not member.tasks:
                return self._drain(member, judged, now)
            case "worn_out":
                return []
            case _:
                return self._kill(member, judged)

    def _overdue(self, member: Member, now: float) -> Actions:
        late = [task_id for task_id, deadline in member.deadlines.items() if deadline <= now]
        return [self._end(member, task_id, Outcome("deadline")) for task_id in late]

    def _kill(self, member: Member, reason: str) -> Actions:
        """Kill now; what it ran is reported lost when its exit is seen, so that two never run it at once."""
        member.phase = Phase.DYING
        member.end_reason = reason
        return [Note("worker_killed", member.number, member.pid, reason), Kill(member.number)]

    def _drain(self, member: Member, reason: str, now: float) -> Actions:
        if member.session.state is State.DRAINING:
            return []
        member.session.advance(Drain())
        member.draining_at = now
        member.end_reason = reason
        return [Send(member.number, Drain())]

    def _take(self, member: Member, message: FromWorker, now: float) -> Actions:
        match message:
            case Ready(pid=pid):
                member.pid = pid
                member.since = now
                return [Note("worker_ready", member.number, pid)]
            case Beat(rss=rss):
                member.rss_bytes = rss
                return []
            case Part(id=task_id) | Progress(id=task_id):
                member.extend(task_id, now)
                return [Report(task_id, message)]
            case Done():
                return self._finish(member, message)
            case Failed():
                return self._finish(member, message)

    def _finish(self, member: Member, message: Done | Failed) -> Actions:
        member.jobs_done += 1
        member.total_jobs_done += 1
        if self._probe is None and self._retry_at is None:
            self._budget.prove_healthy()
        return [self._end(member, message.id, _outcome(message))]

    def _end(self, member: Member, task_id: int, outcome: Outcome) -> Report:
        member.drop(task_id)
        return Report(task_id, outcome)

    def _lose(self, member: Member, reason: str) -> Actions:
        member.session.end()
        return [
            self._end(member, task_id, Outcome("lost", message=reason))
            for task_id in list(member.tasks)
        ]

    def _replace(self, member: Member, reason: str, now: float) -> Actions:
        if self._stopping:
            member.empty(None)
            return []
        member.restarts += 1
        self.restarts_by_reason[reason] = self.restarts_by_reason.get(reason, 0) + 1
        if member.jobs_done > 0:
            member.empty(now)
            return self._start(member, now)
        return self._spend(member, reason, now)

    def _spend(self, member: Member, reason: str, now: float) -> Actions:
        if self._retry_at is not None:  # the kind is down: nobody is replaced before the next try
            member.empty(None)
            return []
        following = self._budget.go_down() if self._probe else self._budget.spend(now)
        if isinstance(following, GoDown):
            self._probe = None
            self._retry_at = now + following.retry_s
            for empty in (member, *(m for m in self.members if m.phase is Phase.EMPTY)):
                empty.empty(None)
            return [Note("kind_down", member.number, None, reason, None, following.retry_s)]
        member.empty(now + following.delay_s)
        return self._start(member, now) if following.delay_s == 0 else []


def _outcome(message: Done | Failed) -> Outcome:
    if isinstance(message, Done):
        return Outcome("done", result=message.result, cache_for=message.cache_for)
    return Outcome("failed", code=message.code, message=message.message)
