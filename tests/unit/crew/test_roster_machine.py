"""The roster against a model of processes that live, hang, lie and die as they please."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Raw

from coordinator.crew.health import HealthLimits
from coordinator.crew.member import Phase
from coordinator.crew.restarts import RestartBudget, RestartPolicy
from coordinator.crew.roster import Action, Kill, Note, Report, Roster, Send, Spawn
from coordinator.dispatch.backend import Outcome, Task
from protocol.errors import ProtocolError
from protocol.worker.messages import (
    Beat,
    Cancel,
    Done,
    Failed,
    FromWorker,
    Part,
    Progress,
    Ready,
)
from protocol.worker.session import WorkerSession

SIZE = 3
NULL = Raw(b"null")
POLICY = RestartPolicy(intensity=3, period_s=4, backoff_base_s=1, backoff_max_s=2, cool_down_s=10)
LIMITS = HealthLimits(
    start_timeout_s=5, beat_timeout_s=3, ask_grace_s=1, max_jobs=3, max_rss_bytes=100
)
LONGER_THAN_ANY_LIMIT_S = 100.0


lies: st.SearchStrategy[FromWorker] = st.sampled_from([Done(999, NULL), Part(999, NULL)])


class Process:
    """One process as it is, whatever the roster believes of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.session = WorkerSession()
        self.jobs_done = 0
        self.is_killed = False
        self.is_stopped = False


