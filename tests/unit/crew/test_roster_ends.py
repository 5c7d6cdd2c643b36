"""Tasks that are not answered in time: those past their deadlines, cancelled, or behind what takes long."""

from coordinator.crew.actions import Kill, Note, Report, Send
from coordinator.crew.health import SHARED_GRACE_S, HealthLimits, Sample
from coordinator.crew.roster import RESCUE_AFTER_S
from coordinator.dispatch.backend import Outcome
from protocol.worker.messages import Cancel, Failed
from support.fakes_roster import (
    answer,
    events,
    give,
    known_as_short,
    only,
    started,
    statuses,
    task,
)

LIMITS = HealthLimits(beat_timeout_s=1000.0)
"""For what takes long, without anybody beating."""


# --- deadlines


def test_a_task_past_its_deadline_ends_at_once_and_its_worker_dies() -> None:
    roster = started()
    roster.assign(task(deadline=2.0), 0)

    actions = roster.tick(2.0, {})

    assert actions == [
        Report(1, Outcome("deadline", is_blamed=True, ran_s=2.0)),
        Note("worker_killed", 1, 0, "deadline"),
        Kill(1),
    ]
    assert statuses(roster.exited(1, -9, 2.1)) == {}


def test_a_deadline_behind_another_task_ends_that_task_and_not_the_worker() -> None:
    roster = known_as_short()
    roster.assign(task(1, is_short=True), 0)
    roster.assign(task(2, deadline=0.01, is_short=True), 0)

    actions = roster.tick(0.01, {})

    assert actions == [Send(1, Cancel(2)), Report(2, Outcome("deadline"))]


def test_a_deadline_among_several_running_tasks_ends_that_task_and_not_the_worker() -> None:
    roster = started(capacity=2)
    roster.assign(task(1), 0)
    roster.assign(task(2, deadline=2.0), 1)

    assert roster.tick(2.0, {}) == [Send(1, Cancel(2)), Report(2, Outcome("deadline", ran_s=1.0))]
    assert roster.tick(2.1, {}) == []
    assert statuses(answer(roster, 1, 1, 2.2)) == {1: "done"}


def test_of_two_late_tasks_in_one_worker_both_end_and_neither_is_run_again() -> None:
    roster = known_as_short()
    for task_id in (1, 2):
        roster.assign(task(task_id, deadline=0.01, is_short=True), 0)

    actions = roster.tick(0.01, {})

    assert statuses(actions) == {1: "deadline", 2: "deadline"}
    assert only(Kill, actions) == [Kill(1)]


# --- cancelling


def test_a_cancelled_task_that_goes_on_costs_the_worker_its_life() -> None:
    roster = started()
    roster.assign(task(), 0)

    assert roster.cancel(1, 1.0) == [Send(1, Cancel(1))]
    assert roster.cancel(1, 1.001) == []
    assert roster.tick(1.009, {}) == []
    assert events(roster.tick(1.01, {})) == ["worker_killed"]


def test_a_task_that_nobody_has_is_cancelled_without_a_word() -> None:
    assert started().cancel(1, 0) == []


def test_a_cancelled_task_of_a_shared_worker_is_waited_for_much_longer() -> None:
    roster = started(1, LIMITS, capacity=2)
    give(roster, [1, 2], 0, is_short=False)
    roster.cancel(1, 1.0)

    assert roster.tick(1.0 + SHARED_GRACE_S - 0.1, {}) == []
    assert events(roster.tick(1.0 + SHARED_GRACE_S, {})) == ["worker_killed"]


def test_a_cancelled_task_that_is_answered_costs_nothing() -> None:
    roster = started(1, LIMITS)
    roster.assign(task(), 0)
    roster.cancel(1, 1.0)
    assert statuses(roster.receive(1, Failed(1, "cancelled", ""), 1.005)) == {1: "failed"}

    assert roster.tick(20.0, {}) == []


def test_a_cancelled_task_behind_another_need_not_stop_before_it_has_begun() -> None:
    roster = known_as_short(1, LIMITS)
    give(roster, [1], 0, is_short=True)
    roster.assign(task(2, is_short=False), 0)

    assert roster.cancel(2, 0.5) == [Send(1, Cancel(2))]
    assert roster.tick(20.0, {}) == []


def test_a_cancelled_task_is_watched_from_the_moment_it_begins() -> None:
    """The worker may have begun it before it heard that it should not."""
    roster = known_as_short(1, LIMITS)
    give(roster, [1], 0)
    roster.assign(task(2, is_short=False), 0)
    roster.cancel(2, 0.5)
    answer(roster, 1, 1, 1.0)

    assert roster.tick(1.009, {}) == []
    assert events(roster.tick(1.01, {})) == ["worker_killed"]


# --- rescue


def test_what_stands_behind_a_task_that_takes_long_goes_elsewhere() -> None:
    roster = known_as_short(depth=3)
    give(roster, [1, 2, 3], 1.0)
    assert roster.tick(1.0 + RESCUE_AFTER_S - 0.001, {}) == []

    actions = roster.tick(1.0 + RESCUE_AFTER_S, {})

    lost = Outcome("lost", message="it had to wait")
    assert actions == [
        Send(1, Cancel(2)),
        Report(2, lost),
        Send(1, Cancel(3)),
        Report(3, lost),
    ]
    assert roster.tick(1.1, {}) == []


def test_what_went_elsewhere_may_be_given_to_another_worker() -> None:
    roster = known_as_short(2)
    give(roster, [1, 2, 3], 0)
    answer(roster, 2, 2, 0.001)
    roster.tick(RESCUE_AFTER_S, {})

    (sent,) = only(Send, roster.assign(task(3, is_short=True), RESCUE_AFTER_S))

    assert sent.number == 2


def test_the_late_answer_of_what_went_elsewhere_is_dropped_and_counted() -> None:
    roster = known_as_short()
    give(roster, [1, 2], 0)
    roster.tick(RESCUE_AFTER_S, {})
    answer(roster, 1, 1, 0.1)

    assert statuses(answer(roster, 1, 2, 0.105)) == {}
    assert roster.late_replies == 1
    assert roster.free_slots() == 1


def test_what_went_elsewhere_and_runs_all_the_same_costs_the_worker_its_life() -> None:
    roster = known_as_short(1, LIMITS)
    give(roster, [1, 2], 0)
    roster.tick(RESCUE_AFTER_S, {})
    answer(roster, 1, 1, 5.0)

    assert roster.tick(5.009, {}) == []
    assert events(roster.tick(5.01, {})) == ["worker_killed"]


def test_what_must_not_run_twice_stays_where_it_is() -> None:
    roster = known_as_short()
    give(roster, [1], 0)
    roster.assign(task(2, is_short=False), 0)

    assert roster.tick(RESCUE_AFTER_S, {}) == []
    assert roster.tick(1.0, {}) == []


def test_the_time_of_the_next_task_begins_when_the_one_before_it_is_answered() -> None:
    roster = known_as_short(depth=3)
    give(roster, [1, 2, 3], 0)
    answer(roster, 1, 1, 0.019)

    assert roster.tick(0.019 + RESCUE_AFTER_S - 0.001, {}) == []
    assert statuses(roster.tick(0.019 + RESCUE_AFTER_S, {})) == {3: "lost"}


def test_from_a_worker_for_several_nothing_is_taken_away() -> None:
    roster = started(capacity=2)
    give(roster, [1, 2], 0, is_short=True)

    assert roster.tick(1.0, {}) == []


def test_a_stopped_worker_is_killed_however_fresh_its_beat() -> None:
    assert events(started().tick(0.1, {1: Sample("T")})) == ["worker_killed"]
