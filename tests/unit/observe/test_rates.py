"""Rates are differences between two looks, and nothing else."""

import math

import msgspec
import pytest
from hypothesis import given

from coordinator.observe.status import CallRate, Status, WorkerLoad, rates
from protocol.tools.admin_get_metrics import CallFigures, EventFigures
from support.statuses import figures, having, latency, queue_of, status_of, statuses, worker_of


def test_calls_are_counted_for_each_second_between_the_looks() -> None:
    def after(at_s: float, done: int, hits: int) -> Status:
        calls = [
            CallFigures(tool="t", outcome="done", latency=latency(done)),
            CallFigures(tool="t", outcome="hit", latency=latency(hits)),
        ]
        return having(status_of(at_s), calls=calls)

    changed = rates(after(100, 10, 5), after(104, 30, 5))

    assert changed is not None
    assert changed.over_s == 4
    assert changed.calls == [CallRate("t", "done", 5.0), CallRate("t", "hit", 0.0)]


def test_what_was_not_there_before_counts_from_nothing() -> None:
    calls = [CallFigures(tool="t", outcome="done", latency=latency(8))]

    changed = rates(status_of(100), having(status_of(102), calls=calls))

    assert changed is not None
    assert changed.calls == [CallRate("t", "done", 4.0)]


def test_jobs_are_counted_by_kind_when_they_are_sent() -> None:
    before = having(status_of(100), queues=[queue_of("a", latency(1)), queue_of("b", latency(9))])
    now = having(status_of(102), queues=[queue_of("a", latency(5)), queue_of("b", latency(9))])

    changed = rates(before, now)

    assert changed is not None
    assert changed.sent == {"a": 2.0, "b": 0.0}


@pytest.mark.parametrize(
    ("hits", "misses", "rate"), [(4, 2, None), (7, 2, 1.0), (5, 5, 0.25), (4, 3, 0.0)]
)
def test_the_hit_rate_is_that_of_the_time_between(
    hits: int, misses: int, rate: float | None
) -> None:
    def after(at_s: float, hits: int, misses: int) -> Status:
        status = status_of(at_s)
        cache = msgspec.structs.replace(status.metrics.cache, hits=hits, misses=misses)
        return having(status, cache=cache)

    changed = rates(after(100, 4, 2), after(101, hits, misses))

    assert changed is not None
    assert changed.hit_rate == rate


def test_a_worker_uses_what_its_cpu_time_has_grown_by() -> None:
    worker = worker_of(1, 71)
    before = having(status_of(100, worker), workers=[figures(worker, 3.0)])
    now = having(status_of(102, worker), workers=[figures(worker, 4.0)])

    changed = rates(before, now)

    assert changed is not None
    assert changed.workers == [WorkerLoad("parse", 1, 0.5)]


def test_a_new_worker_in_an_old_place_has_used_its_own_time_alone() -> None:
    old, new = worker_of(1, 71), worker_of(1, 72)
    before = having(status_of(100, old), workers=[figures(old, 3.0)])
    now = having(status_of(102, new), workers=[figures(new, 1.0)])

    changed = rates(before, now)

    assert changed is not None
    assert changed.workers == [WorkerLoad("parse", 1, 0.5)]


def test_only_events_that_have_happened_meanwhile_are_told() -> None:
    def after(at_s: float, **counts: int) -> Status:
        events = [EventFigures(kind="k", event=e, count=count) for e, count in counts.items()]
        return having(status_of(at_s), events=events)

    changed = rates(after(100, up=2, down=1), after(101, up=2, down=3, out=1))

    assert changed is not None
    assert changed.events == [
        EventFigures(kind="k", event="down", count=2),
        EventFigures(kind="k", event="out", count=1),
    ]


def test_two_looks_at_one_time_tell_nothing() -> None:
    assert rates(status_of(100), status_of(100)) is None
    assert rates(status_of(101), status_of(100)) is None


@given(statuses, statuses)
def test_no_rate_is_negative_or_no_number(before: Status, now: Status) -> None:
    """A server that has begun anew has counted less, and looks may come in any order."""
    changed = rates(before, now)

    if changed is None:
        assert now.at_s <= before.at_s
        return
    told = [changed.cpu, *(call.per_s for call in changed.calls), *changed.sent.values()]
    told += [load.cpu for load in changed.workers]
    assert all(rate >= 0 and not math.isnan(rate) for rate in told)
    assert changed.hit_rate is None or 0 <= changed.hit_rate <= 1
    assert all(event.count > 0 for event in changed.events)
    assert len(changed.calls) == len(now.metrics.calls)
    assert len(changed.workers) == len(now.metrics.workers)


@given(statuses)
def test_a_status_survives_its_encoding(status: Status) -> None:
    assert msgspec.json.decode(msgspec.json.encode(status), type=Status) == status
