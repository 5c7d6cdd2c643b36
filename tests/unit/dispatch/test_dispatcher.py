"""Every job ends once, in order of priority, whatever becomes of the workers."""

from collections.abc import Iterator
from unittest import mock

import pytest
from msgspec import Raw

from coordinator.dispatch.backend import Outcome, Refusal
from protocol.errors import CallRefused
from support.fakes import FakeListener
from support.fakes_dispatch import KINDS, SIZE, TIMEOUT_S, Bench
from support.fakes_time import fake_time


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fake_time() as loop:
        yield Bench(loop)


def test_a_job_goes_to_a_free_slot_at_once(bench: Bench) -> None:
    listener = FakeListener()

    job_id = bench.submit(listener, arguments=Raw(b'{"a":1}'))

    (task,) = bench.backend.sent
    assert (task.id, task.tool, bytes(task.arguments), task.attempt) == (job_id, "t", b'{"a":1}', 1)
    assert task.deadline == bench.loop.now + TIMEOUT_S
    assert not task.is_short
    assert bench.waits == [("parse", 0.0)]
    assert bench.backend.demands == []


def test_the_backend_is_told_that_a_job_is_short(bench: Bench) -> None:
    bench.submit(FakeListener(), is_short=True)

    assert bench.backend.sent[0].is_short


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
    bench.backend.refuse(7.0)

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


def test_the_backend_is_told_how_many_wait_as_long_as_any_do(bench: Bench) -> None:
    first = bench.submit(FakeListener())
    assert bench.backend.demands == []
    second = bench.submit(FakeListener())
    bench.submit(FakeListener())
    bench.backend.done(first)
    bench.backend.done(second)

    assert bench.backend.demands == [("parse", 1), ("parse", 2), ("parse", 1)]


def test_slots_are_asked_for_anew_after_every_job(bench: Bench) -> None:
    """A short job may leave room behind it, and a long one takes that away."""
    bench.backend.size = 0
    for _ in range(3):
        bench.submit(FakeListener())
    with (
        mock.patch.object(bench.backend, "slots", side_effect=[3, 1, 0]),
        mock.patch.object(bench.backend, "send", bench.backend.sent.append),
    ):
        bench.dispatcher.on_capacity("parse")

    assert len(bench.backend.sent) == 2


@pytest.mark.parametrize("is_blamed", [True, False])
def test_whoever_wanted_a_lost_job_hears_whether_it_is_blamed(
    bench: Bench, *, is_blamed: bool
) -> None:
    listener = FakeListener()

    bench.backend.lose(bench.submit(listener), "SIGSEGV", is_blamed=is_blamed)

    assert (listener.lost, listener.blames) == (["SIGSEGV"], [is_blamed])


def test_a_job_that_is_lost_after_the_close_is_told_that_we_shut_down(bench: Bench) -> None:
    """Whether it might be run again does not matter any more."""
    listener = FakeListener(b"1")
    job_id = bench.submit(listener)
    bench.dispatcher.close()

    bench.backend.lose(job_id)

    assert listener.lost == []
    assert [(end.status, end.code) for end in listener.ends] == [("failed", "shutting_down")]
    assert bench.dispatcher.is_quiet()


def test_a_kind_without_an_end_of_its_refusal_says_no_time(bench: Bench) -> None:
    bench.backend.down = Refusal("The parse workers have been drained by an operator.", None)

    with pytest.raises(CallRefused, match="drained by an operator") as refusal:
        bench.submit(FakeListener())

    assert (refusal.value.code, refusal.value.retry_after) == ("kind_down", None)


def test_who_waits_for_a_kind_that_refuses_is_told_why(bench: Bench) -> None:
    waiting = FakeListener()
    bench.submit(FakeListener())
    bench.submit(waiting)
    bench.backend.down = Refusal("They have been drained.", None)

    bench.dispatcher.on_capacity("parse")

    (end,) = waiting.ends
    assert (end.status, end.code, end.message) == ("failed", "kind_down", "They have been drained.")


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

    def on_lost(self, reason: str, *, is_blamed: bool) -> Raw | None:
        raise ValueError(reason, is_blamed)


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
