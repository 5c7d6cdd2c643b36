"""What the roster decides about work in the cases that somebody will ask about."""

import pytest
from msgspec import Raw

from coordinator.crew.actions import Announce, Kill, Note, Report, Send, Spawn
from coordinator.crew.depth import SHORT_S
from coordinator.dispatch.backend import Outcome
from protocol.worker.messages import Beat, Done, Drain, Failed, Job, Part, Progress, Ready
from support.fakes_roster import (
    NULL,
    answer,
    events,
    give,
    known_as_short,
    only,
    owner,
    roster_of,
    started,
    statuses,
    task,
)


def test_every_place_is_filled_at_the_first_look() -> None:
    assert roster_of(2).tick(0, {}) == [Spawn(1), Spawn(2)]


def test_a_worker_gets_jobs_only_once_it_is_ready() -> None:
    roster = roster_of(1)
    roster.tick(0, {})

    assert roster.free_slots() == 0
    ready = Ready("k", 7, capacity=3)
    assert roster.receive(1, ready, 0) == [Note("worker_ready", 1, 7), Announce(ready)]
    assert roster.free_slots() == 3


def test_what_can_run_at_once_is_what_is_wanted_even_if_not_all_are_there() -> None:
    roster = roster_of(3, least=2)
    assert roster.capacity() == 2

    roster.tick(0, {})
    roster.receive(1, Ready("k", 7, capacity=3), 0)

    assert roster.capacity() == 6


def test_a_job_is_told_how_many_seconds_it_has() -> None:
    (sent,) = started().assign(task(deadline=30.0), 12.0)

    assert sent == Send(1, Job(1, "t", NULL, 18.0))


def test_assigning_without_room_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(AssertionError, match="free slot"):
        roster_of(1).assign(task(), 0)


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (
            Done(1, Raw(b"3"), cache_for=None),
            Outcome("done", result=Raw(b"3"), cache_for=None, ran_s=1.0),
        ),
        (Failed(1, "c", "m"), Outcome("failed", code="c", message="m", ran_s=1.0)),
    ],
)
def test_an_answer_is_reported_and_frees_the_slot(message: Done | Failed, outcome: Outcome) -> None:
    roster = started()
    roster.assign(task(), 2.0)

    assert roster.receive(1, message, 3.0) == [Report(1, outcome)]
    assert roster.free_slots() == 1


@pytest.mark.parametrize("message", [Part(1, NULL), Progress(1, 0.5)])
def test_progress_gives_a_task_more_time_if_it_asked_for_it(message: Part | Progress) -> None:
    roster = started()
    roster.assign(task(deadline=2.0, extension_s=2.0), 0)

    assert roster.receive(1, message, 1.5) == [Report(1, message)]
    assert roster.tick(3.4, {}) == []
    assert statuses(roster.tick(3.5, {})) == {1: "deadline"}


def test_progress_gives_a_task_no_more_time_if_it_did_not_ask() -> None:
    roster = started()
    roster.assign(task(deadline=2.0), 0)
    roster.receive(1, Progress(1, 0.5), 1.5)

    assert statuses(roster.tick(2.0, {})) == {1: "deadline"}


def test_of_an_abandoned_task_no_progress_is_reported() -> None:
    roster = started(capacity=2)
    roster.assign(task(deadline=2.0, extension_s=2.0), 0)
    roster.tick(2.0, {})

    assert roster.receive(1, Progress(1, 0.5), 2.1) == []
    assert roster.receive(1, Part(1, NULL), 2.1) == []


def test_silence_while_we_were_stopped_ourselves_proves_nothing() -> None:
    roster = roster_of(2)
    roster.tick(0, {})
    roster.receive(1, Ready("k", 7), 0)
    roster.forgive(500.0)

    assert roster.tick(500.0, {}) == []


def test_draining_asks_everybody_and_starts_nobody() -> None:
    roster = started(2)
    roster.assign(task(), 0)

    assert roster.drain(1.0) == [
        Note("worker_draining", 1, 0, "shutdown"),
        Send(1, Drain()),
        Note("worker_draining", 2, 0, "shutdown"),
        Send(2, Drain()),
    ]
    assert roster.drain(1.0) == []
    assert statuses(answer(roster, 1, 1, 1.1)) == {1: "done"}
    assert only(Spawn, roster.exited(1, 0, 1.2)) == []
    assert roster.free_slots() == 0


