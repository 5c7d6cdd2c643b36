"""Who is started when, after deaths and while a kind is down."""

import pytest

from coordinator.crew.actions import Note, Spawn
from coordinator.crew.roster import Roster
from coordinator.crew.staffing import PROBE_PROVES_AFTER_S, UNBORN_RETRY_S
from protocol.worker.messages import Beat, Ready
from support.fakes_roster import (
    POLICY,
    answer,
    events,
    gone_down,
    only,
    roster_of,
    started,
    task,
)

READY = Ready("k", 7)


def probed(size: int = 2) -> Roster:
    """Return such a kind at time 10: its probe, worker 1, has just been started."""
    roster = gone_down(size)
    roster.tick(10.0, {})
    return roster


# --- deaths


def test_a_worker_that_has_done_a_job_is_replaced_at_once_however_often_it_dies() -> None:
    roster = started()
    for task_id in range(10):
        roster.assign(task(task_id), 0)
        answer(roster, 1, task_id, 0)

        assert only(Spawn, roster.exited(1, -11, 0)) == [Spawn(1)]
        roster.receive(1, READY, 0)


def test_a_kind_that_only_dies_goes_down_and_is_tried_again_with_one_worker() -> None:
    roster = roster_of(2)
    roster.tick(0, {})

    assert only(Spawn, roster.exited(1, 1, 0)) == [Spawn(1)]
    assert only(Spawn, roster.exited(1, 1, 0)) == []
    assert events(roster.exited(2, 1, 0)) == ["worker_exited", "kind_down"]
    assert roster.staffing.down_for(1.0) == 9.0
    assert roster.tick(9.9, {}) == []
    assert roster.tick(10.0, {}) == [Note("kind_probed", 1), Spawn(1)]
    assert roster.staffing.down_for(10.0) is None


def test_a_place_whose_worker_died_twice_is_filled_after_a_backoff() -> None:
    roster = started()
    for _ in range(2):
        roster.exited(1, 1, 0)
    delay_s = POLICY.backoff_base_s

    assert roster.members[0].state() == "waiting"
    assert roster.tick(0.9 * delay_s, {}) == []
    assert roster.tick(delay_s, {}) == [Spawn(1)]


def test_nobody_is_replaced_while_the_kind_is_down() -> None:
    """A kind of many workers that all die at once must not get the intensity for each of them."""
    roster = roster_of(8)
    roster.tick(0, {})
    spawned: list[Spawn] = []
    for number in range(1, 9):
        spawned += only(Spawn, roster.exited(number, 1, 0))

    assert len(spawned) <= POLICY.intensity
    assert roster.tick(5.0, {}) == []


def test_a_kind_that_is_down_goes_on_with_those_who_live() -> None:
    roster = started(3)
    for number in (1, 1, 2):
        roster.exited(number, 1, 0)

    assert roster.staffing.down_for(0) is None
    assert roster.free_slots() == 1
    assert roster.members[0].state() == "down"


@pytest.mark.parametrize("proof", ["a job", "its age"])
def test_a_kind_is_up_again_when_its_probe_has_proved_itself(proof: str) -> None:
    roster = probed()
    roster.receive(1, READY, 10.0)
    now = 10.1
    if proof == "a job":
        roster.assign(task(), now)
        answer(roster, 1, 1, now)
    else:
        now = 10.0 + PROBE_PROVES_AFTER_S
        roster.receive(1, Beat(), now)

    assert roster.tick(now, {}) == [Note("kind_up"), Spawn(2)]


def test_a_probe_that_only_starts_for_long_proves_nothing() -> None:
    assert probed().tick(10.0 + PROBE_PROVES_AFTER_S, {}) == []


def test_a_probe_that_dies_puts_the_kind_down_for_twice_as_long() -> None:
    roster = probed()

    assert events(roster.exited(1, 1, 14.0)) == ["worker_exited", "kind_down"]
    assert roster.staffing.down_for(14.0) == 20.0


