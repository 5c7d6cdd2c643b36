"""Whom a death is put down to, and what a worker may still say on its way out."""

import pytest

from coordinator.crew.actions import Kill, Report
from coordinator.crew.health import HealthLimits, Sample
from coordinator.crew.roster import RESCUE_AFTER_S, Roster
from coordinator.crew.staffing import PLANNED
from coordinator.dispatch.backend import Outcome
from protocol.worker.messages import Done, Failed
from support.fakes_roster import (
    NULL,
    answer,
    events,
    give,
    known_as_short,
    only,
    reported,
    started,
    statuses,
    task,
)

LIMITS = HealthLimits(beat_timeout_s=1000.0)
"""For what takes long, without anybody beating."""


def blamed(roster: Roster, code: int = -11, now: float = 1.0) -> dict[int, bool]:
    """Let worker 1 exit, and tell who was lost and who was blamed for it."""
    outcomes = reported(roster.exited(1, code, now))
    assert {outcome.status for outcome in outcomes.values()} <= {"lost"}
    return {task_id: outcome.is_blamed for task_id, outcome in outcomes.items()}


# --- losses


def test_a_task_of_a_dead_worker_is_lost_only_when_the_exit_is_seen() -> None:
    """Until then it may still run, and two must never run it at once."""
    roster = started()
    roster.assign(task(), 0)

    assert statuses(roster.garbled(1, "sent rubbish")) == {}
    assert Report(1, Outcome("lost", message="sent rubbish", is_blamed=True, ran_s=1.0)) in (
        roster.exited(1, -9, 1.0)
    )


def test_who_asks_is_told_how_a_worker_ended_that_nobody_killed() -> None:
    roster = started()
    roster.assign(task(), 0)

    assert reported(roster.exited(1, -11, 1.0, "SIGSEGV"))[1].message == "SIGSEGV"


def test_a_death_near_the_memory_limit_says_so() -> None:
    limits = HealthLimits(memory_limit_bytes=100)
    roster = started(1, limits)
    roster.assign(task(), 0)
    roster.tick(0.1, {1: Sample("R", 76)})

    assert reported(roster.exited(1, -9, 1.0, "SIGKILL"))[1].message == (
        "SIGKILL, near its memory limit"
    )


def test_a_serial_worker_dies_of_the_oldest_task_alone() -> None:
    roster = known_as_short(depth=3)
    give(roster, [1, 2, 3], 0)

    outcomes = reported(roster.exited(1, -11, 0.01))

    assert {task_id: o.is_blamed for task_id, o in outcomes.items()} == {
        1: True,
        2: False,
        3: False,
    }
    assert {task_id: o.ran_s for task_id, o in outcomes.items()} == {1: 0.01, 2: 0.0, 3: 0.0}


def test_when_the_oldest_is_answered_the_next_one_is_blamed() -> None:
    roster = known_as_short()
    give(roster, [1, 2], 0)
    answer(roster, 1, 1, 0.001)

    assert blamed(roster) == {2: True}


def test_of_several_that_ran_at_once_nobody_is_blamed() -> None:
    roster = started(capacity=2)
    give(roster, [1, 2], 0, is_short=False)

    assert blamed(roster) == {1: False, 2: False}


def test_of_a_worker_for_several_the_only_one_is_blamed() -> None:
    roster = started(capacity=2)
    give(roster, [1, 2], 0, is_short=False)
    answer(roster, 1, 1, 0.5)

    assert blamed(roster) == {2: True}


def test_beside_an_abandoned_task_nobody_is_blamed() -> None:
    """Either may have been it."""
    roster = started(capacity=2)
    roster.assign(task(1, deadline=0.5), 0)
    roster.assign(task(2), 0)
    roster.tick(0.5, {})

    assert blamed(roster) == {2: False}