class RosterMachine(RuleBasedStateMachine):
    """Carries out what the roster decides, and checks that each decision could be carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        budget = RestartBudget(POLICY, jitter=lambda _low, high: high)
        self.roster = Roster(SIZE, LIMITS, budget)
        self.processes: dict[int, Process] = {}
        self.open: dict[int, int] = {}  # task id: place
        self.deadlines: dict[int, float] = {}
        self.extensions: dict[int, float] = {}
        self.cancelled_at: dict[int, float] = {}
        self.started = 0
        self.tasks = 0
        self.is_stopping = False
        self.is_up = True
        self.is_probing = False
        self.deaths: list[float] = []
        self.proved_place: int | None = None

    # --- what the shell does

    def carry_out(self, actions: list[Action]) -> list[Action]:
        for action in actions:
            match action:
                case Spawn(number=number):
                    self.spawn(number)
                case Send(number=number, message=message):
                    process = self.processes[number]
                    assert not process.is_killed or isinstance(message, Cancel)
                    if not process.is_killed:
                        process.session.advance(message)  # raises if it may not be sent
                case Kill(number=number):
                    self.processes[number].is_killed = True
                case Report():
                    self.take_report(action)
                case Note():
                    self.take_note(action)
        return actions

    def spawn(self, number: int) -> None:
        assert number not in self.processes, "a place never has two processes"
        assert not self.is_stopping
        is_replaced_at_once = number == self.proved_place
        assert self.is_up or self.is_probing or is_replaced_at_once, "the kind is down"
        self.started += 1
        self.processes[number] = Process(self.started)
        self.carry_out(self.roster.spawned(number, self.started))

    def take_report(self, report: Report) -> None:
        assert report.task_id in self.open, "a task has one outcome and nothing after it"
        if isinstance(report.news, Outcome):
            del self.open[report.task_id]

    def take_note(self, note: Note) -> None:
        match note.event:
            case "kind_down":
                self.is_up = self.is_probing = False
                self.deaths = []
            case "kind_probed":
                self.is_probing = True
            case "kind_up":
                self.is_up, self.is_probing = True, False
                self.deaths = []
            case _:
                pass

    def say(self, number: int, message: FromWorker) -> list[Action]:
        """Let a process say something, legal or not."""
        process = self.processes[number]
        was_killed, was_legal = process.is_killed, True
        try:
            if not was_killed:
                process.session.advance(message)
        except ProtocolError:
            was_legal = False
        actions = self.carry_out(self.roster.receive(number, message, self.now))
        assert was_legal or process.is_killed, "who breaks the protocol is killed"
        assert actions == [] or not was_killed, "what a dying worker says counts for nothing"
        return actions

    def fill(self, number: int, capacity: int = 1) -> None:
        self.say(number, Ready("k", self.processes[number].pid, capacity))

    # --- what happens

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.5, 1.5]))
    def tick(self, seconds: float) -> None:
        self.now += seconds
        states = {n: "T" if p.is_stopped else "S" for n, p in self.processes.items()}
        self.carry_out(self.roster.tick(self.now, states))
        for task_id, number in self.open.items():
            is_over = self.deadlines[task_id] <= self.now
            is_ignored = self.now - self.cancelled_at.get(task_id, self.now) > LIMITS.ask_grace_s
            assert self.processes[number].is_killed or not (is_over or is_ignored)
        assert all(p.is_killed for p in self.processes.values() if p.is_stopped)

    @precondition(lambda self: self.started > 2 * SIZE)
    @rule()
    def fall_silent(self) -> None:
        """Nothing is heard of anybody for so long that nobody may live on."""
        processes = list(self.processes.values())
        self.tick(LONGER_THAN_ANY_LIMIT_S)

        assert all(process.is_killed for process in processes)

    @precondition(lambda self: self.started > 2 * SIZE)
    @rule()
    def wake_up(self) -> None:
        """It was us who were stopped, so the silence proves nothing; but deadlines are deadlines."""
        asked = [m for m in self.roster.members if m.cancelled_at or m.draining_at is not None]
        spared = set(self.processes) - {m.number for m in asked} - set(self.open.values())
        spared = {n for n in spared if not self.processes[n].is_killed}
        spared = {n for n in spared if not self.processes[n].is_stopped}
        self.now += LONGER_THAN_ANY_LIMIT_S
        self.roster.forgive(self.now)
        self.tick(0)

        assert not any(self.processes[number].is_killed for number in spared)

    @precondition(lambda self: not self.processes and not self.is_stopping)
    @rule()
    def wait_until_somebody_is_due(self) -> None:
        due = self.roster.next_start_at()
        assert due is not None
        self.now = max(self.now, due)
        self.tick(0)

        assert self.processes

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), capacity=st.sampled_from([1, 1, 2, 0]))
    def say_ready(self, data: st.DataObject, capacity: int) -> None:
        self.fill(self.draw_place(data), capacity)

    @rule()
    def all_get_ready(self) -> None:
        """What usually happens, so that runs get further than the start."""
        self.tick(0)
        for number, process in self.processes.items():
            if process.session.capacity == 0:
                self.fill(number)

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), rss=st.sampled_from([1, 1, 101]))
    def beat(self, data: st.DataObject, rss: int) -> None:
        self.say(self.draw_place(data), Beat(rss=rss))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), is_done=st.booleans())
    def answer(self, data: st.DataObject, is_done: bool) -> None:
        task_id = self.draw_task(data)
        number = self.open[task_id]
        process = self.processes[number]
        message = Done(task_id, NULL) if is_done else Failed(task_id, "c", "m")
        reported = self.say(number, message)
        if reported:
            process.jobs_done += 1
            if self.is_up:
                self.deaths = []  # proof of health

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def show_progress(self, data: st.DataObject) -> None:
        task_id = self.draw_task(data)
        is_part = data.draw(st.booleans())
        message: FromWorker = Part(task_id, NULL) if is_part else Progress(task_id, 0.5)
        if self.say(self.open[task_id], message) and self.extensions[task_id]:
            self.deadlines[task_id] = self.now + self.extensions[task_id]

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), what=st.sampled_from(["lie", "babble", "stop", "die", "die"]))
    def misbehave(self, data: st.DataObject, what: str) -> None:
        number = self.draw_place(data)
        match what:
            case "lie":
                self.say(number, data.draw(lies))
            case "babble":
                self.carry_out(self.roster.garbled(number, "garbage"))
                assert self.processes[number].is_killed
            case "stop":
                self.processes[number].is_stopped = True
            case _:
                self.exit(number, data.draw(st.sampled_from([0, 1, -9])))

    @rule()
    def reap(self) -> None:
        for number in [n for n, p in self.processes.items() if p.is_killed]:
            self.exit(number, -9)

    def exit(self, number: int, code: int) -> None:
        process = self.processes.pop(number)
        lost = {task_id for task_id, place in self.open.items() if place == number}
        goes_down = self.must_go_down(process)
        self.proved_place = number if process.jobs_done else None
        actions = self.roster.exited(number, code, self.now)
        went_down = any(isinstance(a, Note) and a.event == "kind_down" for a in actions)
        assert went_down is goes_down
        self.carry_out(actions)
        assert not lost & set(self.open), "whoever dies leaves no task without an outcome"

    def must_go_down(self, process: Process) -> bool:
        """Say what intensity and period ask for, and take the death into account."""
        if self.is_stopping or process.jobs_done:
            return False
        if not self.is_up:
            return self.is_probing
        self.deaths.append(self.now)
        recent = [death for death in self.deaths if death > self.now - POLICY.period_s]
        return len(recent) > POLICY.intensity

    # --- what is asked for

    @precondition(lambda self: self.roster.free_slots())
    @rule(lifetime=st.sampled_from([2.0, 50.0]), extension=st.sampled_from([0.0, 4.0]))
    def assign(self, lifetime: float, extension: float) -> None:
        self.tasks += 1
        task = Task(self.tasks, "k", "t", NULL, self.now + lifetime, extension_s=extension)
        (sent,) = self.roster.assign(task, self.now)
        assert isinstance(sent, Send)
        self.open[task.id] = sent.number
        self.deadlines[task.id] = task.deadline
        self.extensions[task.id] = extension
        self.carry_out([sent])

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def ask_in_vain(self, data: st.DataObject) -> None:
        """Cancel a task, and let everybody beat on while nothing comes of it."""
        self.cancel(data)
        self.tick(0.5)
        for number in [n for n, p in self.processes.items() if p.session.capacity]:
            self.say(number, Beat())
        self.tick(1)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Any task, also one that has ended, and twice if it likes."""
        task_id = data.draw(st.sampled_from([*sorted(self.open), 1, self.tasks]))
        actions = self.carry_out(self.roster.cancel(task_id, self.now))
        is_first = task_id in self.open and task_id not in self.cancelled_at
        assert actions == ([Send(self.open[task_id], Cancel(task_id))] if is_first else [])
        if is_first:
            self.cancelled_at[task_id] = self.now

    @precondition(lambda self: self.started > 3 * SIZE)  # not so soon that nothing else happens
    @rule()
    def drain(self) -> None:
        self.is_stopping = True
        self.carry_out(self.roster.drain(self.now))
        assert self.roster.free_slots() == 0

    @precondition(lambda self: self.is_stopping)
    @rule()
    def kill_all(self) -> None:
        self.carry_out(self.roster.kill_all())
        assert all(process.is_killed for process in self.processes.values())

    def teardown(self) -> None:
        """However it went, it ends: nobody lives, nothing is owed, and nothing starts again."""
        self.is_stopping = True
        self.carry_out(self.roster.kill_all())
        self.reap()
        self.tick(LONGER_THAN_ANY_LIMIT_S)

        assert not self.processes
        assert not self.open
        assert all(member.phase is Phase.EMPTY for member in self.roster.members)
        assert self.roster.is_busy() is False

    def draw_place(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.processes)))

    def draw_task(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.open)))

    # --- what always holds

    @invariant()
    def slots_add_up(self) -> None:
        alive = [process for process in self.processes.values() if not process.is_killed]
        assert self.roster.free_slots() == sum(p.session.free_slots() for p in alive)

    @invariant()
    def every_place_knows_whether_it_is_held(self) -> None:
        for member in self.roster.members:
            process = self.processes.get(member.number)
            expected = Phase.EMPTY if process is None else Phase.ALIVE
            if process is not None and process.is_killed:
                expected = Phase.DYING
            assert member.phase is expected

    @invariant()
    def every_open_task_has_one_owner(self) -> None:
        owned = [task_id for member in self.roster.members for task_id in member.tasks]
        assert sorted(owned) == sorted(self.open)

    @invariant()
    def no_place_is_forgotten(self) -> None:
        """Unless we stop: whatever is empty is due, or the kind is down and will be tried again."""
        if self.is_stopping:
            return
        if self.is_up:
            empty = [m for m in self.roster.members if m.phase is Phase.EMPTY]
            assert all(member.due_at is not None for member in empty)
        assert self.is_probing or self.is_up or self.roster.next_start_at() is not None

    @invariant()
    def only_an_empty_kind_that_waits_is_down(self) -> None:
        down = self.roster.down_for(self.now)
        may_be = not (self.processes or self.is_up or self.is_probing)
        assert (down is not None) is (may_be and not self.is_stopping) or self.is_stopping


TestRosterAgainstItsModel = RosterMachine.TestCase
TestRosterAgainstItsModel.settings = settings(max_examples=400, stateful_step_count=50)
