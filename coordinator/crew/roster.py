"""One kind's workers: who lives, who is due, and what to do next.

Rule 1: pure. Events and the time come in, actions go out; the shell (`kind_crew.py`) carries them out.
Rule 2: a task has one owner and one outcome. It leaves `Member.tasks` exactly when its `Report` is returned.
Rule 3: a place is refilled only after its worker's exit was seen, so that slots always add up.
"""

from collections.abc import Callable, Mapping

from coordinator.crew.actions import Actions, Announce, Kill, Note, Report, Send, Spawn
from coordinator.crew.assign import choose
from coordinator.crew.health import (
    RECYCLING,
    HealthLimits,
    Sample,
    Verdict,
    next_look,
    verdict,
    wear,
)
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
)
from protocol.worker.session import State

PROBE_PROVES_AFTER_S = 5.0
"""A half-open kind is up again when its one worker has lived this long, or has done a job."""

SHORT_S = 0.005
"""While short tasks take less than this on average, one more may stand behind each that runs."""

RESCUE_AFTER_S = 0.02
"""What stands behind a task that runs for longer goes to another worker."""

LEAST_SHARE = 0.8
"""Workers are recycled somewhere between this share of their limits and all of it."""

_WEIGHT = 0.1


class Roster:
    """The workers of one kind: *least* places to begin with, *most* at any time.

    *draw* returns a number between its two arguments, at random.
    """

    def __init__(  # noqa: PLR0913 - one kind's particulars, said once
        self,
        most: int,
        limits: HealthLimits,
        budget: RestartBudget,
        draw: Callable[[float, float], float],
        *,
        least: int | None = None,
        depth: int = 1,
    ) -> None:
        self.wanted = most if least is None else least
        self.members = [
            Member(number, is_parked=number > self.wanted) for number in range(1, most + 1)
        ]
        self.limits = limits
        self._budget = budget
        self._draw = draw
        self._depth = depth
        self._mean_short_s: float | None = None
        self._retry_at: float | None = None
        self._probe: int | None = None
        self._is_paused = False
        self._stopping = False
        self.restarts_by_reason: dict[str, int] = {}
        self.late_replies = 0

    # --- questions

    def free_slots(self) -> int:
        """Return how many more tasks can be sent now."""
        depth = self._depth_now()
        return sum(member.free_slots(depth, self.limits.max_jobs) for member in self.members)

    def capacity(self) -> int:
        """Return how many tasks can run at once when everybody wanted is there; at least 1."""
        return self.wanted * max(1, *(member.session.capacity for member in self.members))

    def is_busy(self) -> bool:
        """Tell whether anything runs, starts or dies, so that looking often is worth it."""
        return any(
            m.session.in_flight or (m.phase is not Phase.EMPTY and not m.is_ready())
            for m in self.members
        )

    def down_for(self, now: float) -> float | None:
        """Return the seconds until the next try if nobody is alive and nobody is due; else None."""
        if any(member.phase is not Phase.EMPTY for member in self.members):
            return None
        return None if self._retry_at is None else max(0.0, self._retry_at - now)

    def is_paused(self) -> bool:
        """Tell whether an operator has sent everybody home."""
        return self._is_paused

    def next_look_at(self) -> float | None:
        """Return when something is due, or somebody's verdict may change, if nothing happens before."""
        times = [m.due_at for m in self.members if m.phase is Phase.EMPTY and m.due_at is not None]
        times += [next_look(m.signs(), self.limits) for m in self.members if m.phase is Phase.ALIVE]
        times += [
            m.head_since + RESCUE_AFTER_S for m in self.members if len(m.session.in_flight) > 1
        ]
        if self._retry_at is not None and not self._is_paused:
            times.append(self._retry_at)
        return min(times, default=None)

    # --- events: time

    def tick(self, now: float, samples: Mapping[int, Sample]) -> Actions:
        """Fill what is due and judge everybody; *samples* are by number of the place."""
        actions = [] if self._is_closed() else self._half_open(now)
        for member in self.members:
            if member.is_due(now) and not self._is_closed():
                actions += self._start(member, now)
            elif member.phase is Phase.ALIVE:
                member.look(samples.get(member.number, member.sample))
                actions += self._rescue(member, now)
                actions += self._execute(member, verdict(member.signs(), now, self.limits), now)
                if member.is_parked and member.is_idle():
                    actions += self._drain(member, "not_needed", now)
        return actions

    def forgive(self, now: float) -> None:
        """We were stopped ourselves: nobody could be heard, so silence since then proves nothing."""
        for member in self.members:
            member.last_beat = now
            if member.phase is Phase.ALIVE and not member.is_ready():
                member.since = now

    # --- events: work

    def assign(self, task: Task, now: float) -> Actions:
        """Give *task* to a worker; one must be free."""
        depth, most = self._depth_now(), self.limits.max_jobs
        number = choose(member.candidate(depth, most) for member in self.members)
        if number is None:
            raise AssertionError("assign without a free slot")
        member = self.members[number - 1]
        timeout = max(0.0, task.deadline - now)
        job = Job(task.id, task.tool, task.arguments, timeout, task.attempt, task.trace)
        member.take(task, now)
        member.session.advance(job)
        return [Send(number, job)]

    def cancel(self, task_id: int, now: float) -> Actions:
        """Ask the worker that has the task to stop; the verdict sees to it if it does not."""
        for member in self.members:
            if task_id in member.tasks and task_id not in member.cancelled_at:
                return self._ask_to_drop(member, task_id, now)
        return []

    # --- events: what a worker does

    def receive(self, number: int, message: FromWorker, now: float) -> Actions:
        """Take one message of a worker; a message that is not legal is the end of the worker."""
        member = self.members[number - 1]
        if member.phase is Phase.EMPTY or member.session.state is State.ENDED:
            self.late_replies += isinstance(message, Done | Failed)
            return []
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

    def unborn(self, number: int, now: float) -> Actions:
        """There will be no process for this place, by no fault of its own: it is tried again."""
        member = self.members[number - 1]
        member.empty(None if self._is_closed() or member.is_parked else now)
        return []

    def garbled(self, number: int, what: str) -> Actions:
        """The worker sent something that is not a message."""
        member = self.members[number - 1]
        if member.phase is Phase.EMPTY or member.session.state is State.ENDED:
            return []
        return self._kill(member, what)

    def exited(self, number: int, code: int, now: float) -> Actions:
        """The process is gone and everything it wrote has been received."""
        member = self.members[number - 1]
        reason = member.end_reason or "died"
        actions: Actions = [
            Note("worker_exited", number, member.pid, reason, code),
            *self._lose(member, reason, now),
        ]
        return actions + self._replace(member, reason, now)

    # --- events: what is asked of the crew

    def want(self, count: int, now: float) -> Actions:
        """Make it *count* workers: more at once, fewer by sending an idle one home."""
        actions: Actions = []
        for member in self.members:
            if member.number <= count and member.is_parked:
                member.is_parked = False
                if member.phase is Phase.EMPTY and self._retry_at is None and self._probe is None:
                    member.due_at = now
                    if not self._is_closed():
                        actions += self._start(member, now)
            elif member.number > count and not member.is_parked:
                member.is_parked = True
                if member.phase is Phase.EMPTY:
                    member.due_at = None
                elif member.is_idle():
                    actions += self._drain(member, "not_needed", now)
        if count != self.wanted:
            actions.append(Note("kind_scaled", count=count))
        self.wanted = count
        return actions

    def restart(self, number: int, now: float, *, at_once: bool) -> Actions:
        """An operator wants this worker replaced: after its jobs, or *at_once*."""
        member = self.members[number - 1]
        if member.phase is not Phase.ALIVE:
            return []
        return self._kill(member, "operator") if at_once else self._drain(member, "operator", now)

    def pause(self, now: float) -> Actions:
        """Send everybody home after their jobs, and start nobody until `resume`."""
        if self._is_paused:
            return []
        self._is_paused = True
        return [Note("kind_paused"), *self._drain_all("paused", now)]

    def resume(self, now: float) -> Actions:
        """Go on after `pause`."""
        if not self._is_paused:
            return []
        self._is_paused = False
        for member in self.members:
            if member.phase is Phase.EMPTY and not member.is_parked:
                member.due_at = now
        self._retry_at = self._probe = None
        return [Note("kind_resumed")]

    def drain(self, now: float) -> Actions:
        """Ask every worker to finish and go; nothing is started any more."""
        self._stopping = True
        return self._drain_all("shutdown", now)

    def kill_all(self) -> Actions:
        """End every worker now."""
        self._stopping = True
        alive = [m for m in self.members if m.phase is Phase.ALIVE]
        return [action for member in alive for action in self._kill(member, "shutdown")]

    # --- starting

    def _is_closed(self) -> bool:
        return self._stopping or self._is_paused

    def _start(self, member: Member, now: float) -> Actions:
        member.fill(now, self._draw(LEAST_SHARE, 1.0))
        member.session.depth = self._depth
        return [Spawn(member.number)]

    def _half_open(self, now: float) -> Actions:
        if self._probe is not None:
            probe = self.members[self._probe - 1]
            return self._come_up() if self._has_proved(probe, now) else []
        if self._retry_at is None or now < self._retry_at:
            return []
        self._retry_at = None
        empty = [m for m in self.members if m.phase is Phase.EMPTY and not m.is_parked]
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
            if member.phase is Phase.EMPTY and not member.is_parked:
                member.due_at = 0.0
        return [Note("kind_up")]

    # --- judging

    def _execute(self, member: Member, judged: Verdict, now: float) -> Actions:
        if judged == "fine":
            return []
        if judged in RECYCLING:
            return self._recycle(member, judged, now)
        if judged == "deadline":
            return self._overdue(member, now)
        return self._kill(member, judged)

    def _recycle(self, member: Member, reason: str, now: float) -> Actions:
        """One after the other, unless its limit is reached to the full: then it gets no job any more anyway."""
        others = [m for m in self.members if m is not member and not m.is_parked]
        is_turn = all(other.is_ready() for other in others)
        if is_turn or member.jobs_done >= self.limits.max_jobs:
            return self._drain(member, reason, now)
        return []

    def _overdue(self, member: Member, now: float) -> Actions:
        """End what is late. Its worker is killed if it can do nothing else meanwhile."""
        late = [task_id for task_id, deadline in member.deadlines.items() if deadline <= now]
        is_stuck = member.session.capacity == 1 and member.head() in late
        ran_s = now - member.head_since
        actions: Actions = []
        for task_id in late:
            if not is_stuck:
                actions += self._ask_to_drop(member, task_id, now)
            actions += self._end(member, task_id, Outcome("deadline", ran_s=ran_s))
        return actions + self._kill(member, "deadline") if is_stuck else actions

    def _rescue(self, member: Member, now: float) -> Actions:
        """What stands behind a task that takes long has not begun: let another worker have it."""
        head = member.head()
        behind = [task_id for task_id in member.tasks if task_id != head]
        if member.session.capacity != 1 or now - member.head_since < RESCUE_AFTER_S:
            return []
        actions: Actions = []
        for task_id in behind:
            actions += self._ask_to_drop(member, task_id, now)
            actions += self._end(member, task_id, Outcome("lost", message="it had to wait"))
        return actions

    def _ask_to_drop(self, member: Member, task_id: int, now: float) -> Actions:
        if task_id in member.cancelled_at:
            return []
        if member.session.capacity != 1 or member.head() == task_id:
            member.cancelled_at[task_id] = now
        if member.phase is not Phase.ALIVE:
            return []
        return [Send(member.number, Cancel(task_id))]

    def _kill(self, member: Member, reason: str) -> Actions:
        """Kill now; what it ran is reported lost when its exit is seen, so that two never run it at once."""
        if member.phase is Phase.DYING:
            return []
        member.phase = Phase.DYING
        member.end_reason = reason
        return [Note("worker_killed", member.number, member.pid, reason), Kill(member.number)]

    def _drain(self, member: Member, reason: str, now: float) -> Actions:
        if member.session.state is State.DRAINING:
            return []
        member.session.advance(Drain())
        member.draining_at = now
        member.end_reason = reason
        return [
            Note("worker_draining", member.number, member.pid, reason),
            Send(member.number, Drain()),
        ]

    def _drain_all(self, reason: str, now: float) -> Actions:
        alive = [m for m in self.members if m.phase is Phase.ALIVE]
        return [action for member in alive for action in self._drain(member, reason, now)]

    # --- what a worker said

    def _take(self, member: Member, message: FromWorker, now: float) -> Actions:
        match message:
            case Ready(pid=pid):
                member.ready(message, now)
                return [Note("worker_ready", member.number, pid), Announce(message)]
            case Beat():
                return []
            case Part(id=task_id) | Progress(id=task_id):
                member.extend(task_id, now)
                return [Report(task_id, message)] if task_id in member.tasks else []
            case Done():
                return self._finish(member, message, now)
            case Failed():
                return self._finish(member, message, now)

    def _finish(self, member: Member, message: Done | Failed, now: float) -> Actions:
        task = member.tasks.get(message.id)
        ran_s = now - member.head_since
        actions = self._end(member, message.id, _outcome(message, ran_s))
        self.late_replies += not actions
        if task is not None and task.is_short:
            self._learn(ran_s)
        member.answered(message.id, now)
        if self._probe is None and self._retry_at is None:
            self._budget.prove_healthy()
        if member.is_ready():
            # Looked at here as well as on the tick, which under load never finds a worker without a job.
            actions += self._execute(member, wear(member.signs(), now, self.limits), now)
        return actions

    def _end(self, member: Member, task_id: int, outcome: Outcome) -> Actions:
        """Report how a task ended, unless that was done before."""
        return [] if member.drop(task_id) is None else [Report(task_id, outcome)]

    def _learn(self, seconds: float) -> None:
        known = self._mean_short_s
        self._mean_short_s = seconds if known is None else known + _WEIGHT * (seconds - known)

    def _depth_now(self) -> int:
        is_known_short = self._mean_short_s is not None and self._mean_short_s < SHORT_S
        return self._depth if is_known_short else 1

    # --- when it is gone

    def _lose(self, member: Member, reason: str, now: float) -> Actions:
        blamed = {task_id for task_id in member.tasks if member.is_blamed(task_id)}
        ran_s = now - member.head_since
        member.session.end()
        actions: Actions = []
        for task_id in list(member.tasks):
            is_blamed = task_id in blamed and reason not in _PLANNED
            outcome = Outcome("lost", message=reason, is_blamed=is_blamed, ran_s=ran_s)
            actions += self._end(member, task_id, outcome)
        return actions

    def _replace(self, member: Member, reason: str, now: float) -> Actions:
        if self._is_closed() or member.is_parked:
            member.empty(None)
            return []
        member.restarts += 1
        self.restarts_by_reason[reason] = self.restarts_by_reason.get(reason, 0) + 1
        if member.jobs_done > 0 or reason in _PLANNED:
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


_PLANNED = RECYCLING | {"operator", "paused", "not_needed", "shutdown"}
"""Ends that we wanted: no job is blamed for them, and no restart is spent on them."""


def _outcome(message: Done | Failed, ran_s: float) -> Outcome:
    if isinstance(message, Done):
        return Outcome("done", result=message.result, cache_for=message.cache_for, ran_s=ran_s)
    return Outcome("failed", code=message.code, message=message.message, ran_s=ran_s)