def test_behind_an_abandoned_task_nobody_is_blamed() -> None:
    roster = known_as_short(1, LIMITS, depth=3)
    give(roster, [1, 2], 0)
    roster.assign(task(3, is_short=False), 0)
    assert statuses(roster.tick(RESCUE_AFTER_S, {})) == {2: "lost"}
    answer(roster, 1, 1, 0.5)

    assert blamed(roster) == {3: False}


def test_a_worker_that_was_killed_is_blamed_on_what_ran_when_it_was_killed() -> None:
    """The answer was on its way, so what stood behind had its turn for a moment, and did nothing."""
    roster = known_as_short()
    give(roster, [1, 2], 0)
    roster.garbled(1, "sent rubbish")
    assert statuses(answer(roster, 1, 1, 0.5)) == {1: "done"}

    assert blamed(roster, -9) == {2: False}


@pytest.mark.parametrize("reason", sorted(PLANNED - {"shutdown"}))
def test_a_worker_that_was_asked_to_go_and_dies_of_its_task_is_blamed_on_it(reason: str) -> None:
    roster = started()
    roster.assign(task(), 0)
    roster.restart(1, 0.5, at_once=False)
    roster.members[0].end_reason = reason

    outcomes = reported(roster.exited(1, -11, 1.0, "SIGSEGV"))

    assert outcomes == {1: Outcome("lost", message="SIGSEGV", is_blamed=True, ran_s=1.0)}


def test_for_a_worker_that_an_operator_has_killed_nobody_is_blamed() -> None:
    roster = started()
    roster.assign(task(), 0)

    assert only(Kill, roster.restart(1, 0.5, at_once=True)) == [Kill(1)]
    assert blamed(roster, -9) == {1: False}


def test_at_shutdown_nobody_is_blamed() -> None:
    roster = started()
    roster.assign(task(), 0)
    roster.kill_all()

    assert blamed(roster, -9) == {1: False}


# --- answers under way


@pytest.mark.parametrize("how", ["stopped", "missed_beats", "operator", "garbled"])
def test_a_worker_that_is_being_killed_may_still_deliver_what_was_under_way(how: str) -> None:
    roster = started()
    roster.assign(task(), 0)
    match how:
        case "stopped":
            roster.tick(0.1, {1: Sample("T")})
        case "missed_beats":
            roster.tick(29.0, {})
        case "operator":
            roster.restart(1, 0.1, at_once=True)
        case _:
            roster.garbled(1, "sent rubbish")
    assert roster.free_slots() == 0

    assert statuses(answer(roster, 1, 1, 29.0)) == {1: "done"}
    assert statuses(roster.exited(1, -9, 29.1)) == {}
    assert roster.late_replies == 0


def test_an_answer_after_the_deadline_is_dropped_and_counted() -> None:
    roster = started()
    roster.assign(task(deadline=2.0), 0)
    roster.tick(2.0, {})

    assert statuses(answer(roster, 1, 1, 2.01)) == {}
    assert roster.late_replies == 1


@pytest.mark.parametrize("late", [Done(1, NULL), Failed(1, "c", "m")])
def test_after_it_broke_the_protocol_nothing_that_a_worker_says_counts(
    late: Done | Failed,
) -> None:
    roster = started()
    roster.assign(task(), 0)
    assert events(roster.receive(1, Done(7, NULL), 0.5)) == ["worker_killed"]

    assert roster.receive(1, late, 1.0) == []
    assert roster.late_replies == 1
    assert blamed(roster, -9) == {1: True}


def test_a_dead_workers_last_words_are_dropped_and_counted() -> None:
    roster = started()
    for _ in range(2):  # the first one is replaced at once
        roster.exited(1, -9, 0)

    assert answer(roster, 1, 1, 0.1) == []
    assert roster.late_replies == 1


def test_who_breaks_the_protocol_twice_is_killed_once() -> None:
    roster = started()

    assert only(Kill, roster.receive(1, Done(7, NULL), 0)) == [Kill(1)]
    assert roster.receive(1, Done(7, NULL), 0) == []
    assert roster.garbled(1, "rubbish") == []
