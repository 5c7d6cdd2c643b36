"""Syntax errors are said as a compiler would say them."""

import pytest

from protocol.tools.code_parse import SyntaxProblem
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse
from workers.syntax.problems import MOST_PROBLEMS, problems
from workers.syntax.source import Source


def _problems(code: bytes, language: str) -> tuple[list[SyntaxProblem], int]:
    return problems(parse(code, language, Budget(10)), Source(code), Budget(10))


@pytest.mark.parametrize(
    ("language", "code", "said"),
    [
        ("python", b"x = 1\n", []),
        ("python", b"def f(:\n  pass\n", ["1:7 missing ')'"]),
        ("python", b"x = = 3\n", ["1:5 unexpected '='"]),
        ("python", b"foo(1, 2\nbar()\n", ["1:4 '(' was never closed"]),
        ("java", b"class A { int x = 1 }", ["1:20 missing ';'"]),
        ("javascript", b"foo(]);\n", ["1:5 unexpected ']'"]),
        ("go", b"package a\nfunc f( {\n}\n", ["2:8 missing ')'"]),
        ("python", "é = = 3\n".encode(), ["1:5 unexpected '='"]),
    ],
)
def test_an_error_says_where_and_what(language: str, code: bytes, said: list[str]) -> None:
    found, count = _problems(code, language)

    assert [f"{each.line}:{each.column} {each.message}" for each in found] == said
    assert count == len(said)


def test_a_missing_token_is_what_was_expected() -> None:
    (problem,), _ = _problems(b"a = 1\ndef f(:\n  pass\n", "python")

    assert problem.expected == ")"
    assert problem.text == "def f(:"


def test_many_errors_are_counted_and_the_first_are_shown() -> None:
    found, count = _problems(b"x = = 1\n" * 50, "python")

    assert len(found) == MOST_PROBLEMS
    assert count == 50
    assert [each.line for each in found] == list(range(1, MOST_PROBLEMS + 1))
