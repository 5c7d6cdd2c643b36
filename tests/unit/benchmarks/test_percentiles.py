"""Percentiles are values that were measured, never values between them."""

from hypothesis import given
from hypothesis import strategies as st
from percentiles import latency, percentile

SORTED = st.lists(st.floats(0, 1e6), min_size=1).map(sorted)


def test_of_a_hundred_values_the_nth_is_the_nth_percentile() -> None:
    values = [float(value) for value in range(1, 101)]

    assert [percentile(values, point) for point in (0, 1, 50, 99, 100)] == [1, 1, 50, 99, 100]


@given(values=SORTED, percent=st.floats(0, 100))
def test_so_many_percent_of_the_values_do_not_exceed_it(
    values: list[float], percent: float
) -> None:
    found = percentile(values, percent)

    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values) * (1 - 1e-12)


@given(values=SORTED)
def test_a_summary_never_goes_down(values: list[float]) -> None:
    summary = latency(values)

    points = [summary.p50, summary.p90, summary.p95, summary.p99, summary.p99_9, summary.maximum]
    assert points == sorted(points)
    assert summary.maximum == values[-1]


def test_no_calls_have_no_latency() -> None:
    assert latency([]).maximum == 0
