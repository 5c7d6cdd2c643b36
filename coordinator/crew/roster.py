"""One kind's workers: who lives, who does what, and what to do next.

Rule 1: pure. Events and the time come in, actions go out; the shell (`kind_crew.py`) carries them out.
Rule 2: a task has one owner and one outcome. It leaves `Member.tasks` exactly when its `Report` is returned.
Rule 3: whom the roster lets go, and when somebody new starts, is decided in `staffing.py`.
"""

from collections.abc import Callable, Mapping, Sequence

from coordinator.crew.actions import Actions, Announce, Note, Relay, Report, Send
from coordinator.crew.assign import choose
from coordinator.crew.depth import Depth
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
from coordinator.crew.orders import ask_to_drop, ask_to_go, close_asks, kill, tell
from coordinator.crew.restarts import RestartBudget
from coordinator.crew.staffing import PLANNED, Staffing
from coordinator.dispatch.backend import Outcome, Task
from protocol.errors import ProtocolError
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Done,
    Failed,
    FromWorker,
    Job,
    Notice,
    Part,
    Progress,
    Ready,
)
from protocol.worker.session import State

RESCUE_AFTER_S = 0.02
"""What stands behind a task that runs for longer goes to another worker."""

NEAR_LIMIT = 0.75
"""A worker that dies above this share of its memory limit has probably died of it."""

_ANSWERS = frozenset({Done, Failed})

_News = Ready | Beat | Part | Progress | Notice | Ask


