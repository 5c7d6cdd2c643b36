"""Better and worse are each other's mirror, and nothing is both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.analyze.changes.verdict import Measures, deltas, verdict

NAMES = ("cyclomatic", "cognitive", "nesting", "parameters", "lines", "maintainability")
measures = st.fixed_dictionaries({name: st.integers(0, 12).map(float) for name in NAMES})
MIRROR = {"better": "worse", "worse": "better", "mixed": "mixed", "changed": "changed", None: None}


@given(measures, measures)
def test_the_way_back_is_the_opposite(before: Measures, after: Measures) -> None:
    there, back = verdict(deltas(before, after)), verdict(deltas(after, before))

    assert back == MIRROR[there]


@given(measures)
def test_what_stayed_is_no_change(same: Measures) -> None:
    assert deltas(same, same) == {}
    assert verdict({}) is None


@given(measures, measures)
def test_worse_in_every_decisive_measure_is_worse(before: Measures, grown: Measures) -> None:
    after = {name: before[name] + grown[name] for name in before}
    after["maintainability"] = before["maintainability"]

    assert verdict(deltas(before, after)) in {"worse", "changed", None}


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ({"cyclomatic": 1}, "worse"),
        ({"cognitive": -1}, "better"),
        ({"nesting": 1, "cognitive": -2}, "mixed"),
        ({"parameters": -1}, "better"),
        ({"lines": 30}, "changed"),
        ({"lines": 30, "maintainability": -12.5}, "worse"),
        ({"lines": -30, "maintainability": 12.5}, "better"),
        ({"cyclomatic": -1, "maintainability": -5}, "mixed"),
        ({"cyclomatic": -1, "maintainability": -4.9}, "better"),
        ({"maintainability": 0.9}, None),
        ({"maintainability": -1.0}, "changed"),
        ({"lines": 1, "maintainability": -0.5}, "changed"),
    ],
)
def test_examples(delta: Measures, expected: str | None) -> None:
    assert verdict(delta) == expected
