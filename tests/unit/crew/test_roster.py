"""What the roster decides in the cases that somebody will ask about."""

from typing import TypeVar

import pytest
from msgspec import Raw

from coordinator.crew.health import HealthLimits
from coordinator.crew.restarts import RestartBudget, RestartPolicy
from coordinator.crew.roster import (
    PROBE_PROVES_AFTER_S,
    Action,
    Kill,
    Note,
    Report,
    Roster,
    Send,
    Spawn,
)
from coordinator.dispatch.backend import Outcome, Task
from protocol.worker.messages import Beat, Cancel, Done, Drain, Failed, Job, Part, Progress, Ready

T = TypeVar("T")
NULL = Raw(b"null")
LIMITS = HealthLimits(max_jobs=2, max_rss_bytes=100)
POLICY = RestartPolicy(intensity=2, period_s=60, at_once=1, cool_down_s=10)


def roster_of(size: int) -> Roster:
    return Roster(size, LIMITS, RestartBudget(POLICY, jitter=lambda _low, high: high))


def started(size: int = 1, now: float = 0.0) -> Roster:
    roster = roster_of(size)
    roster.tick(now, {})
    for number in range(1, size + 1):
        roster.receive(number, Ready("k", 100 + number), now)
    return roster


def task(task_id: int = 1, deadline: float = 30.0, extension_s: float = 0.0) -> Task:
    return Task(task_id, "k", "t", NULL, deadline, extension_s=extension_s)


def only(kind: type[T], actions: list[Action]) -> list[T]:
    return [action for action in actions if isinstance(action, kind)]


def outcomes(actions: list[Action]) -> list[str]:
    reports = only(Report, actions)
    return [report.news.status for report in reports if isinstance(report.news, Outcome)]


def events(actions: list[Action]) -> list[str]:
    return [note.event for note in only(Note, actions)]


def test_every_place_is_filled_at_the_first_look() -> None:
    assert roster_of(2).tick(0, {}) == [Spawn(1), Spawn(2)]


def test_a_worker_gets_jobs_only_once_it_is_ready() -> None:
    roster = roster_of(1)
    roster.tick(0, {})

    assert roster.free_slots() == 0
    roster.receive(1, Ready("k", 7, capacity=3), 0)
    assert roster.free_slots() == 3


def test_a_job_is_told_how_many_seconds_it_has() -> None:
    (sent,) = started().assign(task(deadline=30.0), 12.0)

    assert sent == Send(1, Job(1, "t", NULL, 18.0))


def test_assigning_without_room_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(AssertionError, match="free slot"):
        roster_of(1).assign(task(), 0)


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (Done(1, Raw(b"3"), cache_for=None), Outcome("done", result=Raw(b"3"), cache_for=None)),
        (Failed(1, "c", "m"), Outcome("failed", code="c", message="m")),
    ],
)
def test_an_answer_is_reported_and_frees_the_slot(message: Done | Failed, outcome: Outcome) -> None:
    roster = started()
    roster.assign(task(), 0)

    assert roster.receive(1, message, 1) == [Report(1, outcome)]
    assert roster.free_slots() == 1


@pytest.mark.parametrize("message", [Part(1, NULL), Progress(1, 0.5)])
def test_progress_gives_a_task_more_time_if_it_asked_for_it(message: Part | Progress) -> None:
    roster = started()
    roster.assign(task(deadline=2.0, extension_s=2.0), 0)

    assert roster.receive(1, message, 1.5) == [Report(1, message)]
    assert roster.tick(3.0, {}) == []
    assert outcomes(roster.tick(3.5, {})) == ["deadline"]


def test_a_task_past_its_deadline_ends_at_once_and_its_worker_dies() -> None:
    roster = started()
    roster.assign(task(deadline=2.0), 0)

    actions = roster.tick(2.0, {})

    assert actions == [
        Report(1, Outcome("deadline")),
        Note("worker_killed", 1, 101, "deadline"),
        Kill(1),
    ]
    assert outcomes(roster.exited(1, -9, 2.1)) == []


def test_a_task_of_a_dead_worker_is_lost_only_when_the_exit_is_seen() -> None:
    """Until then it may still run, and two must never run it at once."""
    roster = started()
    roster.assign(task(), 0)

    assert outcomes(roster.garbled(1, "sent rubbish")) == []
    assert Report(1, Outcome("lost", message="sent rubbish")) in roster.exited(1, -9, 1)


def test_what_a_dying_worker_still_says_counts_for_nothing() -> None:
    roster = started()
    roster.assign(task(), 0)
    roster.garbled(1, "sent rubbish")

    assert roster.receive(1, Done(1, NULL), 1) == []


def test_a_cancelled_task_that_goes_on_costs_the_worker_its_life() -> None:
    roster = started()
    roster.assign(task(), 0)

    assert roster.cancel(1, 1.0) == [Send(1, Cancel(1))]
    assert roster.cancel(1, 1.2) == []
    assert roster.tick(1.5, {}) == []
    assert events(roster.tick(1.6, {})) == ["worker_killed"]


def test_a_worn_out_worker_finishes_and_is_replaced_without_a_word_about_failure() -> None:
    roster = started()
    for task_id in (1, 2):
        roster.assign(task(task_id), 0)
        roster.receive(1, Done(task_id, NULL), 0)

    assert roster.tick(0.5, {}) == [Send(1, Drain())]
    assert roster.tick(0.6, {}) == []
    actions = roster.exited(1, 0, 1)

    assert events(actions) == ["worker_exited"]
    assert only(Spawn, actions) == [Spawn(1)]


def test_a_worker_that_is_asked_to_go_and_stays_is_killed() -> None:
    roster = started()
    roster.receive(1, Beat(rss=101), 0)

    assert roster.tick(0.1, {}) == [Send(1, Drain())]
    assert only(Kill, roster.tick(1.0, {})) == [Kill(1)]


