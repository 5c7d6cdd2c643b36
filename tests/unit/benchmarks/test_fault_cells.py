"""Figures of the fault programme in words."""

import msgspec
import pytest
from fault_pools import cells
from fault_pools.figures import Calm, KillOne, Orphans, Overdue, Poison, Stop, Storm
from hypothesis import given
from hypothesis import strategies as st
from percentiles import Latency, latency
from report import duration

replace = msgspec.structs.replace

KILLED = KillOne(
    calls=16,
    lost=0,
    unanswered=0,
    begun_again=0,
    done_again=0,
    working_again_s=0.004,
    full_s=0.010,
    rebuilds=0,
)
STORM = Storm(
    seconds=2.0,
    kills=40,
    answered=4_000,
    wrong=0,
    lost=0,
    unanswered=0,
    rebuilds=0,
    latency=latency([0.001, 0.002, 0.003]),
    full_s=0.1,
)
OVERDUE = Overdue(deadline_s=0.2, answered_s=0.21, answered_by="pool", workers_left=2, full_s=0.02)
POISON = Poison(
    neighbours=32,
    answered=32,
    workers_died=1,
    caller_got="CallLost",
    peak_bytes=300 << 20,
    rebuilds=0,
)
CALM = Calm(alone=latency([0.001]), together=latency([0.002]), calls_per_second=1_234.5)


@pytest.mark.parametrize(
    ("lost", "unanswered", "rebuilds", "words"),
    [
        (0, 0, 0, "0 of 16 lost"),
        (15, 1, 0, "16 of 16 lost"),
        (0, 2, 0, "2 of 16 lost"),
        (16, 0, 1, "16 of 16 lost, pool rebuilt"),
        (16, 0, 3, "16 of 16 lost, pool rebuilt 3 times"),
    ],
)
def test_a_call_without_an_answer_is_lost_however_it_ended(
    lost: int, unanswered: int, rebuilds: int, words: str
) -> None:
    one = replace(KILLED, lost=lost, unanswered=unanswered, rebuilds=rebuilds)

    assert cells.killed_calls([one]) == words


def test_trials_that_differ_are_shown_from_the_best_to_the_worst() -> None:
    trials = [replace(KILLED, lost=lost, begun_again=again) for lost, again in ((3, 1), (0, 0))]

    assert cells.killed_calls(trials) == "0 to 3 of 16 lost"
    assert cells.killed_again(trials) == "0 to 1 begun again, 0 done twice"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ([0.010], "10 ms"),
        ([0.010, 0.012, 0.014], "12 ms"),
        ([0.010, 0.012, 0.090], "12 ms (max 90 ms)"),
        ([0.010, None], "10 ms, or never"),
        ([None, None], "never"),
    ],
)
def test_times_are_the_median_and_the_worst_where_it_is_far_off(
    seconds: list[float | None], words: str
) -> None:
    assert cells.killed_full([replace(KILLED, full_s=one) for one in seconds]) == words
    assert cells.killed_working([replace(KILLED, working_again_s=one) for one in seconds]) == words


def test_a_storm_names_what_went_wrong_only_where_something_did() -> None:
    assert cells.storm_calls([STORM]) == "2,000 answered/s, 0 lost"
    assert cells.storm_calls([replace(STORM, lost=7, unanswered=2, wrong=1, rebuilds=4)]) == (
        "2,000 answered/s, 7 lost, 2 without an answer, 1 wrong, pool rebuilt 4 times"
    )
    assert cells.storm_latency([STORM]) == "2 ms / 3 ms"


def test_no_answer_has_no_latency() -> None:
    assert cells.storm_latency([replace(STORM, answered=0, latency=latency([]))]) == "no answers"


@pytest.mark.parametrize(
    ("found_s", "answered", "words"),
    [
        (0.025, 16, "found in 25 ms; 16 of 16 answered"),
        (None, 0, "not found; 0 of 16 answered"),
    ],
)
def test_a_stopped_worker_is_found_or_not(found_s: float | None, answered: int, words: str) -> None:
    one = Stop(calls=16, answered=answered, lost=0, found_s=found_s)

    assert cells.stopped([one]) == words


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (OVERDUE, "answered in 210 ms; both work 20 ms later"),
        (replace(OVERDUE, workers_left=1, full_s=None), "answered in 210 ms; 1 of 2 workers left"),
        (
            replace(OVERDUE, answered_by="caller", workers_left=1, full_s=None),
            "by the caller's own timer; 1 of 2 workers left",
        ),
        (
            replace(OVERDUE, answered_by="nobody", answered_s=None),
            "no answer; both work 20 ms later",
        ),
    ],
)
def test_an_endless_task_says_who_answered_and_who_can_still_work(one: Overdue, words: str) -> None:
    assert cells.overdue([one]) == words


def test_a_bad_task_is_paid_for_by_workers_and_neighbours() -> None:
    worse = replace(POISON, workers_died=2, answered=3, rebuilds=1)

    assert cells.poisoned([POISON]) == "1 worker died; 32 of 32 others answered"
    assert cells.poisoned([worse]) == "2 workers died; 3 of 32 others answered, pool rebuilt"
    assert cells.hogged([replace(POISON, workers_died=0)]) == (
        "300.0 MiB, then CallLost; 0 workers died; 32 of 32 others answered"
    )


def test_orphans_are_counted_soon_and_later_and_the_worst_trial_counts() -> None:
    trials = [
        Orphans(before=3, after_100_ms=1, after_1_s=0),
        Orphans(before=3, after_100_ms=0, after_1_s=0),
    ]

    assert cells.orphaned(trials) == "1; 0"


def test_without_faults_there_are_latency_and_throughput() -> None:
    assert cells.alone([CALM]) == "1 ms / 1 ms"
    assert cells.together([CALM]) == "1,234/s"


@given(seconds=st.lists(st.floats(1e-6, 10), min_size=1))
def test_the_percentiles_shown_were_measured(seconds: list[float]) -> None:
    summary: Latency = latency(sorted(seconds))

    shown = cells.storm_latency([replace(STORM, latency=summary)])

    assert shown == f"{duration(summary.p50)} / {duration(summary.p99)}"
    assert {summary.p50, summary.p99} <= set(seconds)
