"""A shell round a roster: it carries out what the roster decides, and checks that it could be decided."""

from collections.abc import Sequence

from coordinator.crew.actions import Action, Actions, Kill, Note, Report, Send, Spawn
from coordinator.crew.health import RECYCLING, HealthLimits
from coordinator.crew.restarts import RestartBudget, RestartPolicy
from coordinator.crew.roster import RESCUE_AFTER_S, Roster
from coordinator.crew.staffing import PLANNED
from coordinator.dispatch.backend import Outcome, Task
from protocol.errors import ProtocolError
from protocol.worker.messages import Answer, Ask, Done, Failed, FromWorker, Part, Progress
from protocol.worker.session import State
from support.fakes_process import ModelProcess
from support.fakes_roster import NULL

POLICY = RestartPolicy(
    intensity=3, period_s=4, at_once=1, backoff_base_s=1, backoff_max_s=2, cool_down_s=10
)
MOST_ASKS = 2
LIMITS = HealthLimits(
    start_timeout_s=5,
    beat_timeout_s=3,
    ask_grace_s=1,
    max_jobs=3,
    max_rss_bytes=100,
    memory_limit_bytes=1000,
)


class RosterModel:
    """One kind, its processes, and what is owed to whom."""

    def __init__(self, size: int, least: int, depth: int) -> None:
        budget = RestartBudget(POLICY, jitter=lambda _low, high: high)
        self.roster = Roster(
            size,
            LIMITS,
            budget,
            lambda _low, high: high,
            least=least,
            depth=depth,
            most_asks=MOST_ASKS,
        )
        self.now = 1000.0
        self.depth = depth
        self.wanted = least
        self.processes: dict[int, ModelProcess] = {}
        self.tasks: dict[int, Task] = {}
        self.open: dict[int, int] = {}  # task id: place
        self.deadlines: dict[int, float] = {}
        self.asked: set[tuple[int, int]] = set()
        """What was handed on of the questions that are open: they are ours to answer."""

        self.started = 0
        self.late_replies = 0
        self.is_stopping = self.is_paused = False
        self.is_up = True
        self.probe: int | None = None
        self._deaths: list[float] = []
        self._replaced_at_once: int | None = None
        self._exiting: int | None = None
        self._doomed: set[int] = set()

    # --- what the roster decides

    def carry_out(self, actions: Sequence[Action]) -> Sequence[Action]:
        """Do what the roster decided."""
        for action in actions:
            match action:
                case Spawn(number=number):
                    self._spawn(number)
                case Send(number=number, message=message):
                    assert not self.processes[number].is_killed
                    if isinstance(message, Answer):
                        self.asked.discard((message.id, message.ask))
                    self.processes[number].hear(message, self.now)  # raises if it may not be sent
                case Report():
                    self._take_report(action)
                case Note():
                    self._take_note(action)
                case Kill(number=number):
                    assert self.processes[number].is_killed, "it is noted first"
                case _:
                    pass
        return actions

    def _spawn(self, number: int) -> None:
        assert number not in self.processes, "a place never has two processes"
        assert number <= self.wanted
        assert not self.is_stopping
        assert not self.is_paused
        assert self.is_up or number in {self.probe, self._replaced_at_once}, "the kind is down"
        self.started += 1
        self.processes[number] = ModelProcess(self.depth, self.now, MOST_ASKS)

    def _take_report(self, report: Report) -> None:
        assert report.task_id in self.open, "a task has one outcome and nothing after it"
        if isinstance(report.news, Ask):
            assert (report.task_id, report.news.ask) not in self.asked
            self.asked.add((report.task_id, report.news.ask))
        if not isinstance(report.news, Outcome):
            return
        self.asked = {ask for ask in self.asked if ask[0] != report.task_id}
        number = self.open.pop(report.task_id)
        process, task = self.processes[number], self.tasks[report.task_id]
        if report.news.status == "deadline":
            assert self.deadlines[task.id] <= self.now
            assert task.id in process.asked_at or number in self._doomed
        elif report.news.status == "lost" and number != self._exiting:
            (head,) = process.running()
            assert task.id != head
            assert task.is_short
            assert task.id in process.asked_at
            assert self.now >= process.begun_at[head] + RESCUE_AFTER_S
            assert not report.news.is_blamed

    def _take_note(self, note: Note) -> None:
        match note.event:
            case "worker_killed":
                assert note.number is not None
                self.processes[note.number].be_killed(note.reason)
            case "worker_draining":
                assert note.number is not None
                self._let_go(note.number, note.reason)
            case "kind_down":
                self.is_up, self.probe, self._deaths = False, None, []
            case "kind_probed":
                self.probe = note.number
            case "kind_up":
                self.is_up, self.probe, self._deaths = True, None, []
            case "kind_resumed":
                self.is_up, self.probe = True, None
            case _:
                pass

    def _let_go(self, number: int, reason: str) -> None:
        process = self.processes[number]
        process.asked_to_go = reason
        others = [self.processes.get(n) for n in range(1, self.wanted + 1) if n != number]
        is_turn = all(other is not None and other.is_ready() for other in others)
        if reason in RECYCLING:
            assert is_turn or process.jobs_done >= LIMITS.max_jobs, "one after the other"
        if reason == "not_needed":
            assert number > self.wanted
            assert not process.session.in_flight

    # --- what happens

    def tick(self, seconds: float) -> Sequence[Action]:
        """Let time pass, and look at everybody."""
        self.now += seconds
        samples = {number: process.sample() for number, process in self.processes.items()}
        self._doomed = self.doomed()
        dying = {number for number, process in self.processes.items() if process.is_killed}
        actions = self.carry_out(self.roster.tick(self.now, samples))
        killed = {number for number, process in self.processes.items() if process.is_killed}
        assert killed - dying == self._doomed
        for task_id, number in self.open.items():
            assert self.deadlines[task_id] > self.now or number in killed
        return actions

    def say(self, number: int, message: FromWorker) -> None:
        """Let a process say something, legal or not."""
        process = self.processes[number]
        if not process.is_born:
            process.is_born = True
            self.carry_out(self.roster.spawned(number, self.started))
        is_heard, is_legal = process.session.state is not State.ENDED, True
        try:
            process.say(message, self.now)
        except ProtocolError:
            is_legal = False
        if isinstance(message, Done | Failed):
            self.late_replies += not is_heard or (is_legal and message.id not in self.open)
            if is_legal and self.is_up and process.jobs_done == 1:
                self._deaths = []  # proof of health
        if isinstance(message, Part | Progress) and is_legal:
            task = self.tasks[message.id]
            if task.id in self.open and task.extension_s:
                self.deadlines[task.id] = self.now + task.extension_s
        self.carry_out(self.roster.receive(number, message, self.now))
        assert is_legal or process.is_killed, "who breaks the protocol is killed"

    def exit(self, number: int, code: int) -> None:
        """Let a process end."""
        process = self.processes[number]
        lost = {task_id for task_id, place in self.open.items() if place == number}
        reason = process.kill_reason or process.asked_to_go or "died"
        is_proved = process.jobs_done > 0 or (reason in PLANNED and reason != "grown")
        goes_down = self._must_go_down(number, is_proved=is_proved)
        self._replaced_at_once = number if is_proved else None
        self._exiting = number
        actions = self.roster.exited(number, code, self.now)
        reports = [action for action in actions if isinstance(action, Report)]
        self.carry_out(reports)
        del self.processes[number]
        self.carry_out([action for action in actions if not isinstance(action, Report)])
        self._exiting = self._replaced_at_once = None
        assert any(isinstance(a, Note) and a.event == "kind_down" for a in actions) is goes_down
        assert {report.task_id for report in reports} == lost
        blamed = {r.task_id for r in reports if isinstance(r.news, Outcome) and r.news.is_blamed}
        assert blamed == process.blamed(PLANNED) & lost

    def unborn(self, number: int) -> None:
        """A process is not to be, or was killed before it was."""
        if self.processes[number].is_killed:
            self.exit(number, -9)
        else:
            del self.processes[number]
            self.carry_out(self.roster.unborn(number, self.now))

    def _must_go_down(self, number: int, *, is_proved: bool) -> bool:
        """Say what intensity and period ask for, and take the death into account."""
        if self.is_stopping or self.is_paused or number > self.wanted or is_proved:
            return False
        if not self.is_up:
            return self.probe is not None
        self._deaths.append(self.now)
        recent = [death for death in self._deaths if death > self.now - POLICY.period_s]
        return len(recent) > POLICY.intensity

    # --- what is asked for

    def assign(self, lifetime_s: float, extension_s: float, *, is_short: bool) -> None:
        """Give a new task to a worker; one must be free."""
        deadline = self.now + lifetime_s
        task_id = len(self.tasks) + 1
        task = Task(task_id, "k", "t", NULL, deadline, extension_s=extension_s, is_short=is_short)
        (sent,) = self.roster.assign(task, self.now)
        assert isinstance(sent, Send)
        self.tasks[task_id] = task
        self.open[task_id] = sent.number
        self.deadlines[task_id] = task.deadline
        self.carry_out([sent])
        process = self.processes[sent.number]
        assert process.jobs_done + len(process.session.in_flight) <= LIMITS.max_jobs

    def cancel(self, task_id: int) -> Actions:
        """Cancel a task, whatever has become of it."""
        actions = self.roster.cancel(task_id, self.now)
        self.carry_out(actions)
        return actions

    def answer(self, task_id: int, number: int) -> Actions:
        """Answer a question, whatever has become of it."""
        actions = self.roster.answer(task_id, Answer(task_id, number))
        self.carry_out(actions)
        return actions

    def want(self, count: int) -> None:
        """Scale the kind; one that is down does not shrink."""
        self.wanted = count if self.is_up else max(count, self.wanted)
        self.carry_out(self.roster.staffing.want(count, self.now))
        assert self.roster.staffing.wanted == self.wanted

    # --- questions

    def in_flight(self) -> list[int]:
        """Return the places of those who have something to answer, and are heard if they do."""
        return [
            number
            for number, process in sorted(self.processes.items())
            if process.session.in_flight and process.session.state is not State.ENDED
        ]

    def doomed(self) -> set[int]:
        """Return who lives and may not live on."""
        alive = {n: process for n, process in self.processes.items() if not process.is_killed}
        return {
            number
            for number, process in alive.items()
            if process.is_to_be_killed(self.now, LIMITS) or self._is_stuck(process)
        }

    def _is_stuck(self, process: ModelProcess) -> bool:
        """Tell whether it runs what is late, and can do nothing else meanwhile."""
        running = process.running() if process.session.capacity == 1 else []
        return any(t in self.open and self.deadlines[t] <= self.now for t in running)
