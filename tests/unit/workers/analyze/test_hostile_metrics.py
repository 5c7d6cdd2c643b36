"""Inputs made to hurt: each is measured or refused, soon, and none takes the process down."""

import time

import pytest

from protocol.errors import CallRefused
from protocol.tools.languages import LANGUAGES
from workers.analyze.measure import measure_file, metrics_of
from workers.analyze.model import FileMetrics
from workers.syntax.budget import Budget

_MEASURED = [language for language in LANGUAGES if metrics_of(language) != ("lines",)]
_DEEP = 20_000


def _measure(data: bytes, language: str = "python", seconds: float = 10) -> FileMetrics:
    return measure_file(data, language, Budget(seconds))


@pytest.mark.parametrize("language", [*_MEASURED, "css"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\x00",
        b"\x00" * 1000,
        b"\xff\xfe\xfd",
        b"a" * 20_000,
        b"\r\r\n\r",
        b"\xe2\x80",
        b'"',
        b"'''",
        b"`${",
        b"/*",
        b"#",
        b"if",
        b"else",
        b"}{)(][",
        b"def class function",
    ],
)
def test_texts_that_are_no_code_have_lines(language: str, data: bytes) -> None:
    lines = _measure(data, language).lines

    assert lines.total == data.count(b"\n") + (data[-1:] not in (b"", b"\n"))
    assert lines.total == lines.code + lines.comment + lines.blank


@pytest.mark.parametrize("language", _MEASURED)
@pytest.mark.parametrize("text", [b"(", b"{", b"[", b"f(", b"{(", b"if (a) {", b"a ? b : ", b"!"])
def test_what_is_never_closed_is_measured_or_too_much(language: str, text: bytes) -> None:
    start = time.process_time()
    try:
        found = _measure(text * (60_000 // len(text)), language, 0.3)
    except CallRefused as refusal:
        assert refusal.code == "parse_budget"  # noqa: PT017 - either answer is right
    else:
        assert found.lines.total == 1
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("language", "code", "cyclomatic"),
    [
        ("python", b"x = " + b"(" * _DEEP + b"1" + b")" * _DEEP, 0),
        ("python", b"x = 1" + b" + 1" * _DEEP, 0),
        ("python", b"x = a" + b" and a" * _DEEP, _DEEP),
        ("python", b"x = " + b"a if b else " * _DEEP + b"a", _DEEP),
        ("python", b"x = " + b"lambda: " * _DEEP + b"a", 0),
        ("python", b"x = " + b"f(" * _DEEP + b"a and a" + b")" * _DEEP, 1),
        ("python", b"if a: pass\n" + b"elif a: pass\n" * _DEEP, _DEEP + 1),
        ("javascript", b"x = " + b"a ? " * 5_000 + b"a" + b" : a" * 5_000, 5_000),
        ("javascript", b"if (a) {} " + b"else if (a) {} " * _DEEP, _DEEP + 1),
        ("javascript", b"{" * _DEEP + b"}" * _DEEP, 0),
        ("javascript", b"x = " + b"() => " * _DEEP + b"1", 1),
        ("typescript", b"x = a" + b" && a" * _DEEP, _DEEP),
    ],
)
def test_what_is_deep_is_only_code(language: str, code: bytes, cyclomatic: int) -> None:
    found = _measure(code, language, 20)

    assert found.cyclomatic == cyclomatic


def test_alternating_operators_count_each_time() -> None:
    found = _measure(b"def f():\n  return a" + b" and a or a" * 1_000)

    assert found.functions[0].cognitive == 2_000


def test_functions_in_functions_in_functions_end() -> None:
    depth = 300
    code = (
        "".join(f"{' ' * each}def f{each}():\n" for each in range(depth)) + " " * depth + "pass\n"
    )

    found = _measure(code.encode())

    assert len(found.functions) == depth
    assert max(len(each.qualified_name) for each in found.functions) < 1_000


def test_many_functions_in_one_expression_have_no_name_but_end() -> None:
    code = b"x = [" + b"lambda a=f(b): (a and b), " * 30_000 + b"]"

    found = _measure(code, seconds=20)

    assert (found.functions, found.cyclomatic) == ([], 30_000)


def test_one_huge_line_of_comments_and_strings_is_one_line() -> None:
    found = _measure(b"/* a */ 'b'; " * 50_000, "javascript", 20)

    assert (found.lines.total, found.lines.code) == (1, 1)
    assert found.halstead is not None
    assert found.halstead.distinct_operands == 1


def test_many_comments_on_many_lines_are_comment_lines() -> None:
    found = _measure(b"/* a */ /* b */\n" * 20_000, "javascript", 20)

    assert found.lines.comment == 20_000


def test_a_function_with_very_many_callers_and_callees_ends() -> None:
    code = b"".join(b"def f%d(): return f%d()\n" % (each, each + 1) for each in range(5_000))

    found = _measure(code, seconds=20)

    assert {each.cognitive for each in found.functions} == {0}
    assert sum(each.fan_in for each in found.functions) == 4_999


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", b"function a(){" * 4_000 + b"}" * 4_000),
        ("javascript", b"class A { m(){ " * 3_000 + b"}}" * 3_000),
        ("java", b"class A { " * 4_000 + b"}" * 4_000),
        ("javascript", b"a && f(" * _DEEP + b"b" + b")" * _DEEP),
        ("python", b"x" + b".a" * 50_000),
        ("python", b"x" + b".a()" * _DEEP),
        ("python", b"def f(): f()\n" * 4_000),
        ("python", b"def f(): pass\n" * 3_000 + b"def g(): f()\n" * 3_000),
        ("javascript", b"x = {" + b"a: function(){}," * 4_000 + b"}"),
        ("javascript", b"`${" * 3_000 + b"1" + b"}`" * 3_000),
        ("c", b"int x = " + b"+-*&" * 30_000 + b"1;"),
    ],
)
def test_what_is_there_very_often_costs_no_more_each_time(language: str, code: bytes) -> None:
    """Each took many seconds when something was looked for anew for each of them."""
    start = time.process_time()

    _measure(code, language, 20)

    assert time.process_time() - start < 4


def test_a_budget_that_is_spent_ends_the_walk() -> None:
    times = iter(range(10_000))
    budget = Budget(60, clock=lambda: float(next(times)))

    with pytest.raises(CallRefused):
        measure_file(b"x = [a and b]\n" * 200_000, "python", budget)