def test_a_job_of_somebody_else_is_no_proof_while_a_kind_is_down() -> None:
    """Else the cool-down would begin anew at its shortest whenever one of many workers is well."""
    roster = started(2)
    roster.assign(task(), 0)
    for _ in range(3):
        roster.exited(2, 1, 0)
        roster.tick(0.2, {})
    answer(roster, 1, 1, 0.5)
    roster.tick(10.2, {})

    assert events(roster.exited(2, 1, 10.3)) == ["worker_exited", "kind_down"]
    assert roster.staffing.next_due_at() == 30.3


def test_a_worker_of_old_does_not_prove_that_new_ones_can_work() -> None:
    """Else a kind that can no longer start would be started for ever beside one worker that lives."""
    roster = started(2)
    ended: list[str] = []
    for task_id in range(3):
        roster.assign(task(task_id), 0)
        answer(roster, 1, task_id, 0)
        ended += events(roster.exited(2, 1, 0))
        roster.tick(0.2, {})

    assert ended[-1] == "kind_down"


def test_restarts_are_counted_by_their_reason() -> None:
    roster = started()
    roster.exited(1, -11, 0)
    roster.tick(0, {})
    roster.tick(20, {})
    roster.exited(1, -9, 20)

    assert roster.staffing.restarts_by_reason == {"died": 1, "start_timeout": 1}
    assert roster.members[0].restarts == 2


def test_what_a_worker_said_makes_no_reason_of_its_own() -> None:
    """Else anybody's program could fill the memory, one word at a time."""
    roster = started()
    for number in range(3):
        roster.garbled(1, f"sent what is not a message: {number}")
        roster.exited(1, -9, 0)
        roster.tick(0, {})

    assert roster.staffing.restarts_by_reason == {"sent what is not a message": 3}


# --- workers that were never born


def test_a_worker_that_is_not_born_is_tried_again_and_no_restart_is_spent() -> None:
    roster = roster_of(1)
    for attempt in range(2 * POLICY.intensity):
        now = attempt * UNBORN_RETRY_S
        assert only(Spawn, roster.tick(now, {})) == [Spawn(1)]
        assert roster.unborn(1, now) == []
        assert only(Spawn, roster.tick(now, {})) == []
        assert roster.next_look_at() == now + UNBORN_RETRY_S

    assert roster.staffing.restarts_by_reason == {}


@pytest.mark.parametrize("why", ["paused", "stopping", "parked", "down"])
def test_a_worker_that_is_not_born_and_not_wanted_is_not_tried_again(why: str) -> None:
    roster = roster_of(3, least=3)
    roster.tick(0, {})
    match why:
        case "paused":
            roster.staffing.pause(0)
        case "stopping":
            roster.drain(0)
        case "parked":
            roster.staffing.want(2, 0)
        case _:
            for number in (1, 1, 2):
                roster.exited(number, 1, 0)

    roster.unborn(3, 0)

    assert only(Spawn, roster.tick(5.0, {})) == []
    assert roster.members[2].state() == ("parked" if why == "parked" else "down")


def test_a_probe_that_is_not_born_is_tried_again() -> None:
    roster = probed()
    roster.unborn(1, 10.0)

    assert only(Spawn, roster.tick(10.0 + UNBORN_RETRY_S, {})) == [Spawn(1)]
    assert events(roster.exited(1, 1, 10.1)) == ["worker_exited", "kind_down"]


def test_when_a_kind_comes_up_everybody_is_started_who_was_not_born() -> None:
    roster = roster_of(3)
    roster.tick(0, {})
    for number in (1, 1, 2):
        roster.exited(number, 1, 0)
    roster.unborn(3, 0)
    roster.tick(10.0, {})
    roster.receive(1, READY, 10.0)
    roster.assign(task(deadline=60.0), 10.0)
    answer(roster, 1, 1, 10.0)

    assert roster.tick(10.0, {}) == [Note("kind_up"), Spawn(2), Spawn(3)]