class Roster:
    """The workers of one kind (see `Staffing` for the arguments)."""

    def __init__(  # noqa: PLR0913 - one kind's particulars, said once
        self,
        most: int,
        limits: HealthLimits,
        budget: RestartBudget,
        draw: Callable[[float, float], float],
        *,
        least: int | None = None,
        depth: int = 1,
        most_asks: int = 0,
    ) -> None:
        """*most_asks*: how many questions a job may have open; 0 = these workers may not ask."""
        self.limits = limits
        self.staffing = Staffing(most, most if least is None else least, depth, budget, draw)
        self.members = self.staffing.members
        for member in self.members:
            member.most_asks = most_asks
        self.late_replies = 0
        self.depth = Depth(depth)

    # --- questions

    def free_slots(self) -> int:
        """Return how many more tasks can be sent now."""
        depth, most = self.depth.now, self.limits.max_jobs
        return sum(member.free_slots(depth, most) for member in self.members)

    def has_slot(self) -> bool:
        """Tell whether a task can be sent now."""
        depth, most = self.depth.now, self.limits.max_jobs
        # No `any`: this is asked twice for every job, and its generator takes as long as the answer.
        for member in self.members:  # noqa: SIM110
            if member.free_slots(depth, most):
                return True
        return False

    def capacity(self) -> int:
        """Return how many tasks can run at once when everybody wanted is there; at least 1."""
        return max(1, self.staffing.wanted) * max(1, *(m.session.capacity for m in self.members))

    def is_waiting(self, number: int) -> bool:
        """Tell whether a worker has so little to do that what it is sent should not wait for more."""
        return len(self.members[number - 1].session.in_flight) <= 1

    def is_dropping(self) -> bool:
        """Tell whether anybody was asked to drop what it runs."""
        return any(member.cancelled_at for member in self.members)

    def is_busy(self) -> bool:
        """Tell whether anything runs, starts or dies, so that looking often is worth it."""
        return any(
            m.session.in_flight or (m.phase is not Phase.EMPTY and not m.is_ready())
            for m in self.members
        )

    def next_look_at(self) -> float | None:
        """Return when something is due, or somebody's verdict may change, if nothing happens before."""
        times = [next_look(m.signs(), self.limits) for m in self.members if m.phase is Phase.ALIVE]
        times += [m.head_since + RESCUE_AFTER_S for m in self.members if m.movable()]
        if (due_at := self.staffing.next_due_at()) is not None:
            times.append(due_at)
        return min(times, default=None)

    # --- events: time

    def tick(self, now: float, samples: Mapping[int, Sample]) -> Actions:
        """Fill what is due and judge everybody; *samples* are by number of the place."""
        actions = self.staffing.fill(now)
        for member in self.members:
            if member.phase is Phase.ALIVE:
                member.look(samples.get(member.number, member.sample))
                actions += self._rescue(member, now)
                actions += self._execute(member, verdict(member.signs(), now, self.limits), now)
        return actions + self.staffing.let_go(now)

    def forgive(self, now: float) -> None:
        """We were stopped ourselves: nobody could be heard, so silence since then proves nothing."""
        for member in self.members:
            member.last_beat = now
            if member.phase is Phase.ALIVE and not member.is_ready():
                member.since = now

    # --- events: work

    def assign(self, task: Task, now: float) -> Actions:
        """Give *task* to a worker; one must be free."""
        depth, most = self.depth.now, self.limits.max_jobs
        number = choose([m.candidate() for m in self.members if m.free_slots(depth, most)])
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
        owner = next((m for m in self.members if task_id in m.tasks), None)
        return [] if owner is None else ask_to_drop(owner, task_id, now)

    def answer(self, task_id: int, answer: Answer) -> Actions:
        """Give the task its answer, if it still waits for one."""
        for member in self.members:
            if task_id in member.tasks and member.phase is Phase.ALIVE:
                is_open = answer.ask in member.session.open_asks(task_id)
                return tell(member, answer) if is_open else []
        return []

    # --- events: what a worker does

    def receive(self, number: int, message: FromWorker, now: float) -> Actions:
        """Take one message of a worker; a message that is not legal is the end of the worker."""
        return self.receive_all(number, [message], now)

    def receive_all(self, number: int, messages: Sequence[FromWorker], now: float) -> Actions:
        """Take what came of a worker in one piece, up to *now*.

        The answers of a serial worker came one after the other, but nobody saw when: each is held to have
        taken as long as the others.
        """
        member = self.members[number - 1]
        answers = sum([type(message) in _ANSWERS for message in messages])
        is_serial = member.session.capacity == 1
        each_s = (now - member.head_since) / answers if answers and is_serial else 0.0
        left = answers
        actions: Actions = []
        for message in messages:
            if not self._hears(member):
                self.late_replies += type(message) in _ANSWERS
                continue
            try:
                member.session.advance(message)
            except ProtocolError as error:
                actions += kill(member, f"broke the protocol: {error}")
                continue
            member.last_beat = now
            if isinstance(message, (Done, Failed)):
                left -= 1
                actions += self._finish(member, message, now - each_s * left)
            else:
                actions += self._take(member, message, now)
        if answers and member.may_be_worn(now, self.limits):
            # Looked at here as well as on the tick, which under load never finds a worker without a job.
            actions += self._execute(member, wear(member.signs(), now, self.limits), now)
        return actions

    def garbled(self, number: int, what: str) -> Actions:
        """The worker sent something that is not a message."""
        member = self.members[number - 1]
        return kill(member, what) if self._hears(member) else []

    def spawned(self, number: int, pid: int) -> Actions:
        """The process for this place has been started."""
        self.members[number - 1].pid = pid
        return [Note("worker_started", number, pid)]

    def unborn(self, number: int, now: float) -> Actions:
        """There will be no process for this place, by no fault of its own: it is tried again."""
        self.staffing.unborn(self.members[number - 1], now)
        return []

    def exited(self, number: int, code: int, now: float, how: str = "died") -> Actions:
        """The process is gone and everything it wrote has been received; *how* is for those who ask."""
        member = self.members[number - 1]
        reason = member.end_reason or "died"
        if member.sample.rss_bytes > NEAR_LIMIT * self.limits.memory_limit_bytes > 0:
            how += ", near its memory limit"
        return [
            Note("worker_exited", number, member.pid, reason, code),
            *self._lose(member, reason if member.phase is Phase.DYING else how, now),
            *self.staffing.replace(member, reason, now),
        ]

    # --- events: what is asked of the crew

    def restart(self, number: int, now: float, *, at_once: bool) -> Actions:
        """An operator wants this worker replaced: after its jobs, or *at_once*."""
        member = self.members[number - 1]
        return kill(member, "operator") if at_once else ask_to_go(member, "operator", now)

    def drain(self, now: float) -> Actions:
        """Ask every worker to finish and go; nothing is started any more."""
        self.staffing.is_stopping = True
        return self.staffing.send_home("shutdown", now)

    def kill_all(self) -> Actions:
        """End every worker now."""
        self.staffing.is_stopping = True
        return [action for member in self.members for action in kill(member, "shutdown")]

    # --- judging

    def _execute(self, member: Member, judged: Verdict, now: float) -> Actions:
        if judged == "fine":
            return []
        if judged in RECYCLING:
            return self._recycle(member, judged, now)
        if judged == "deadline":
            return self._overdue(member, now)
        return kill(member, judged)

    def _recycle(self, member: Member, reason: str, now: float) -> Actions:
        """One after the other, unless its limit is reached to the full: then it gets no job any more."""
        others = [m for m in self.members if m is not member and not m.is_parked]
        is_turn = all(other.is_ready() for other in others)
        if is_turn or member.jobs_done >= self.limits.max_jobs:
            return ask_to_go(member, reason, now)
        return []

    def _overdue(self, member: Member, now: float) -> Actions:
        """End what is late. Its worker is killed if it can do nothing else meanwhile."""
        late = [task_id for task_id, deadline in member.deadlines.items() if deadline <= now]
        is_stuck = member.session.capacity == 1 and member.head() in late
        actions: Actions = []
        for task_id in late:
            if not is_stuck:
                actions += ask_to_drop(member, task_id, now)
            is_blamed = is_stuck and task_id == member.head()
            outcome = Outcome("deadline", is_blamed=is_blamed, ran_s=member.ran_s(task_id, now))
            actions += self._end(member, task_id, outcome)
        return actions + kill(member, "deadline") if is_stuck else actions

    def _rescue(self, member: Member, now: float) -> Actions:
        """What stands behind a task that takes long has not begun: let another worker have it."""
        if now < member.head_since + RESCUE_AFTER_S:
            return []
        actions: Actions = []
        for task_id in member.movable():
            actions += ask_to_drop(member, task_id, now)
            actions += self._end(member, task_id, Outcome("lost", message="it had to wait"))
        return actions

    # --- what a worker said

    def _hears(self, member: Member) -> bool:
        """Tell whether what it says still counts: also while it dies, until it breaks the protocol."""
        return member.phase is not Phase.EMPTY and member.session.state is not State.ENDED

    def _take(self, member: Member, message: _News, now: float) -> Actions:
        match message:
            case Ready(pid=pid):
                member.ready(message, now)
                known = member.pid or pid  # a stranger may say anything
                return [Note("worker_ready", member.number, known), Announce(message)]
            case Beat(outdated=is_outdated):
                return self._recycle(member, "outdated", now) if is_outdated else []
            case Part(id=task_id) | Progress(id=task_id):
                member.extend(task_id, now)
                return [Report(task_id, message)] if task_id in member.tasks else []
            case Notice():
                return [Relay(message)]
            case Ask():
                return self._take_ask(member, message)

    def _take_ask(self, member: Member, ask: Ask) -> Actions:
        if member.phase is not Phase.ALIVE:
            return []  # it is being killed, and can be told nothing
        if ask.id in member.tasks and ask.id not in member.asked:
            return [Report(ask.id, ask)]
        return close_asks(member, ask.id)

    def _finish(self, member: Member, message: Done | Failed, now: float) -> list[Report]:
        task = member.tasks.get(message.id)
        ran_s = member.ran_s(message.id, now)
        reports = self._end(member, message.id, _outcome(message, ran_s))
        self.late_replies += not reports
        if task is not None and task.is_short:
            self.depth.learn(ran_s)
        member.answered(message.id, now)
        self.staffing.worked(member)
        return reports

    def _end(self, member: Member, task_id: int, outcome: Outcome) -> list[Report]:
        """Report how a task ended, unless that was done before."""
        return [] if member.drop(task_id) is None else [Report(task_id, outcome)]

    def _lose(self, member: Member, reason: str, now: float) -> list[Report]:
        """Its worker is gone: whoever was running is blamed, the others had not begun."""
        blamed = {t for t in member.tasks if member.is_blamed(t) and reason not in PLANNED}
        outcomes = {
            task_id: Outcome(
                "lost",
                message=reason,
                is_blamed=task_id in blamed,
                ran_s=member.ran_s(task_id, now),
            )
            for task_id in member.tasks
        }
        member.session.end()
        return [
            report
            for task_id, outcome in outcomes.items()
            for report in self._end(member, task_id, outcome)
        ]


def _outcome(message: Done | Failed, ran_s: float) -> Outcome:
    if isinstance(message, Done):
        return Outcome("done", result=message.result, cache_for=message.cache_for, ran_s=ran_s)
    return Outcome("failed", code=message.code, message=message.message, ran_s=ran_s)
