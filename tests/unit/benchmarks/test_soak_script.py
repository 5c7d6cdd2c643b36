"""A trend is a straight line through the parts of a soak, whatever single parts do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from soak import trend


def test_what_stays_as_it_is_has_no_trend() -> None:
    assert (trend([5.0] * 10).change, trend([5.0] * 10).spread) == (0.0, 0.0)


def test_a_steady_rise_is_told_as_a_share_of_the_mean() -> None:
    found = trend([90.0, 100.0, 110.0])

    assert (found.mean, found.change, found.spread) == pytest.approx((100.0, 0.2, 0.1))


@pytest.mark.parametrize("values", [[3.0], [0.0, 0.0]])
def test_too_little_for_a_line_has_no_trend(values: list[float]) -> None:
    assert trend(values).change == 0.0


@given(st.lists(st.floats(1.0, 1e6), min_size=2, max_size=20))
def test_the_other_way_round_the_trend_is_the_opposite(values: list[float]) -> None:
    assert trend(values[::-1]).change == pytest.approx(-trend(values).change, abs=1e-9)
