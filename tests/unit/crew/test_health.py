"""Every way in which a worker can be ill has a row that ends it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.crew.health import HealthLimits, Signs, Verdict, verdict

LIMITS = HealthLimits(
    start_timeout_s=10, beat_timeout_s=3, ask_grace_s=0.5, max_jobs=100, max_rss_bytes=1000
)
NOW = 50.0
WELL = Signs(is_ready=True, since=0.0, last_beat=NOW - 1, process_state="S")
times = st.floats(0, 100)

signs = st.builds(
    Signs,
    is_ready=st.booleans(),
    since=times,
    last_beat=times,
    process_state=st.sampled_from(["", "S", "R", "D", "Z", "T", "t"]),
    first_deadline=st.none() | times,
    asked_at=st.none() | times,
    jobs_done=st.integers(0, 200),
    rss_bytes=st.integers(0, 2000),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "fine"),
        ({"process_state": "T"}, "stopped"),
        ({"process_state": "t"}, "stopped"),
        ({"process_state": "T", "is_ready": False}, "stopped"),
        ({"is_ready": False, "since": NOW - 10}, "fine"),
        ({"is_ready": False, "since": NOW - 10.1}, "start_timeout"),
        ({"is_ready": False, "since": NOW, "last_beat": 0.0}, "fine"),
        ({"first_deadline": NOW + 0.1}, "fine"),
        ({"first_deadline": NOW}, "deadline"),
        ({"asked_at": NOW - 0.5}, "fine"),
        ({"asked_at": NOW - 0.6}, "ignored_request"),
        ({"last_beat": NOW - 3}, "fine"),
        ({"last_beat": NOW - 3.1}, "missed_beats"),
        ({"rss_bytes": 1000}, "fine"),
        ({"rss_bytes": 1001}, "too_much_memory"),
        ({"jobs_done": 99}, "fine"),
        ({"jobs_done": 100}, "worn_out"),
        ({"jobs_done": 100, "rss_bytes": 1001}, "too_much_memory"),
        ({"first_deadline": NOW, "last_beat": 0.0}, "deadline"),
    ],
)
def test_a_worker_is_judged_by_the_first_row_that_holds(
    changes: dict[str, Any], expected: Verdict
) -> None:
    seen = Signs(**{**msgspec.structs.asdict(WELL), **changes})

    assert verdict(seen, NOW, LIMITS) == expected


@given(signs, times, st.floats(0, 100))
def test_who_may_not_live_on_will_not_get_well_by_waiting(
    seen: Signs, now: float, later: float
) -> None:
    if verdict(seen, now, LIMITS) != "fine":
        assert verdict(seen, now + later, LIMITS) != "fine"


@given(signs)
def test_nobody_of_whom_nothing_is_heard_lives_for_ever(seen: Signs) -> None:
    assert verdict(seen, 1000.0, LIMITS) != "fine"


@given(signs, times)
def test_a_worker_that_is_starting_is_judged_by_its_start_alone(seen: Signs, now: float) -> None:
    if not seen.is_ready:
        assert verdict(seen, now, LIMITS) in {"fine", "stopped", "start_timeout"}
