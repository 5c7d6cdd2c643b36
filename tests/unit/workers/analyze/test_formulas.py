"""The published formulas, with examples that were worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.metrics_samples import functions_of
from workers.analyze.formulas import abc, halstead, maintainability
from workers.analyze.measure import metrics_of

_NATURAL = st.integers(0, 100_000)


def test_halstead_of_a_vocabulary_of_19_and_a_length_of_42() -> None:
    found = halstead(12, 7, 27, 15)

    assert found.volume == 178.41  # 42 * log2(19) = 42 * 4.24793
    assert found.difficulty == 12.86  # 12 / 2 * 15 / 7
    assert found.effort == 2293.88  # 178.413 * 12.8571


def test_the_index_of_ten_lines_with_one_path() -> None:
    found = maintainability(178.41, 1, 10)

    assert found.original == 106.51  # 171 - 5.2 * 5.18408 - 0.23 - 16.2 * 2.30259
    assert found.index == 62.29


def test_the_vector_of_three_four_and_twelve_is_thirteen_long() -> None:
    assert abc(3, 4, 12).magnitude == 13


def test_nothing_has_no_volume_and_cannot_be_maintained_better() -> None:
    assert halstead(0, 0, 0, 0).effort == 0
    assert maintainability(0, 0, 0).index == 100


@given(_NATURAL, _NATURAL, _NATURAL)
def test_the_index_stays_on_its_scale(volume: int, cyclomatic: int, lines: int) -> None:
    found = maintainability(volume, cyclomatic, lines)

    assert 0 <= found.index <= 100
    assert found.original <= 171


def test_tokens_of_a_small_function() -> None:
    """Operators: def ( : = + * [ ( return not; of the brackets, the closing one is none."""
    (found,) = functions_of(
        "def f(a):\n    b = a + 2 * c[0]\n    return not f(b)\n", "python"
    ).values()

    tokens, vector = found.halstead, found.abc
    assert (tokens.operators, tokens.distinct_operators) == (10, 9)
    assert (tokens.operands, tokens.distinct_operands) == (9, 6)  # f a b a 2 c 0 f b
    assert (vector.assignments, vector.branches, vector.conditions) == (1, 1, 0)


def test_a_string_is_one_operand_and_what_it_is_made_of_none() -> None:
    code = "def f():\n    return 'a + b' + f'{a and b:>{c}}'  # a + b\n"
    (found,) = functions_of(code, "python").values()

    assert found.halstead.operands == 3
    assert found.halstead.operators == 5  # def ( : return +
    assert found.cyclomatic == 2  # but the code in it is run


@pytest.mark.parametrize(
    ("language", "has_all"),
    [("python", True), ("tsx", True), ("java", True), ("swift", True), ("css", False)],
)
def test_a_language_has_all_metrics_or_lines(language: str, has_all: bool) -> None:
    found = metrics_of(language)

    assert found[0] == "lines"
    assert ("cognitive" in found, len(found) > 1) == (has_all, has_all)
