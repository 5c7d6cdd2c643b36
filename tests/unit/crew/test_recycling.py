"""Workers are replaced before they do harm: between jobs, one after the other, and at nobody's cost."""

import pytest

from coordinator.crew.actions import Kill, Note, Send, Spawn
from coordinator.crew.health import WARM_UP_JOBS, HealthLimits, Sample
from coordinator.crew.roster import Roster
from protocol.worker.messages import Drain, Ready
from support.fakes_roster import (
    answer,
    events,
    give,
    known_as_short,
    only,
    roster_of,
    started,
    statuses,
    task,
)

MIB = 1 << 20
TWO_JOBS = HealthLimits(max_jobs=2)
SMALL = HealthLimits(max_rss_bytes=100)


def work(roster: Roster, number: int, task_id: int, now: float = 0.0) -> list[str]:
    """Let one worker do one job, and tell what happens."""
    give(roster, [task_id], now, is_short=False)
    assert task_id in roster.members[number - 1].tasks
    return events(answer(roster, number, task_id, now))


def recycled(roster: Roster) -> list[int]:
    return [member.number for member in roster.members if member.draining_at is not None]


def test_a_worn_out_worker_finishes_and_is_replaced_without_a_word_about_failure() -> None:
    roster = started(1, TWO_JOBS)
    work(roster, 1, 1)
    give(roster, [2], 0)

    actions = answer(roster, 1, 2, 0.5)

    assert actions[1:] == [Note("worker_draining", 1, 0, "worn_out"), Send(1, Drain())]
    assert roster.tick(0.6, {}) == []
    assert roster.exited(1, 0, 1) == [Note("worker_exited", 1, 0, "worn_out", 0), Spawn(1)]


def test_a_worker_is_found_worn_out_by_its_last_answer_and_by_any_look() -> None:
    """Under load a look never finds a worker without a job, and without load no answer comes."""
    roster = started(1, HealthLimits(max_age_s=10))
    give(roster, [1], 0)

    assert "worker_draining" in events(answer(roster, 1, 1, 11.0))
    assert "worker_draining" in events(
        started(1, HealthLimits(max_age_s=10, beat_timeout_s=99)).tick(11.0, {})
    )


def test_a_worker_that_is_asked_to_go_and_stays_is_killed() -> None:
    roster = started(1, SMALL)

    assert events(roster.tick(0.1, {1: Sample("S", 101)})) == ["worker_draining"]
    assert roster.tick(0.6, {}) == []
    assert only(Kill, roster.tick(0.62, {})) == [Kill(1)]


def test_the_grace_of_a_worker_that_goes_begins_with_its_last_answer() -> None:
    roster = started(1, HealthLimits(beat_timeout_s=99))
    roster.assign(task(), 0)
    roster.restart(1, 0, at_once=False)
    assert roster.tick(20.0, {}) == []
    answer(roster, 1, 1, 20.0)

    assert roster.tick(20.5, {}) == []
    assert only(Kill, roster.tick(20.52, {})) == [Kill(1)]


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_the_limit_of_jobs_is_never_passed(jobs: int) -> None:
    roster = known_as_short(2, HealthLimits(max_jobs=jobs))
    roster.exited(1, 0, 0)  # worker 1 has shown how short a task is
    roster.receive(1, Ready("k", 7), 0)
    now, done = 1.0, {1: 0, 2: 0}
    for task_id in range(20):
        while not roster.free_slots():
            for member in roster.members:
                if (head := member.head()) is not None:
                    answer(roster, member.number, head, now)
                    done[member.number] += 1
                elif member.draining_at is not None:
                    assert done[member.number] == jobs
                    done[member.number] = 0
                    roster.exited(member.number, 0, now)
                    roster.receive(member.number, Ready("k", 7), now)
        give(roster, [task_id], now)
        assert all(done[m.number] + len(m.session.in_flight) <= jobs for m in roster.members)


