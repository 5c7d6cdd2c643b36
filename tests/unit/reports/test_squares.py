"""Dividing a rectangle: every part has its share, nothing overlaps, and nothing is a mere stripe."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.reports.squares import Box, divide

sizes = st.lists(st.integers(0, 10_000), min_size=1, max_size=40).map(
    lambda drawn: sorted(drawn, reverse=True)
)
boxes = st.builds(Box, st.floats(0, 100), st.floats(0, 100), st.floats(1, 2000), st.floats(1, 2000))


@given(boxes, sizes)
def test_every_part_has_its_share_of_the_area(box: Box, drawn: list[int]) -> None:
    parts = divide(box, drawn)
    total, area = sum(drawn), box.width * box.height
    assert len(parts) == len(drawn)
    for part, size in zip(parts, drawn, strict=True):
        share = area * size / total if total else 0.0
        assert math.isclose(part.width * part.height, share, rel_tol=1e-6, abs_tol=1e-6 * area)


@given(boxes, sizes)
def test_parts_lie_inside_and_beside_each_other(box: Box, drawn: list[int]) -> None:
    slack = 1e-6 * (box.width + box.height)
    parts = [part for part in divide(box, drawn) if part.width > slack and part.height > slack]
    for part in parts:
        assert part.x >= box.x - slack
        assert part.y >= box.y - slack
        assert part.x + part.width <= box.x + box.width + slack
        assert part.y + part.height <= box.y + box.height + slack
    for one, other in itertools.combinations(parts, 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert across <= slack or down <= slack


def test_the_example_of_the_paper() -> None:
    # Bruls, Huizing and van Wijk divide 6 by 4 into 6, 6, 4, 3, 2, 2, 1 (their figure 4).
    parts = divide(Box(0, 0, 6, 4), [6, 6, 4, 3, 2, 2, 1])

    ratios = [max(part.width / part.height, part.height / part.width) for part in parts]
    assert [(round(p.x, 2), round(p.y, 2)) for p in parts[:4]] == [
        (0, 0),
        (0, 2),
        (3, 0),
        (4.71, 0),
    ]
    assert max(ratios) < 3


@pytest.mark.parametrize("box", [Box(0, 0, 0, 10), Box(0, 0, 10, 0)])
def test_of_nothing_everybody_gets_nothing(box: Box) -> None:
    assert [part.width * part.height for part in divide(box, [3, 2, 0])] == [0, 0, 0]
    assert divide(Box(0, 0, 9, 9), []) == []
