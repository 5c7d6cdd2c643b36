"""The roster against a model of processes that live, hang, lie and die as they please."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from coordinator.crew.actions import Send
from coordinator.crew.member import Phase
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Cancel,
    Done,
    Failed,
    FromWorker,
    Part,
    Progress,
    Ready,
)
from protocol.worker.session import State
from support.fakes_process import ModelProcess
from support.fakes_roster import NULL
from support.fakes_roster_model import LIMITS, RosterModel

SIZE = 3
LONGER_THAN_ANY_LIMIT_S = 100.0

lies: st.SearchStrategy[FromWorker] = st.sampled_from([Done(999, NULL), Part(999, NULL)])


def owed(process: ModelProcess, task_id: int) -> list[int]:
    """Return the questions of a task to which its process still waits for an answer."""
    return [] if process.is_killed else process.session.open_asks(task_id)


class RosterMachine(RuleBasedStateMachine):
    """Lets anything happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.model = RosterModel(SIZE, SIZE, 1)

    @initialize(depth=st.integers(1, 3), least=st.integers(1, SIZE))
    def begin(self, depth: int, least: int) -> None:
        """Everybody is there, and has shown how short a short task is."""
        self.model = RosterModel(SIZE, least, depth)
        self.all_get_ready()
        self.model.assign(50.0, 0.0, is_short=True)
        self.all_answer()

    @property
    def processes(self) -> dict[int, ModelProcess]:
        return self.model.processes

    def has_lived(self, generations: int) -> bool:
        """Tell whether enough has happened for what would be the end of it."""
        return self.model.started > generations * SIZE

    # --- time

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.02, 0.5, 1.5]))
    def pass_time(self, seconds: float) -> None:
        self.model.tick(seconds)

    @rule(part=st.sampled_from([0.1, 0.5, 0.99]))
    def wait_until_something_is_due(self, part: float) -> None:
        """A look is never asked for too early, and never too late."""
        model = self.model
        model.tick(0)
        due = model.roster.next_look_at()
        if due is None:
            assert model.tick(LONGER_THAN_ANY_LIMIT_S) == []
            return
        assert due > model.now
        if (early := model.now + (due - model.now) * part) < due:
            model.now = early
            assert model.tick(0) == []
        model.now = due
        assert model.tick(0) != []

    @precondition(lambda self: self.has_lived(2))
    @rule()
    def wake_up(self) -> None:
        """It was us who were stopped, so the silence proves nothing; but deadlines are deadlines."""
        model = self.model
        model.now += LONGER_THAN_ANY_LIMIT_S
        model.roster.forgive(model.now)
        for process in self.processes.values():
            process.heard_at = model.now
        model.tick(0)  # which kills whom it must, and nobody else

    # --- what processes do

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), capacity=st.sampled_from([1, 1, 2, 0]))
    def say_ready(self, data: st.DataObject, capacity: int) -> None:
        self.model.say(self.draw_place(data), Ready("k", 7, capacity))

    @rule()
    def all_get_ready(self) -> None:
        """What usually happens, so that runs get further than the start."""
        self.model.tick(0)
        for number, process in list(self.processes.items()):
            if process.session.capacity == 0:
                self.model.say(number, Ready("k", 7))

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), rss=st.sampled_from([1, 1, 101, 1001]))
    def beat(self, data: st.DataObject, rss: int) -> None:
        number = self.draw_place(data)
        self.processes[number].rss_bytes = rss
        self.model.say(number, Beat(rss=rss))

    @precondition(lambda self: self.model.in_flight())
    @rule(data=st.data(), is_done=st.booleans(), in_turn=st.sampled_from([True, True, False]))
    def answer(self, data: st.DataObject, is_done: bool, in_turn: bool) -> None:
        """One that it runs, or any that it has: also abandoned ones, also while it is killed."""
        number = data.draw(st.sampled_from(self.model.in_flight()))
        process = self.processes[number]
        task_ids = process.running() if in_turn else list(process.session.in_flight)
        task_id = data.draw(st.sampled_from(task_ids))
        self.model.say(number, Done(task_id, NULL) if is_done else Failed(task_id, "c", "m"))

    @precondition(lambda self: self.model.in_flight())
    @rule()
    def all_answer(self) -> None:
        """Again and again, so that workers wear out."""
        for number in self.model.in_flight():
            self.model.say(number, Done(self.processes[number].running()[0], NULL))

    @precondition(lambda self: self.model.in_flight())
    @rule(data=st.data(), is_part=st.booleans())
    def show_progress(self, data: st.DataObject, is_part: bool) -> None:
        number = data.draw(st.sampled_from(self.model.in_flight()))
        task_id = data.draw(st.sampled_from(self.processes[number].running()))
        self.model.say(number, Part(task_id, NULL) if is_part else Progress(task_id, 0.5))

    @precondition(lambda self: self.model.in_flight())
    @rule(data=st.data(), ask=st.sampled_from([1, 1, 2, 2, 3]))
    def ask(self, data: st.DataObject, ask: int) -> None:
        """Of a job that it runs; perhaps one question too many, or one that is open already."""
        number = data.draw(st.sampled_from(self.model.in_flight()))
        task_id = data.draw(st.sampled_from(self.processes[number].running()))
        self.model.say(number, Ask(task_id, ask, "t", NULL))

    @precondition(lambda self: self.model.in_flight())
    @rule(ask=st.sampled_from([1, 2]), again=st.booleans())
    def ask_and_be_cancelled(self, ask: int, again: bool) -> None:
        """All that run ask what they may; nobody waits for them any more; and they ask once more."""
        model = self.model
        for number in model.in_flight():
            process = self.processes[number]
            for task_id in process.running():
                if process.is_killed or process.session.open_asks(task_id):
                    continue
                model.say(number, Ask(task_id, ask, "t", NULL))
                model.cancel(task_id)
                assert not owed(process, task_id)
                if again:
                    model.say(number, Ask(task_id, ask, "t", NULL))
                    assert not owed(process, task_id)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data(), ask=st.sampled_from([1, 2]))
    def answer_a_question(self, data: st.DataObject, ask: int) -> None:
        """One that is open, or any other."""
        tasks = [task_id for task_id, _ in sorted(self.model.asked)] or sorted(self.model.tasks)
        task_id = data.draw(st.sampled_from(tasks))
        number = self.model.open.get(task_id, 0)
        owner = self.processes.get(number)
        is_heard = owner is not None and not owner.is_killed
        is_owed = is_heard and (task_id, ask) in self.model.asked

        expected = [Send(number, Answer(task_id, ask))] if is_owed else []
        assert self.model.answer(task_id, ask) == expected

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), what=st.sampled_from(["lie", "babble", "stop", "die", "die"]))
    def misbehave(self, data: st.DataObject, what: str) -> None:
        number = self.draw_place(data)
        process = self.processes[number]
        match what:
            case "lie":
                self.model.say(number, data.draw(lies))
            case "babble":
                self.model.carry_out(self.model.roster.garbled(number, "garbage"))
                assert process.is_killed
            case "stop":
                process.is_stopped = True
            case _:
                self.model.exit(number, data.draw(st.sampled_from([0, 1, -9])))

    @precondition(lambda self: any(not p.is_born for p in self.processes.values()))
    @rule(data=st.data())
    def be_unborn(self, data: st.DataObject) -> None:
        unborn = sorted(n for n, process in self.processes.items() if not process.is_born)
        self.model.unborn(data.draw(st.sampled_from(unborn)))

    @rule()
    def reap(self) -> None:
        for number in [n for n, p in self.processes.items() if p.is_killed]:
            self.model.exit(number, -9)

    # --- what is asked for

    @precondition(lambda self: self.model.roster.free_slots())
    @rule(
        lifetime=st.sampled_from([2.0, 50.0]),
        extension=st.sampled_from([0.0, 4.0]),
        is_short=st.booleans(),
    )
    def assign(self, lifetime: float, extension: float, is_short: bool) -> None:
        self.model.assign(lifetime, extension, is_short=is_short)

    @precondition(lambda self: self.model.roster.free_slots())
    @rule()
    def fill_up(self) -> None:
        while self.model.roster.free_slots():
            self.model.assign(50.0, 0.0, is_short=True)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Any task, also one that has ended, and twice if it likes."""
        self.cancel_any(data)

    def cancel_any(self, data: st.DataObject) -> None:
        model = self.model
        task_id = data.draw(st.sampled_from([*sorted(model.open), 1, len(model.tasks)]))
        number = model.open.get(task_id, 0)
        owner = self.processes.get(number)
        is_first = owner is not None and not owner.is_killed and task_id not in owner.asked_at

        open_asks = owner.session.open_asks(task_id) if is_first and owner is not None else []

        actions = model.cancel(task_id)

        assert actions[:1] == ([Send(number, Cancel(task_id))] if is_first else [])
        answers = [action.message for action in actions[1:] if isinstance(action, Send)]
        told = [(one.ask, one.code) for one in answers if isinstance(one, Answer)]
        assert told == [(ask, "cancelled") for ask in open_asks]
        assert len(actions) == is_first + len(open_asks)

    @precondition(lambda self: self.model.open)
    @rule(data=st.data())
    def ask_in_vain(self, data: st.DataObject) -> None:
        """Cancel a task, and let everybody beat on while nothing comes of it."""
        self.cancel_any(data)
        self.model.tick(0.5)
        for number in [n for n, p in self.processes.items() if p.session.capacity]:
            self.model.say(number, Beat())
        self.model.tick(1)

    @rule(count=st.integers(1, SIZE))
    def want(self, count: int) -> None:
        self.model.want(count)

    @rule(is_paused=st.booleans())
    def pause_or_resume(self, is_paused: bool) -> None:
        model = self.model
        model.is_paused = is_paused
        staffing = model.roster.staffing
        model.carry_out(staffing.pause(model.now) if is_paused else staffing.resume(model.now))
        assert not is_paused or model.roster.free_slots() == 0

    @rule(number=st.integers(1, SIZE), at_once=st.booleans())
    def restart(self, number: int, at_once: bool) -> None:
        self.model.carry_out(self.model.roster.restart(number, self.model.now, at_once=at_once))
        process = self.processes.get(number)
        if process is not None and not process.is_killed:
            assert process.session.state is State.DRAINING

    @precondition(lambda self: self.has_lived(3))
    @rule()
    def drain(self) -> None:
        self.model.is_stopping = True
        self.model.carry_out(self.model.roster.drain(self.model.now))
        assert self.model.roster.free_slots() == 0

    @precondition(lambda self: self.model.is_stopping)
    @rule()
    def kill_all(self) -> None:
        self.model.carry_out(self.model.roster.kill_all())
        assert all(process.is_killed for process in self.processes.values())

    def teardown(self) -> None:
        """However it went, it ends: nobody lives, nothing is owed, and nothing starts again."""
        roster = self.model.roster
        self.model.is_stopping = True
        self.model.carry_out(roster.kill_all())
        self.reap()
        self.model.tick(LONGER_THAN_ANY_LIMIT_S)

        assert not self.processes
        assert not self.model.open
        assert all(member.phase is Phase.EMPTY for member in roster.members)
        assert roster.is_busy() is False
        assert roster.next_look_at() is None

    def draw_place(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.processes)))

    # --- what always holds

    @invariant()
    def slots_add_up(self) -> None:
        wanted = [p for n, p in self.processes.items() if n <= self.model.wanted]
        short = {t for t in self.model.open if self.model.tasks[t].is_short}
        least = sum(process.least_slots(LIMITS.max_jobs) for process in wanted)
        most = sum(p.most_slots(self.model.depth, LIMITS.max_jobs, short) for p in wanted)
        assert least <= self.model.roster.free_slots() <= most

    @invariant()
    def every_place_knows_whether_it_is_held(self) -> None:
        for member in self.model.roster.members:
            process = self.processes.get(member.number)
            expected = Phase.EMPTY if process is None else Phase.ALIVE
            if process is not None and process.is_killed:
                expected = Phase.DYING
            assert member.phase is expected

    @invariant()
    def nobody_stays_who_may_do_no_more(self) -> None:
        assert not any(
            p.is_ready() and p.jobs_done >= LIMITS.max_jobs for p in self.processes.values()
        )

    @invariant()
    def every_open_task_has_one_owner(self) -> None:
        owned = [task_id for member in self.model.roster.members for task_id in member.tasks]
        assert sorted(owned) == sorted(self.model.open)

    @invariant()
    def every_open_question_is_ours_to_answer(self) -> None:
        """Unless its worker is as good as gone: no question of a job that lives is forgotten."""
        waiting = {
            (task_id, ask)
            for process in self.processes.values()
            if not process.is_killed
            for task_id, asks in process.session.asks.items()
            for ask in asks
        }
        killed = {task for task, n in self.model.open.items() if self.processes[n].is_killed}
        assert waiting == {ask for ask in self.model.asked if ask[0] not in killed}

    @invariant()
    def every_late_reply_is_counted(self) -> None:
        assert self.model.roster.late_replies == self.model.late_replies

    @invariant()
    def no_place_is_forgotten(self) -> None:
        """Unless we stop: whatever is empty is due, or the kind is down and will be tried again."""
        model = self.model
        if model.is_stopping or model.is_paused:
            return
        if model.is_up:
            wanted = model.roster.members[: model.wanted]
            empty = [member for member in wanted if member.phase is Phase.EMPTY]
            assert all(member.due_at is not None for member in empty)
        elif model.probe is None:
            assert model.roster.next_look_at() is not None

    @invariant()
    def only_an_empty_kind_that_waits_is_down(self) -> None:
        down = self.model.roster.staffing.down_for(self.model.now)
        may_be = not (self.processes or self.model.is_up or self.model.probe)
        assert (down is not None) is may_be


TestRosterAgainstItsModel = RosterMachine.TestCase
TestRosterAgainstItsModel.settings = settings(max_examples=400, stateful_step_count=50)