def test_killing_all_ends_whoever_is_left() -> None:
    roster = started(2)
    roster.garbled(2, "sent rubbish")

    assert only(Kill, roster.kill_all()) == [Kill(1)]
    for number in (1, 2):
        roster.exited(number, -9, 1.0)
    assert roster.tick(100.0, {}) == []
    assert roster.next_look_at() is None
    assert not roster.is_busy()


def test_a_roster_is_busy_while_anything_runs_starts_or_dies() -> None:
    roster = roster_of(1)
    seen = [roster.is_busy()]
    roster.tick(0, {})
    seen.append(roster.is_busy())
    roster.receive(1, Ready("k", 7), 0)
    seen.append(roster.is_busy())
    roster.assign(task(), 0)
    seen.append(roster.is_busy())
    answer(roster, 1, 1, 0)
    seen.append(roster.is_busy())
    roster.kill_all()
    seen.append(roster.is_busy())
    roster.exited(1, -9, 0)
    seen.append(roster.is_busy())

    assert seen == [False, True, False, True, False, True, False]


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


# --- depth


def test_nothing_stands_behind_a_task_before_short_ones_are_known_to_be_short() -> None:
    roster = started(depth=2)
    give(roster, [1], 0)

    assert roster.free_slots() == 0
    answer(roster, 1, 1, SHORT_S)
    give(roster, [2], 1)
    assert roster.free_slots() == 0


def test_one_more_short_task_stands_behind_each_that_runs() -> None:
    roster = known_as_short(2)
    give(roster, [1, 2, 3, 4], 0)

    assert roster.free_slots() == 0
    assert [sorted(member.tasks) for member in roster.members] == [[1, 3], [2, 4]]
    assert [owner(roster, task_id).head() for task_id in (3, 4)] == [1, 2]


def test_an_idle_worker_has_room_for_one_task_whatever_it_may_be() -> None:
    """Two were too many: after a long one nothing may stand behind it."""
    roster = known_as_short(2)
    assert roster.free_slots() == 2

    give(roster, [1, 2], 0, is_short=False)

    assert roster.free_slots() == 0


def test_nothing_stands_behind_a_task_that_is_not_short() -> None:
    roster = known_as_short(1)
    give(roster, [1], 0, is_short=False)

    assert roster.free_slots() == 0


def test_nothing_stands_behind_a_task_that_was_given_up() -> None:
    roster = known_as_short(1, depth=3)
    give(roster, [1, 2], 0)
    roster.tick(0.02, {})  # the second one is let go to another worker

    assert list(owner(roster, 1).tasks) == [1]
    assert roster.free_slots() == 0


def test_a_mean_that_grows_takes_the_depth_away() -> None:
    roster = known_as_short(1)
    for task_id in range(20):
        give(roster, [task_id], float(task_id))
        answer(roster, 1, task_id, task_id + 2 * SHORT_S)
    give(roster, [99], 50.0)

    assert roster.free_slots() == 0


def test_only_short_tasks_count_for_the_mean() -> None:
    roster = known_as_short(1)
    for task_id in range(20):
        give(roster, [task_id], float(task_id), is_short=False)
        answer(roster, 1, task_id, task_id + 0.5)
    give(roster, [99], 50.0)

    assert roster.free_slots() == 1


def test_depth_is_no_limit_to_a_worker_of_more_capacity() -> None:
    roster = started(capacity=3, depth=2)

    give(roster, [1, 2, 3], 0, is_short=False)

    assert roster.free_slots() == 0


def test_how_long_a_task_ran_does_not_count_what_ran_before_it() -> None:
    roster = known_as_short(1)
    give(roster, [1, 2], 1.0)

    (first,) = only(Report, answer(roster, 1, 1, 1.25))
    (second,) = only(Report, answer(roster, 1, 2, 1.5))

    assert isinstance(first.news, Outcome)
    assert isinstance(second.news, Outcome)
    assert (first.news.ran_s, second.news.ran_s) == (0.25, 0.25)


def test_how_long_a_task_ran_beside_others_counts_from_its_own_start() -> None:
    roster = started(capacity=2)
    give(roster, [1], 1.0, is_short=False)
    give(roster, [2], 2.0, is_short=False)
    answer(roster, 1, 2, 3.0)

    (report,) = only(Report, answer(roster, 1, 1, 5.0))

    assert isinstance(report.news, Outcome)
    assert report.news.ran_s == 4.0


def test_a_beat_is_heard_and_nothing_follows() -> None:
    roster = started()

    assert roster.receive(1, Beat(), 2.0) == []
    assert roster.members[0].last_beat == 2.0
    assert events(roster.tick(4.9, {})) == []
    assert events(roster.tick(5.0, {})) == ["worker_killed"]