def test_workers_of_one_age_have_different_limits() -> None:
    roster = started(2, HealthLimits(max_jobs=10))
    roster.members[0].share = 0.8
    seen = {
        (1 + turn % 2, turn // 2 + 1): work(roster, 1 + turn % 2, turn, turn + 1.0)
        for turn in range(15)
    }

    assert {key: happened for key, happened in seen.items() if happened} == {
        (1, 8): ["worker_draining"]
    }


def test_the_share_of_the_limits_is_drawn_for_every_worker_anew() -> None:
    roster = roster_of(1, share=0.9)
    roster.tick(0, {})

    assert roster.members[0].share == 0.9


def test_no_worker_is_recycled_while_another_one_is_away() -> None:
    limits = HealthLimits(max_age_s=10, beat_timeout_s=99)
    roster = started(3, limits)

    assert events(roster.tick(11.0, {})) == ["worker_draining"]
    assert recycled(roster) == [1]
    assert roster.tick(11.1, {}) == []
    roster.exited(1, 0, 11.2)
    assert roster.tick(11.3, {}) == []
    roster.receive(1, Ready("k", 7), 11.4)
    assert events(roster.tick(11.5, {})) == ["worker_draining"]
    assert recycled(roster) == [2]


def test_at_its_hard_limit_a_worker_goes_even_if_another_one_is_away() -> None:
    roster = started(2, TWO_JOBS)
    for turn in range(4):
        work(roster, 1 + turn % 2, turn, turn + 1.0)

    assert recycled(roster) == [1, 2]


def test_who_is_parked_is_not_waited_for() -> None:
    limits = HealthLimits(max_age_s=10, beat_timeout_s=99)
    roster = roster_of(2, limits, least=1)
    roster.tick(0, {})
    roster.receive(1, Ready("k", 7), 0)

    assert events(roster.tick(11.0, {})) == ["worker_draining"]


def test_a_busy_worker_is_recycled_with_no_job_lost() -> None:
    roster = started(1, SMALL)
    roster.assign(task(), 0)

    assert events(roster.tick(0.1, {1: Sample("R", 101)})) == ["worker_draining"]
    assert roster.free_slots() == 0
    assert statuses(answer(roster, 1, 1, 9.0)) == {1: "done"}
    assert statuses(roster.exited(1, 0, 9.1)) == {}


def test_growth_is_counted_from_what_a_worker_needs_once_it_is_warm() -> None:
    limits = HealthLimits(max_growth_bytes=10 * MIB)
    roster = started(1, limits)
    for task_id in range(WARM_UP_JOBS):
        roster.tick(task_id, {1: Sample("S", (5 + 10 * task_id) * MIB)})
        assert work(roster, 1, task_id, float(task_id)) == [], "until then it may grow"
    baseline = (5 + 10 * WARM_UP_JOBS) * MIB
    now = float(WARM_UP_JOBS)

    assert roster.tick(now, {1: Sample("S", baseline)}) == []
    assert roster.tick(now, {1: Sample("S", baseline + 10 * MIB)}) == []
    assert events(roster.tick(now, {1: Sample("S", baseline + 10 * MIB + 1)})) == [
        "worker_draining"
    ]
    assert roster.members[0].end_reason == "grown"


def test_a_new_worker_has_a_baseline_of_its_own() -> None:
    limits = HealthLimits(max_growth_bytes=10 * MIB)
    roster = started(1, limits)
    for task_id in range(WARM_UP_JOBS):
        work(roster, 1, task_id)
    roster.tick(0, {1: Sample("S", 5 * MIB)})
    roster.exited(1, 0, 0)
    roster.receive(1, Ready("k", 7), 0)

    assert roster.tick(0, {1: Sample("S", 50 * MIB)}) == []


def test_a_look_that_sees_nothing_is_no_baseline() -> None:
    limits = HealthLimits(max_growth_bytes=10 * MIB)
    roster = started(1, limits)
    for task_id in range(WARM_UP_JOBS):
        work(roster, 1, task_id)
    roster.tick(0, {1: Sample()})

    assert roster.tick(0, {1: Sample("S", 50 * MIB)}) == []
    assert roster.members[0].baseline_bytes == 50 * MIB


def test_a_worker_that_no_look_saw_keeps_its_last_sample() -> None:
    roster = started(2, SMALL)
    roster.tick(0, {1: Sample("S", 90), 2: Sample("S", 90)})
    roster.tick(0, {1: Sample("S", 91)})

    assert [member.sample.rss_bytes for member in roster.members] == [91, 90]


def test_a_worker_above_the_memory_limit_is_killed_while_it_works() -> None:
    roster = started(1, HealthLimits(memory_limit_bytes=100))
    roster.assign(task(), 0)

    actions = roster.tick(0.1, {1: Sample("R", 101)})

    assert actions == [Note("worker_killed", 1, 0, "memory_limit"), Kill(1)]


@pytest.mark.parametrize("how", ["worn_out", "operator"])
def test_planned_ends_spend_no_restarts(how: str) -> None:
    roster = started(1, HealthLimits(max_jobs=1))
    for task_id in range(10):
        if how == "worn_out":
            work(roster, 1, task_id)
        else:
            roster.restart(1, 0, at_once=bool(task_id % 2))

        assert only(Spawn, roster.exited(1, 0, 0)) == [Spawn(1)]
        roster.receive(1, Ready("k", 7), 0)
    assert roster.staffing.restarts_by_reason == {how: 10}


def test_a_kind_whose_workers_outgrow_their_memory_before_any_job_goes_down() -> None:
    """Else a limit below what a worker needs to start would burn a core for ever."""
    roster = roster_of(1, SMALL)
    seen: list[str] = []
    for now in range(0, 12, 4):
        roster.tick(now, {})
        roster.receive(1, Ready("k", 7), now)
        roster.tick(now, {1: Sample("S", 101)})
        seen += events(roster.exited(1, 0, now))

    assert seen[-1] == "kind_down"
