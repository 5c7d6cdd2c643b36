"""Every job ends once, in order of priority, whatever becomes of the workers."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Raw

from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import Dispatcher, JobSpec
from coordinator.dispatch.queue import RANKS, JobQueue
from protocol.errors import CallRefused
from protocol.tools.contract import Priority
from support.fakes import FakeBackend, FakeListener
from support.fakes_time import FakeLoop, fake_time

KINDS = ("parse", "scan")
SIZE = 4
TIMEOUT_S = 30.0


class Bench:
    """A dispatcher between a fake backend and fake listeners, in fake time."""

    def __init__(self, loop: FakeLoop, slots: int = 1) -> None:
        self.loop = loop
        self.backend = FakeBackend(slots)
        self.waits: list[tuple[str, float]] = []
        self.dispatcher = Dispatcher(
            self.backend,
            KINDS,
            lambda: JobQueue(SIZE, 1.0),
            lambda kind, seconds: self.waits.append((kind, seconds)),
        )
        self.backend.attach(self.dispatcher)

    def submit(
        self,
        listener: FakeListener,
        *,
        priority: Priority = "normal",
        kind: str = "parse",
        arguments: bytes = b"{}",
        extension_s: float = 0,
    ) -> int:
        spec = JobSpec(
            kind=kind,
            tool="t",
            arguments=Raw(arguments),
            priority=priority,
            timeout_s=TIMEOUT_S,
            extension_s=extension_s,
        )
        return self.dispatcher.submit(spec, listener)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fake_time() as loop:
        yield Bench(loop)


def test_a_job_goes_to_a_free_slot_at_once(bench: Bench) -> None:
    listener = FakeListener()

    job_id = bench.submit(listener, arguments=b'{"a":1}')

    (task,) = bench.backend.sent
    assert (task.id, task.tool, bytes(task.arguments), task.attempt) == (job_id, "t", b'{"a":1}', 1)
    assert task.deadline == bench.loop.now + TIMEOUT_S
    assert bench.waits == [("parse", 0.0)]


def test_what_a_worker_reports_reaches_whoever_wanted_the_job(bench: Bench) -> None:
    listener = FakeListener()
    job_id = bench.submit(listener)

    bench.backend.part(job_id, b"1")
    bench.backend.progress(job_id, 0.5)
    bench.backend.done(job_id, b"2")

    assert listener.parts == [b"1"]
    assert listener.progress == [0.5]
    assert listener.ends == [Outcome("done", result=Raw(b"2"))]
    assert bench.dispatcher.is_quiet()


def test_waiting_jobs_are_sent_in_order_of_priority(bench: Bench) -> None:
    first = bench.submit(FakeListener())
    low = bench.submit(FakeListener(), priority="low")
    normal = bench.submit(FakeListener())
    high = bench.submit(FakeListener(), priority="high")

    for job_id in (first, high, normal, low):
        assert list(bench.backend.running) == [job_id]
        bench.backend.done(job_id)


def test_kinds_do_not_wait_for_each_other(bench: Bench) -> None:
    bench.submit(FakeListener(), kind="parse")
    other = bench.submit(FakeListener(), kind="scan")

    assert other in bench.backend.running


def test_a_full_queue_refuses_the_next_job(bench: Bench) -> None:
    for _ in range(1 + SIZE):
        bench.submit(FakeListener())

    with pytest.raises(CallRefused) as refusal:
        bench.submit(FakeListener())

    assert refusal.value.code == "queue_full"
    assert refusal.value.retry_after is not None


def test_a_kind_that_is_down_refuses_and_says_for_how_long(bench: Bench) -> None:
    bench.backend.down = 7.0

    with pytest.raises(CallRefused, match="in 7 s") as refusal:
        bench.submit(FakeListener())

    assert (refusal.value.code, refusal.value.retry_after) == ("kind_down", 7.0)


def test_jobs_that_wait_for_a_kind_that_goes_down_are_told(bench: Bench) -> None:
    running, waiting = FakeListener(), FakeListener()
    bench.submit(running)
    bench.submit(waiting)

    bench.backend.go_down(7.0, KINDS)

    assert running.lost == ["died"]
    assert [(end.status, end.code) for end in waiting.ends] == [("failed", "kind_down")]


def test_a_closed_dispatcher_refuses_and_ends_what_waits(bench: Bench) -> None:
    running, waiting = FakeListener(), FakeListener()
    job_id = bench.submit(running)
    bench.submit(waiting)

    bench.dispatcher.close()

    assert [end.code for end in waiting.ends] == ["shutting_down"]
    with pytest.raises(CallRefused) as refusal:
        bench.submit(FakeListener())
    assert refusal.value.code == "shutting_down"
    bench.backend.done(job_id)
    assert [end.status for end in running.ends] == ["done"]


def test_a_cancelled_job_that_waits_is_never_sent(bench: Bench) -> None:
    listener = FakeListener()
    first = bench.submit(FakeListener())
    waiting = bench.submit(listener)

    bench.dispatcher.cancel(waiting)
    bench.backend.done(first)

    assert len(bench.backend.sent) == 1
    assert bench.backend.cancelled == []
    assert listener.ends == []


def test_of_a_cancelled_job_that_runs_nothing_is_heard_any_more(bench: Bench) -> None:
    listener = FakeListener()
    job_id = bench.submit(listener)

    bench.dispatcher.cancel(job_id)
    bench.dispatcher.cancel(job_id)
    bench.backend.part(job_id, b"1")
    bench.backend.progress(job_id, 1)
    bench.backend.lose(job_id)

    assert bench.backend.cancelled == [job_id]
    assert (listener.parts, listener.progress, listener.lost, listener.ends) == ([], [], [], [])


def test_a_lost_job_is_run_again_with_what_is_left_of_it_before_others(bench: Bench) -> None:
    listener = FakeListener(b'"the rest"')
    job_id = bench.submit(listener)
    bench.submit(FakeListener())

    bench.backend.lose(job_id, "deadline")

    assert listener.lost == ["deadline"]
    assert (bench.backend.sent[-1].id, bench.backend.sent[-1].attempt) == (job_id, 2)
    assert bytes(bench.backend.sent[-1].arguments) == b'"the rest"'
    bench.backend.done(job_id)
    assert [end.status for end in listener.ends] == ["done"]


def test_a_lost_job_that_is_let_be_ends_there(bench: Bench) -> None:
    listener = FakeListener()
    job_id = bench.submit(listener)

    bench.backend.lose(job_id)

    assert listener.lost == ["died"]
    assert listener.ends == []
    assert bench.dispatcher.is_quiet()


def test_a_job_that_comes_along_has_its_deadline_from_part_to_part(bench: Bench) -> None:
    bench.submit(FakeListener(), extension_s=2.0)

    (task,) = bench.backend.sent
    assert (task.deadline, task.extension_s) == (bench.loop.now + 2.0, 2.0)


def test_a_job_that_waits_for_too_long_is_told(bench: Bench) -> None:
    listener = FakeListener()
    bench.submit(FakeListener())
    bench.submit(listener)

    bench.loop.advance(TIMEOUT_S - 0.1)
    assert listener.ends == []
    bench.loop.advance(0.2)

    assert listener.ends == [Outcome("deadline", message="while waiting in the queue")]
    assert bench.loop.pending() == 0, "nobody waits, and nothing ticks"


def test_the_wait_in_the_queue_is_measured(bench: Bench) -> None:
    first = bench.submit(FakeListener())
    bench.submit(FakeListener())
    bench.loop.advance(3)

    bench.backend.done(first)

    assert bench.waits == [("parse", 0.0), ("parse", 3.0)]


class BuggyListener(FakeListener):
    """Fails whenever it is told a piece or a loss."""

    def on_part(self, result: Raw) -> None:
        raise ValueError(bytes(result))

    def on_lost(self, reason: str) -> Raw | None:
        raise ValueError(reason)


def test_a_bug_in_a_listener_ends_its_own_job_alone(bench: Bench) -> None:
    buggy, other = BuggyListener(), FakeListener()
    job_id = bench.submit(buggy)
    other_id = bench.submit(other)

    bench.backend.part(job_id, b"1")
    bench.backend.done(job_id)
    bench.backend.done(other_id)

    assert [str(bug) for bug in bench.loop.bugs] == ["b'1'"]
    assert bench.backend.cancelled == [job_id]
    assert [end.code for end in buggy.ends] == ["internal"]
    assert [end.status for end in other.ends] == ["done"]


def test_a_bug_in_what_a_listener_does_about_a_loss_ends_its_job(bench: Bench) -> None:
    buggy = BuggyListener()

    bench.backend.lose(bench.submit(buggy))

    assert [end.code for end in buggy.ends] == ["internal"]
    assert bench.dispatcher.is_quiet()


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
