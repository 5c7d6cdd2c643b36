"""Every job ends once, whatever becomes of the workers, the callers and the server."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.queue import RANKS
from protocol.errors import CallRefused
from protocol.tools.contract import Priority
from support.fakes import FakeListener
from support.fakes_dispatch import KINDS, SIZE, TIMEOUT_S, Bench
from support.fakes_time import fake_time


class DispatcherMachine(RuleBasedStateMachine):
    """Do anything in any order; the backend checks its side, and here every job is followed."""

    def __init__(self) -> None:
        super().__init__()
        self.time = fake_time()
        self.loop = self.time.__enter__()
        self.bench = Bench(self.loop, slots=2)
        self.backend = self.bench.backend
        self.listeners: dict[int, FakeListener] = {}
        self.cancelled: dict[int, int] = {}
        self.is_closed = False

    def teardown(self) -> None:
        """After the last deadline nothing is owed to anybody."""
        try:
            self.backend.down = None
            for _ in range(3):  # a lost job may come back once
                for task_id in list(self.backend.running):
                    self.backend.done(task_id)
            self.loop.advance(2 * TIMEOUT_S)
            for job_id, listener in self.listeners.items():
                assert listener.has_ended() is (job_id not in self.cancelled)
            assert self.bench.dispatcher.is_quiet()
        finally:
            self.time.__exit__(None, None, None)

    @rule(
        priority=st.sampled_from(list(RANKS)),
        kind=st.sampled_from(KINDS),
        can_retry=st.booleans(),
    )
    def submit(self, priority: Priority, kind: str, can_retry: bool) -> None:
        listener = FakeListener(*([b"1"] if can_retry else []))
        is_full = len(self.bench.dispatcher.queues[kind]) >= SIZE
        must_refuse = is_full or self.is_closed or self.backend.down is not None
        try:
            job_id = self.bench.submit(listener, priority=priority, kind=kind)
        except CallRefused:
            assert must_refuse
            assert not listener.ends
        else:
            assert not must_refuse
            self.listeners[job_id] = listener

    @precondition(lambda self: self.backend.running)
    @rule(data=st.data(), how=st.sampled_from(["done", "done", "failed", "deadline", "lost"]))
    def end(self, data: st.DataObject, how: str) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.backend.running)))
        if how == "lost":
            self.backend.lose(task_id)
        else:
            status = {"done": "done", "failed": "failed"}.get(how, "deadline")
            self.backend.end(task_id, Outcome(status))  # type: ignore[arg-type]  # one of three
        self.loop.advance(0.1)  # what was lost too late is ended by the next sweep

    @precondition(lambda self: self.backend.running)
    @rule(data=st.data())
    def part(self, data: st.DataObject) -> None:
        self.backend.part(data.draw(st.sampled_from(sorted(self.backend.running))), b"1")

    @precondition(lambda self: self.listeners)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.listeners)))
        if not self.listeners[job_id].has_ended():
            self.cancelled.setdefault(job_id, heard(self.listeners[job_id]))
        self.bench.dispatcher.cancel(job_id)

    @rule(seconds=st.sampled_from([1.0, 10.0, TIMEOUT_S]))
    def pass_time(self, seconds: float) -> None:
        self.loop.advance(seconds)

    @precondition(lambda self: self.backend.sent)
    @rule()
    def go_down(self) -> None:
        self.backend.go_down(5.0, KINDS)
        assert not any(self.bench.dispatcher.queues.values())

    @rule()
    def come_up(self) -> None:
        self.backend.down = None

    @precondition(lambda self: len(self.listeners) > 8)
    @rule()
    def close(self) -> None:
        self.bench.dispatcher.close()
        self.is_closed = True

    @invariant()
    def nobody_hears_of_two_ends(self) -> None:
        for job_id, listener in self.listeners.items():
            assert len(listener.ends) <= 1
            assert len(listener.lost) <= 2
            if job_id in self.cancelled:
                assert heard(listener) == self.cancelled[job_id]

    @invariant()
    def nothing_waits_while_there_is_room(self) -> None:
        if self.backend.down is None:
            for kind, queue in self.bench.dispatcher.queues.items():
                assert not queue or self.backend.slots(kind) == 0


def heard(listener: FakeListener) -> int:
    """Count all that *listener* has been told."""
    return sum(
        len(news) for news in (listener.parts, listener.progress, listener.lost, listener.ends)
    )


TestDispatcherAgainstItsRules = DispatcherMachine.TestCase
TestDispatcherAgainstItsRules.settings = settings(max_examples=200, stateful_step_count=50)
