"""As many workers as are wanted, by the load or by an operator."""

from coordinator.crew.actions import Note, Send, Spawn
from coordinator.crew.health import HealthLimits
from protocol.worker.messages import Beat, Drain, Ready
from support.fakes_roster import (
    answer,
    events,
    give,
    gone_down,
    only,
    roster_of,
    started,
    statuses,
    task,
)

READY = Ready("k", 7)


def test_only_so_many_are_started_as_are_wanted_to_begin_with() -> None:
    roster = roster_of(3, least=1)

    assert roster.tick(0, {}) == [Spawn(1)]
    assert [member.state() for member in roster.members] == ["starting", "parked", "parked"]


def test_who_is_wanted_is_started_at_once() -> None:
    roster = roster_of(3, least=1)
    roster.tick(0, {})

    assert roster.staffing.want(3, 1) == [Note("kind_scaled", count=3), Spawn(2), Spawn(3)]
    assert roster.staffing.want(3, 1) == []


def test_who_is_too_many_goes_home_when_it_has_nothing_to_do() -> None:
    roster = started(2)
    give(roster, [1, 2], 1.0, is_short=False)
    busy = roster.members[1]
    assert roster.staffing.want(1, 1.0) == [Note("kind_scaled", count=1)]
    assert roster.tick(1.1, {}) == []
    assert roster.free_slots() == 0
    (done,) = statuses(answer(roster, 2, next(iter(busy.tasks)), 1.2)).values()

    assert done == "done"
    assert roster.tick(1.3, {}) == [Note("worker_draining", 2, 0, "not_needed"), Send(2, Drain())]
    assert roster.exited(2, 0, 1.4) == [Note("worker_exited", 2, 0, "not_needed", 0)]
    assert busy.state() == "parked"
    assert busy.restarts == 0


def test_who_is_parked_and_busy_gets_nothing_more() -> None:
    roster = started(2)
    give(roster, [1, 2], 1.0, is_short=False)
    roster.staffing.want(1, 1.0)
    answer(roster, 2, next(iter(roster.members[1].tasks)), 1.2)

    assert roster.free_slots() == 0


def test_who_is_wanted_again_before_it_is_sent_home_just_stays() -> None:
    roster = started(2)
    roster.staffing.want(1, 1.0)

    assert roster.staffing.want(2, 1.0) == [Note("kind_scaled", count=2)]
    assert roster.tick(1.0, {}) == []
    assert roster.free_slots() == 2


def test_who_is_wanted_again_on_its_way_home_is_replaced() -> None:
    roster = started(2)
    roster.staffing.want(1, 1.0)
    roster.tick(1.0, {})
    roster.staffing.want(2, 1.1)

    assert only(Spawn, roster.exited(2, 0, 1.2)) == [Spawn(2)]


def test_a_place_that_waits_for_its_backoff_and_is_parked_is_not_filled() -> None:
    roster = started(2)
    for _ in range(2):
        roster.exited(2, 1, 0)
    roster.staffing.want(1, 0)

    assert roster.tick(1.0, {}) == []


def test_a_kind_that_is_down_wants_as_many_as_before_and_starts_none_of_more() -> None:
    roster = gone_down(3)

    assert roster.staffing.want(1, 1.0) == []
    assert roster.staffing.wanted == 3
    fewer = roster_of(3, least=2)
    fewer.tick(0, {})
    for number in (1, 1, 2):
        fewer.exited(number, 1, 0)
    assert only(Spawn, fewer.staffing.want(3, 1.0)) == []
    assert fewer.tick(5.0, {}) == []


def test_who_was_wanted_while_a_kind_was_down_is_started_when_it_comes_up() -> None:
    roster = roster_of(3, least=2)
    roster.tick(0, {})
    for number in (1, 1, 2):
        roster.exited(number, 1, 0)
    roster.staffing.want(3, 1.0)
    roster.tick(10.0, {})
    roster.receive(1, READY, 10.0)
    roster.receive(1, Beat(), 15.0)

    assert roster.tick(15.0, {}) == [Note("kind_up"), Spawn(2), Spawn(3)]


# --- what operators do


def test_a_worker_that_an_operator_restarts_finishes_first() -> None:
    roster = started()
    roster.assign(task(), 0)

    assert roster.restart(1, 1.0, at_once=False) == [
        Note("worker_draining", 1, 0, "operator"),
        Send(1, Drain()),
    ]
    assert roster.restart(1, 1.1, at_once=False) == []
    assert statuses(answer(roster, 1, 1, 1.2)) == {1: "done"}
    assert only(Spawn, roster.exited(1, 0, 1.3)) == [Spawn(1)]


def test_nobody_is_restarted_in_an_empty_place() -> None:
    roster = roster_of(1)

    assert roster.restart(1, 0, at_once=False) == []
    assert roster.restart(1, 0, at_once=True) == []


def test_pausing_sends_everybody_home_and_starts_nobody() -> None:
    roster = started(2)
    roster.assign(task(), 0)

    assert events(roster.staffing.pause(1.0)) == [
        "kind_paused",
        "worker_draining",
        "worker_draining",
    ]
    assert roster.staffing.pause(1.0) == []
    assert roster.free_slots() == 0
    assert statuses(answer(roster, 1, 1, 1.1)) == {1: "done"}
    for number in (1, 2):
        assert only(Spawn, roster.exited(number, 0, 1.2)) == []
    assert roster.tick(100.0, {}) == []
    assert roster.next_look_at() is None
    assert only(Spawn, roster.staffing.want(1, 100.0)) == []


def test_resuming_starts_everybody_who_is_gone() -> None:
    roster = started(2)
    roster.staffing.pause(1.0)
    roster.exited(1, 0, 1.1)

    assert roster.staffing.resume(2.0) == [Note("kind_resumed"), Spawn(1)]
    assert roster.staffing.resume(2.0) == []
    assert only(Spawn, roster.exited(2, 0, 2.1)) == [Spawn(2)]


def test_resuming_a_kind_that_is_down_is_a_clean_slate() -> None:
    roster = gone_down()
    roster.staffing.pause(1.0)

    assert roster.staffing.resume(2.0) == [Note("kind_resumed"), Spawn(1), Spawn(2)]
    assert roster.staffing.down_for(2.0) is None


def test_a_worker_that_was_starting_when_it_was_paused_goes_when_it_is_there() -> None:
    roster = roster_of(1, HealthLimits(start_timeout_s=10))
    roster.tick(0, {})
    roster.staffing.pause(0.1)

    assert events(roster.receive(1, READY, 0.2)) == ["worker_ready"]
    assert roster.free_slots() == 0
    assert roster.members[0].state() == "draining"


def test_who_stops_starts_nobody_again() -> None:
    roster = started()
    roster.drain(0)
    roster.exited(1, 0, 0)
    roster.staffing.pause(1)

    assert roster.staffing.resume(2) == [Note("kind_resumed")]