def test_a_worker_that_takes_too_much_memory_for_a_job_is_killed_at_once() -> None:
    roster = started()
    roster.assign(task(), 0)
    roster.receive(1, Beat(rss=101), 0)

    assert only(Kill, roster.tick(0.1, {})) == [Kill(1)]


def test_a_kind_whose_workers_outgrow_their_memory_before_any_job_goes_down() -> None:
    """Else a limit below what a worker needs to start would burn a core for ever."""
    roster = roster_of(1)
    seen: list[str] = []
    for now in range(0, 12, 4):
        roster.tick(now, {})
        roster.receive(1, Ready("k", 7), now)
        roster.receive(1, Beat(rss=101), now)
        roster.tick(now, {})
        seen += events(roster.exited(1, 0, now))

    assert seen[-1] == "kind_down"


def test_a_worker_that_has_done_a_job_is_replaced_at_once_however_often_it_dies() -> None:
    roster = started()
    for task_id in range(10):
        roster.assign(task(task_id), 0)
        roster.receive(1, Done(task_id, NULL), 0)

        assert only(Spawn, roster.exited(1, -11, 0)) == [Spawn(1)]
        roster.receive(1, Ready("k", 7), 0)


def crash(roster: Roster, number: int, now: float) -> list[Action]:
    roster.tick(now, {})
    return roster.exited(number, 1, now)


def test_a_kind_that_only_dies_goes_down_and_is_tried_again_with_one_worker() -> None:
    roster = roster_of(2)
    roster.tick(0, {})

    assert only(Spawn, roster.exited(1, 1, 0)) == [Spawn(1)]
    assert only(Spawn, roster.exited(1, 1, 0)) == []
    assert events(roster.exited(2, 1, 0)) == ["worker_exited", "kind_down"]
    assert roster.down_for(1.0) == 9.0
    assert roster.tick(9.9, {}) == []
    assert roster.tick(10.0, {}) == [Note("kind_probed", 1), Spawn(1)]
    assert roster.down_for(10.0) is None


def test_nobody_is_replaced_while_the_kind_is_down() -> None:
    """A kind of many workers that all die at once must not get the intensity for each of them."""
    roster = roster_of(8)
    roster.tick(0, {})
    spawned: list[Spawn] = []
    for number in range(1, 9):
        spawned += only(Spawn, roster.exited(number, 1, 0))

    assert len(spawned) <= POLICY.intensity
    assert roster.tick(5.0, {}) == []


@pytest.mark.parametrize("proof", ["a job", "its age"])
def test_a_kind_is_up_again_when_its_probe_has_proved_itself(proof: str) -> None:
    roster = roster_of(2)
    for number in (1, 1, 2):
        crash(roster, number, 0)
    roster.tick(10.0, {})
    roster.receive(1, Ready("k", 7), 10.0)
    now = 10.1
    if proof == "a job":
        roster.assign(task(), now)
        roster.receive(1, Done(1, NULL), now)
    else:
        now += PROBE_PROVES_AFTER_S
        roster.receive(1, Beat(), now)

    assert roster.tick(now, {}) == [Note("kind_up"), Spawn(2)]


def test_a_probe_that_dies_puts_the_kind_down_for_twice_as_long() -> None:
    roster = roster_of(1)
    for now in (0.0, 1.0, 3.0):
        crash(roster, 1, now)
    roster.tick(13.0, {})

    assert events(roster.exited(1, 1, 14.0)) == ["worker_exited", "kind_down"]
    assert roster.down_for(14.0) == 20.0


def test_a_stopped_worker_is_killed_however_fresh_its_beat() -> None:
    assert events(started().tick(0.1, {1: "T"})) == ["worker_killed"]


def test_silence_while_we_were_stopped_ourselves_proves_nothing() -> None:
    roster = started()
    roster.forgive(500.0)

    assert roster.tick(500.0, {}) == []


def test_draining_asks_everybody_and_starts_nobody() -> None:
    roster = started(2)
    roster.assign(task(), 0)

    assert roster.drain(1.0) == [Send(1, Drain()), Send(2, Drain())]
    assert roster.drain(1.0) == []
    assert outcomes(roster.receive(1, Done(1, NULL), 1.1)) == ["done"]
    assert only(Spawn, roster.exited(1, 0, 1.2)) == []
    assert roster.free_slots() == 0


def test_killing_all_ends_whoever_is_left() -> None:
    roster = started(2)
    roster.garbled(2, "sent rubbish")

    assert only(Kill, roster.kill_all()) == [Kill(1)]
    for number in (1, 2):
        roster.exited(number, -9, 1.0)
    assert roster.tick(100.0, {}) == []
    assert roster.next_start_at() is None


def test_restarts_are_counted_by_their_reason() -> None:
    roster = started()
    roster.exited(1, -11, 0)
    roster.tick(0, {})
    roster.tick(20, {})
    roster.exited(1, -9, 20)

    assert roster.restarts_by_reason == {"died": 1, "start_timeout": 1}
    assert roster.members[0].restarts == 2


def test_the_state_of_a_place_is_one_word() -> None:
    roster = roster_of(1)
    member = roster.members[0]
    seen = [member.state()]
    roster.tick(0, {})
    seen.append(member.state())
    roster.receive(1, Ready("k", 7), 0)
    seen.append(member.state())
    roster.assign(task(), 0)
    seen.append(member.state())
    roster.drain(0)
    seen.append(member.state())
    roster.kill_all()
    seen.append(member.state())
    roster.exited(1, 0, 0)
    seen.append(member.state())

    assert seen == ["waiting", "starting", "idle", "busy", "draining", "dying", "down"]
