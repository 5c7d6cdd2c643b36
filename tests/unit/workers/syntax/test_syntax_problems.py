"""Syntax errors are said as a compiler would say them."""

import pytest

from protocol.tools.code_parse import SyntaxProblem
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse
from workers.syntax.problems import MOST_PROBLEMS, problems
from workers.syntax.source import Source


def _problems(code: bytes, language: str) -> tuple[list[SyntaxProblem], int]:
    return problems(parse(code, language, Budget(10)), Source(code), language, Budget(10))


@pytest.mark.parametrize(
    ("language", "code", "said"),
    [
        ("python", "x = 1\n", []),
        ("python", "def f(:\n  pass\n", ["1:7 missing ')'"]),
        ("python", "x = = 3\n", ["1:5 unexpected '='"]),
        ("python", "é = = 3\n", ["1:5 unexpected '='"]),
        ("python", "foo(1, 2\nbar()\n", ["1:4 '(' was never closed"]),
        ("python", "def f(a)\n    return a\n", ["1:9 missing ':'"]),
        ("python", "if a == 1\n    b()\n", ["1:10 missing ':'"]),
        ("python", "x = 'abc\ny = 2\n", ["1:5 the string is never closed"]),
        ("python", 'def f():\n    """doc\n    return 1\n', ["2:5 the string is never closed"]),
        ("python", "x = [1, 2 3]\n", ["1:11 unexpected '3'; expected ',' or ']'"]),
        ("python", "x = {\n  'a': 1\n  'b': 2,\n}\n", ["2:9 missing ',' or '}'"]),
        ("python", "x = f(1))\n", ["1:9 unmatched ')'"]),
        ("python", "if x = 1:\n    pass\n", ["1:6 unexpected '='; expected ':'"]),
        ("python", "if a:\n  b\nelse if c:\n  d\n", ["3:6 unexpected 'if'; expected ':'"]),
        ("python", "for x range(3):\n    pass\n", ["1:7 unexpected 'range'; expected 'in'"]),
        ("python", "def f():\n  retrun 1\n", ["2:3 unexpected 'retrun'; did you mean 'return'?"]),
        ("python", "def f(a)\n    retrun a\n", ["1:9 missing ':'"]),
        ("python", "form os import path\n", ["1:1 unexpected 'form'; did you mean 'from'?"]),
        ("python", "i++\n", ["1:4 unexpected end of line"]),
        ("javascript", "foo(]);\n", ["1:5 unexpected ']'; expected ',' or ')'"]),
        ("javascript", "const x = 'abc;\nf();\n", ["1:11 the string is never closed"]),
        ("javascript", "const x = {a: 1 b: 2};\n", ["1:17 unexpected 'b'; expected ',' or '}'"]),
        ("javascript", "function f() {\n}\n}\n", ["3:1 unmatched '}'"]),
        ("javascript", "cosnt x = 1;\n", ["1:1 unexpected 'cosnt'; did you mean 'const'?"]),
        ("javascript", "const x = a ? b;\n", ["1:16 unexpected ';'; expected ':'"]),
        ("javascript", "foo(1, 2\n", ["1:4 '(' was never closed"]),
        ("java", "class A { int x = 1 }", ["1:20 missing ';'"]),
        ("java", 'class A {\n  String s = "abc;\n}\n', ["2:14 the string is never closed"]),
        ("java", "class A { void f() { if x) { } } }", ["1:25 unexpected 'x'; expected '('"]),
        (
            "java",
            "class A { void f(int a int b) { } }",
            ["1:24 unexpected 'int'; expected ',' or ')'"],
        ),
        ("java", "public clas A {\n}\n", ["1:8 unexpected 'clas'; did you mean 'class'?"]),
        ("go", "package a\nfunc f( {\n}\n", ["2:8 missing ')'"]),
        ("go", "package a\n\nfucn f() {\n}\n", ["3:1 unexpected 'fucn'; did you mean 'func'?"]),
        ("go", "package a\nfunc f() {\n\twhile x {\n\t}\n}\n", ["3:8 unexpected 'x'"]),
        ("go", "package a\nvar x = []int{1, 2 3}\n", ["2:20 unexpected '3'; expected ',' or '}'"]),
        ("c", "int main(void) {\n  f(1));\n}\n", ["2:7 unmatched ')'"]),
        ("c", "struct a { int x; }\nint f(void) { }\n", ["2:5 unexpected 'f'; expected ';'"]),
        ("php", "<?php\n$x = 1\n$y = 2;\n", ["2:7 missing ';'"]),
        ("json", '{"a" 1}', ["1:6 unexpected '1'"]),
        ("json", '{"a": [1, 2, "b": 3}', ["1:7 '[' was never closed"]),
        ("css", "a { color red; }\n", ["1:14 unexpected ';'; expected ':'"]),
    ],
)
def test_an_error_says_where_and_what(language: str, code: str, said: list[str]) -> None:
    found, count = _problems(code.encode(), language)

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


def test_a_failure_deep_in_a_long_file_is_found_where_it_is() -> None:
    """The tree of this one is a single error from the first line on."""
    good = "def f(a):\n    return [a, 1]\n\n\n" * 500
    broken = "class A:\n    def g(self):\n        (bar.\n    baz)\n"

    found, _ = _problems((good + broken + good).encode(), "python")

    assert found[0].line == 4 * 500 + 3
    assert found[0].text == "(bar."


def test_errors_in_a_file_that_is_too_long_to_look_closer_are_still_said() -> None:
    found, count = _problems(b"x = 1\n" * 40_000 + b"y = = 2\n", "python")

    assert count == 1
    assert (found[0].line, found[0].message) == (40_001, "unexpected '='")


def test_the_place_of_what_is_missing_is_where_the_last_word_ends() -> None:
    (problem,), _ = _problems("x = 'ä'\nwenn = 'ö' if x else\n".encode(), "python")

    assert (problem.line, problem.column) == (2, 21)
