"""What the dispatcher tells the queue about service, so that every tenant gets its share of it."""

from collections.abc import Iterator
from typing import Literal

import pytest

from coordinator.dispatch.backend import Outcome
from support.fakes import FakeListener
from support.fakes_dispatch import Bench
from support.fakes_time import fake_time


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fake_time() as loop:
        yield Bench(loop)


@pytest.mark.parametrize("status", ["done", "failed", "deadline", "lost"])
def test_the_queue_is_told_what_every_job_took_however_it_ended(
    bench: Bench, status: Literal["done", "failed", "deadline", "lost"]
) -> None:
    heard = bench.served()
    job_id = bench.submit(FakeListener(), tenant="a")

    bench.backend.end(job_id, Outcome(status, ran_s=0.25))

    assert heard == [("a", 0.25)]


def test_the_queue_is_told_also_of_a_job_that_was_cancelled_while_it_ran(bench: Bench) -> None:
    """Else a client that cancels everything would have its time for nothing."""
    heard = bench.served()
    job_id = bench.submit(FakeListener(), tenant="a")
    bench.dispatcher.cancel(job_id)
    assert heard == []

    bench.backend.end(job_id, Outcome("failed", code="cancelled", ran_s=0.25))

    assert heard == [("a", 0.25)]


def test_the_queue_is_told_of_every_attempt_before_it_has_the_job_back(bench: Bench) -> None:
    heard = bench.served()
    job_id = bench.submit(FakeListener(b"1"), tenant="a")
    bench.backend.end(job_id, Outcome("lost", ran_s=0.5))
    assert (heard, bench.backend.sent[-1].attempt) == ([("a", 0.5)], 2)

    bench.backend.end(job_id, Outcome("done", ran_s=0.25))

    assert heard == [("a", 0.5), ("a", 0.25)]


def test_of_a_job_that_never_ran_the_queue_hears_nothing(bench: Bench) -> None:
    heard = bench.served()
    bench.submit(FakeListener())
    waiting = bench.submit(FakeListener())
    bench.dispatcher.cancel(waiting)
    bench.submit(FakeListener())
    bench.dispatcher.close()

    assert heard == []


def test_a_tenant_gets_its_turn_before_the_second_job_of_another(bench: Bench) -> None:
    running = bench.submit(FakeListener(), tenant="a")
    bench.backend.end(running, Outcome("done", ran_s=1.0))  # so long does a job take
    ids = [bench.submit(FakeListener(), tenant=name) for name in ("a", "a", "a", "b")]
    for job_id in (ids[0], ids[3], ids[1]):
        assert list(bench.backend.running) == [job_id]
        bench.backend.end(job_id, Outcome("done", ran_s=1.0))
