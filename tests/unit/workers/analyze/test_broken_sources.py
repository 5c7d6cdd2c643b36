"""Code that is broken, or nested ever so deep, is measured all the same: no crash, no number below 0."""

import random
from collections.abc import Iterator

import pytest

from support.metrics_samples import NAMES, language_of, sample
from workers.analyze.measure import measure_file
from workers.analyze.model import FileMetrics, FunctionMetrics, TypeMetrics
from workers.syntax.budget import Budget

_DEPTH = 2_000

_NESTED = {
    "c": ("int f() {", "if (a && (b || f(", "1", "))) {", "}", "}"),
    "cpp": ("int f() {", "auto g = [] { if (a && !(", "b", ")) {", "} };", "}"),
    "csharp": ("class A { void F() {", "if (a && (b || F(", "1", "))) {", "}", "} }"),
    "go": ("package p\nfunc f() {", "if a && (b || f(", "1", ")) {", "}", "}"),
    "java": ("class A { void f() {", "if (a && (b || f(", "1", "))) {", "}", "} }"),
    "javascript": ("function f() {", "if (a && (b || f(", "1", "))) {", "}", "}"),
    "kotlin": ("fun f() {", "if (a && (b || f(", "1", "))) {", "}", "}"),
    "php": ("<?php function f() {", "if ($a && ($b || f(", "1", "))) {", "}", "}"),
    "ruby": ("def f\n", "if a && (b || f(", "1", "))\n", "end\n", "end"),
    "rust": ("fn f() {", "if a && (b || f(", "1", ")) {", "}", "}"),
    "scala": ("object A { def f = {", "if (a && (b || f(", "1", "))) {", "}", "} }"),
    "swift": ("func f() {", "if a && (b || f(", "1", ")) {", "}", "}"),
}


def _numbers(found: FileMetrics | TypeMetrics | FunctionMetrics) -> Iterator[float]:
    assert found.cyclomatic is not None
    assert found.cognitive is not None
    assert found.abc is not None
    assert found.halstead is not None
    yield from (found.cyclomatic, found.cognitive, found.lines.logical, found.lines.code)
    yield from (found.abc.assignments, found.abc.branches, found.abc.conditions)
    yield from (found.halstead.operators, found.halstead.operands, found.halstead.volume)


def _check(code: bytes, language: str) -> None:
    found = measure_file(code, language, Budget(10))

    rows: list[FileMetrics | TypeMetrics | FunctionMetrics] = [found]
    rows += [*found.types, *found.functions]
    for each in rows:
        assert all(0 <= number < len(code) ** 2 + 2_000 for number in _numbers(each))


@pytest.mark.parametrize("name", NAMES)
def test_a_source_may_end_anywhere(name: str) -> None:
    code = sample(name)

    for end in range(0, len(code), max(1, len(code) // 15)):
        _check(code[:end], language_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_tokens_may_be_lost(name: str) -> None:
    dice = random.Random(name)
    lines = sample(name).split(b"\n")

    for _ in range(6):
        kept = [line for line in lines if dice.random() > 0.1]
        code = bytearray(b"\n".join(kept))
        for _ in range(20):
            del code[dice.randrange(len(code))]
        _check(bytes(code), language_of(name))


@pytest.mark.parametrize("language", sorted(_NESTED))
@pytest.mark.parametrize("is_closed", [True, False])
def test_depth_costs_no_stack(language: str, is_closed: bool) -> None:
    before, into, middle, within, out, after = _NESTED[language]
    code = before + (into + middle + within) * _DEPTH
    if is_closed:
        code += out * _DEPTH + after

    _check(code.encode(), language)


@pytest.mark.parametrize(
    ("language", "head", "part"),
    [
        ("c", "", "#if a && b\n"),
        ("cpp", "", "&& "),
        ("csharp", "", "case = "),
        ("kotlin", "", "( else "),
        ("ruby", "", "else\n"),
        ("rust", "", "( && "),
        ("scala", "", "&& "),
        ("swift", "(", "break x "),
        ("swift", "", "{ = = "),
    ],
)
def test_what_stands_side_by_side_in_unreadable_code_is_looked_at_once(
    language: str, head: str, part: str
) -> None:
    """If each looked for its place from the first of them, this would take minutes."""
    _check((head + part * 20_000).encode(), language)


@pytest.mark.parametrize("language", sorted(_NESTED))
def test_a_sequence_as_long_as_a_file_is_one_run(language: str) -> None:
    sign, opens, closes = ("$a" if language == "php" else "a"), "if (", ") {}"
    if language == "ruby":
        closes = ")\nend\n"
    elif language == "kotlin":
        closes = ") {}\n"
    before, *_, after = _NESTED[language]
    code = before + opens + f"{sign} && " * _DEPTH + sign + closes + after

    found = measure_file(code.encode(), language, Budget(10)).functions[0]

    assert (found.cyclomatic, found.cognitive) == (_DEPTH + 2, 2)
