"""Samples that say line by line what counts, and why: comments of the form `paths +1, cognitive +2`.

What is said so is added up for the innermost function around; `nesting = 2` and its like state a number
of that function as a whole. So the numbers come from the published rules, and not from the tool.
"""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from support.metrics_samples import NAMES, language_of, metrics_of_code, sample
from workers.analyze.model import FunctionMetrics

_ADDED = re.compile(r"(paths|cognitive) \+(\d+)")
_STATED = re.compile(
    r"(cognitive|nesting|parameters|logical|assignments|branches|conditions"
    r"|distinct operators|distinct operands|operators|operands) = (\d+)"
)
_ANNOTATED = [name for name in NAMES if _ADDED.search(sample(name).decode())]

Numbers = dict[str, int]


def _measured(found: FunctionMetrics) -> Numbers:
    tokens, vector = found.halstead, found.abc
    return {
        "paths": found.cyclomatic,
        "cognitive": found.cognitive,
        "nesting": found.nesting,
        "parameters": found.parameters,
        "logical": found.lines.logical,
        "assignments": vector.assignments,
        "branches": vector.branches,
        "conditions": vector.conditions,
        "operators": tokens.operators,
        "operands": tokens.operands,
        "distinct operators": tokens.distinct_operators,
        "distinct operands": tokens.distinct_operands,
    }


def _counted(lines: list[str]) -> Numbers:
    """Return what the comments of one function say."""
    text = "\n".join(lines)
    numbers: Counter[str] = Counter({"paths": 1, "cognitive": 0})
    for name, number in _ADDED.findall(text):
        numbers[name] += int(number)
    stated = {name: int(number) for name, number in _STATED.findall(text)}
    return {**numbers, **stated}


def _own_lines(functions: list[FunctionMetrics], code: str) -> Iterator[list[str]]:
    """Yield the lines of each function that are not those of a function in it."""
    lines = code.split("\n")
    owners = [-1] * (len(lines) + 1)
    for index, each in enumerate(functions):  # outer ones come first
        for line in range(each.range.start_line, each.range.end_line + 1):
            owners[line] = index
    for index in range(len(functions)):
        yield [line for owner, line in zip(owners[1:], lines, strict=True) if owner == index]


@pytest.mark.parametrize("name", _ANNOTATED)
def test_functions_have_the_numbers_that_their_lines_say(name: str) -> None:
    code = sample(name).decode()
    functions = metrics_of_code(code, language_of(name)).functions

    found: dict[str, Numbers] = {}
    wanted: dict[str, Numbers] = {}
    for each, lines in zip(functions, _own_lines(functions, code), strict=True):
        key = f"{each.qualified_name}:{each.range.start_line}"
        wanted[key] = _counted(lines)
        found[key] = {what: _measured(each)[what] for what in wanted[key]}

    assert found == wanted


@pytest.mark.parametrize("name", _ANNOTATED)
def test_no_line_that_counts_is_outside_a_function(name: str) -> None:
    code = sample(name).decode()
    functions = metrics_of_code(code, language_of(name)).functions

    counted = [line for lines in _own_lines(functions, code) for line in lines]

    assert len(_ADDED.findall("\n".join(counted))) == len(_ADDED.findall(code))
