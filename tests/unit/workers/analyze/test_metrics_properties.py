"""What holds for any text, however broken: of samples from which a piece is missing, or doubled."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.metrics_samples import NAMES, language_of, metrics_of_code, sample
from workers.analyze.model import FileMetrics, FunctionMetrics, TypeMetrics
from workers.syntax.budget import Budget
from workers.syntax.lines import count_lines
from workers.syntax.parsing import parse
from workers.syntax.source import Source


@st.composite
def _broken(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a language, and a sample of it with something cut out or said twice."""
    name = draw(st.sampled_from(NAMES))
    data = sample(name)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    middle = draw(st.sampled_from([b"", data[start:end] * 2, b"(", b"{", b'"', b"\x00", b"\xff"]))
    return language_of(name), data[:start] + middle + data[end:]


def _all(found: FileMetrics) -> list[FileMetrics | FunctionMetrics | TypeMetrics]:
    return [found, *found.functions, *found.types]


@given(_broken())
@settings(max_examples=150)
def test_numbers_are_never_negative_and_lines_add_up(broken: tuple[str, bytes]) -> None:
    language, data = broken
    for each in _all(metrics_of_code(data, language)):
        tokens, vector, lines = each.halstead, each.abc, each.lines
        assert tokens is not None
        assert vector is not None

        assert lines.total == lines.code + lines.comment + lines.blank
        assert 0 <= vector.assignments + vector.branches + vector.conditions < len(data) * 3
        assert min(vector.assignments, vector.branches, vector.conditions, lines.logical) >= 0
        assert max(vector.assignments, vector.branches, lines.logical) <= len(data)
        assert tokens.distinct_operators <= tokens.operators <= len(data)
        assert tokens.distinct_operands <= tokens.operands <= len(data)
        assert each.nesting is not None
        assert (each.cognitive or 0) >= 0
        assert 0 <= each.nesting <= len(data)


@given(_broken())
@settings(max_examples=100)
def test_a_file_has_what_its_functions_have(broken: tuple[str, bytes]) -> None:
    language, data = broken
    found = metrics_of_code(data, language)

    assert found.cyclomatic is not None
    assert found.halstead is not None
    assert found.cyclomatic >= sum(each.cyclomatic for each in found.functions)
    assert found.lines.logical >= sum(each.lines.logical for each in found.functions)
    assert found.halstead.operands >= sum(each.halstead.operands for each in found.functions)
    assert sum(each.fan_in for each in found.functions) == sum(
        each.fan_out for each in found.functions
    )
    assert all(each.cyclomatic >= 1 for each in found.functions)


@given(_broken())
@settings(max_examples=100)
def test_lines_are_those_that_a_parse_tells(broken: tuple[str, bytes]) -> None:
    """Both engines look for comments in their own way; unreadable code may be a comment to one."""
    language, data = broken
    tree = parse(data, language, Budget(10))
    if tree.root_node.has_error:
        return
    told = count_lines(tree, Source(data), language, Budget(10))
    lines = metrics_of_code(data, language).lines

    assert (lines.total, lines.code, lines.comment, lines.blank) == (
        told.total,
        told.code,
        told.comment,
        told.blank,
    )


@pytest.mark.parametrize("name", NAMES)
def test_lines_of_samples_are_those_that_a_parse_tells(name: str) -> None:
    data, language = sample(name), language_of(name)
    told = count_lines(parse(data, language, Budget(10)), Source(data), language, Budget(10))
    lines = metrics_of_code(data, language).lines

    assert (lines.code, lines.comment, lines.blank) == (told.code, told.comment, told.blank)


@pytest.mark.parametrize("name", NAMES)
def test_to_measure_twice_gives_the_same(name: str) -> None:
    first, second = (metrics_of_code(sample(name), language_of(name)) for _ in range(2))

    assert first == second
