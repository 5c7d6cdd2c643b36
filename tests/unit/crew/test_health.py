"""Every way in which a worker can be ill has a row that ends it, and nobody is looked at in vain."""

from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coordinator.crew.health import (
    RECYCLING,
    SHARED_GRACE_S,
    HealthLimits,
    Signs,
    Verdict,
    next_look,
    verdict,
    wear,
)

LIMITS = HealthLimits(
    start_timeout_s=10,
    beat_timeout_s=3,
    ask_grace_s=0.5,
    max_jobs=100,
    max_rss_bytes=1000,
    max_growth_bytes=300,
    max_age_s=500,
    memory_limit_bytes=2000,
)
NOW = 512.0
WELL = Signs(is_ready=True, since=NOW - 100, last_beat=NOW - 1, process_state="S")
times = st.floats(0, 1000)

signs = st.builds(
    Signs,
    is_ready=st.booleans(),
    since=times,
    last_beat=times,
    process_state=st.sampled_from(["", "S", "R", "D", "Z", "T", "t"]),
    first_deadline=st.none() | times,
    asked_at=st.none() | times,
    is_shared=st.booleans(),
    jobs_done=st.integers(0, 200),
    rss_bytes=st.integers(0, 3000),
    baseline_bytes=st.none() | st.integers(0, 2000),
    share=st.floats(0.8, 1.0),
)
well_for_ever = signs.filter(
    lambda seen: (
        seen.process_state not in {"T", "t"}
        and not 0 < LIMITS.memory_limit_bytes < seen.rss_bytes
        and wear(seen, 0.0, LIMITS) == "fine"
    )
)
"""Signs that only the passing of time can make worse."""


def changed(**changes: Any) -> Signs:
    return msgspec.structs.replace(WELL, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "fine"),
        ({"process_state": "T"}, "stopped"),
        ({"process_state": "t"}, "stopped"),
        ({"process_state": "D"}, "fine"),
        ({"process_state": "T", "is_ready": False}, "stopped"),
        ({"is_ready": False, "since": NOW - 9.9}, "fine"),
        ({"is_ready": False, "since": NOW - 10}, "start_timeout"),
        ({"is_ready": False, "since": NOW, "last_beat": 0.0}, "fine"),
        ({"first_deadline": NOW + 0.1}, "fine"),
        ({"first_deadline": NOW}, "deadline"),
        ({"asked_at": NOW - 0.4}, "fine"),
        ({"asked_at": NOW - 0.5}, "ignored_request"),
        ({"asked_at": NOW - 0.5, "is_shared": True}, "fine"),
        ({"asked_at": NOW - SHARED_GRACE_S, "is_shared": True}, "ignored_request"),
        ({"last_beat": NOW - 2.9}, "fine"),
        ({"last_beat": NOW - 3}, "missed_beats"),
        ({"rss_bytes": 1000}, "fine"),
        ({"rss_bytes": 1001}, "grown"),
        ({"rss_bytes": 800, "baseline_bytes": 500}, "fine"),
        ({"rss_bytes": 801, "baseline_bytes": 500}, "grown"),
        ({"rss_bytes": 801, "baseline_bytes": None}, "fine"),
        ({"rss_bytes": 2000}, "grown"),
        ({"rss_bytes": 2001}, "memory_limit"),
        ({"jobs_done": 99}, "fine"),
        ({"jobs_done": 100}, "worn_out"),
        ({"jobs_done": 79, "share": 0.8}, "fine"),
        ({"jobs_done": 80, "share": 0.8}, "worn_out"),
        ({"since": NOW - 500}, "fine"),
        ({"since": NOW - 500.1}, "old"),
        ({"since": NOW - 400, "share": 0.8}, "fine"),
        ({"since": NOW - 400.1, "share": 0.8}, "old"),
        ({"jobs_done": 100, "rss_bytes": 1001}, "grown"),
        ({"jobs_done": 100, "since": 0.0}, "worn_out"),
        ({"first_deadline": NOW, "last_beat": 0.0}, "deadline"),
        ({"asked_at": 0.0, "last_beat": 0.0}, "ignored_request"),
        ({"last_beat": 0.0, "rss_bytes": 2001}, "missed_beats"),
    ],
)
def test_a_worker_is_judged_by_the_first_row_that_holds(
    changes: dict[str, Any], expected: Verdict
) -> None:
    assert verdict(changed(**changes), NOW, LIMITS) == expected


def test_a_limit_of_one_job_is_one_job_whatever_the_share() -> None:
    limits = HealthLimits(max_jobs=1)

    assert wear(changed(jobs_done=0, share=0.8), NOW, limits) == "fine"
    assert wear(changed(jobs_done=1, share=0.8), NOW, limits) == "worn_out"


def test_without_a_memory_limit_nobody_is_killed_for_its_size() -> None:
    limits = HealthLimits(memory_limit_bytes=0)

    assert verdict(changed(rss_bytes=1 << 40), NOW, limits) == "grown"


def test_a_grace_that_is_longer_than_the_shared_one_holds_for_shared_workers_too() -> None:
    limits = HealthLimits(ask_grace_s=SHARED_GRACE_S + 5)
    asked = changed(asked_at=NOW - SHARED_GRACE_S, is_shared=True)

    assert verdict(asked, NOW, limits) == "fine"
    assert verdict(asked, NOW + 5, limits) == "ignored_request"


@given(signs, times, st.floats(0, 1000))
def test_who_may_not_live_on_will_not_get_well_by_waiting(
    seen: Signs, now: float, later: float
) -> None:
    if verdict(seen, now, LIMITS) != "fine":
        assert verdict(seen, now + later, LIMITS) != "fine"


@given(signs)
def test_nobody_of_whom_nothing_is_heard_lives_for_ever(seen: Signs) -> None:
    assert verdict(seen, 3000.0, LIMITS) not in RECYCLING | {"fine"}


@given(signs, times)
def test_a_worker_that_is_starting_is_judged_by_its_start_alone(seen: Signs, now: float) -> None:
    if not seen.is_ready:
        assert verdict(seen, now, LIMITS) in {"fine", "stopped", "start_timeout"}


@given(signs, times)
def test_wear_never_costs_a_worker_its_life(seen: Signs, now: float) -> None:
    assert wear(seen, now, LIMITS) in RECYCLING | {"fine"}


@given(signs, times)
def test_nobody_is_recycled_sooner_for_a_larger_share_of_the_limits(
    seen: Signs, now: float
) -> None:
    to_the_full = msgspec.structs.replace(seen, share=1.0)

    if wear(seen, now, LIMITS) == "fine":
        assert wear(to_the_full, now, LIMITS) == "fine"


@given(well_for_ever, st.floats(0, 1, exclude_max=True))
def test_until_the_next_look_a_worker_stays_well_but_for_its_age(seen: Signs, part: float) -> None:
    before = next_look(seen, LIMITS) * part
    assume(before < next_look(seen, LIMITS))

    assert verdict(seen, before, LIMITS) in {"fine", "old"}


@given(well_for_ever)
def test_at_the_next_look_there_is_something_to_see(seen: Signs) -> None:
    assert verdict(seen, next_look(seen, LIMITS), LIMITS) not in RECYCLING | {"fine"}
