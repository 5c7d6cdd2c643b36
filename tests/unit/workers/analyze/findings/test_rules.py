"""Each rule finds what it is for, in each language that it is for, and leaves alone what only looks so."""

import pytest

from protocol.tools.code_analyze import Thresholds
from protocol.tools.code_rules import RULES
from support.findings_calls import STRICT, find, rules_of
from support.findings_cases import CASES, Case

_BY_NUMBERS = {
    "too-long",
    "long-file",
    "too-complex",
    "hard-to-follow",
    "too-many-parameters",
    "deep-nesting",
}


def _name(case: Case) -> str:
    return f"{case.rule}-{case.language}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_what_a_rule_is_for_is_found_once(case: Case) -> None:
    assert rules_of(case.bad, case.language) == [case.rule]


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_near_miss_is_no_finding(case: Case) -> None:
    assert find(case.good, case.language) == []


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_windows_line_breaks_change_nothing(case: Case) -> None:
    windows = case.bad.replace("\n", "\r\n")

    assert [each.id for each in find(windows, case.language)] == [
        each.id for each in find(case.bad, case.language)
    ]


@pytest.mark.parametrize(
    ("language", "code"),
    [
        (
            "c",
            "int f(int a) {\n    if (a)\n        goto end;\n    return 1;\n    end:\n    return 2;\n}\n",
        ),
        (
            "c",
            "int f(int a) {\n    int y = a;\n    #ifdef X\n    #endif\n    int y = 2;\n    return y;\n}\n",
        ),
        ("python", "# self.x = g(a)\n# if a:\n#     b(c, d)\n\na()\n"),
        ("python", "class C:\n    x = x\n"),
        ("javascript", "if (b) { h(); } else if (a) { g(1, 2); } else { g(1, 2); }\n"),
        ("ruby", "def f(a)\n  return 1\nrescue ArgumentError\n  2\nend\n"),
        ("python", "def f():\n    return\n    yield\n"),
        ("python", "try:\n    a()\nexcept:\n    b()  # whatever it was, c() says it\n"),
    ],
    ids=[
        "label",
        "one-scope",
        "top-of-file",
        "class-body",
        "chain",
        "rescue",
        "generator",
        "remark",
    ],
)
def test_what_is_meant_so_is_no_finding(language: str, code: str) -> None:
    assert find(code, language) == []


def test_a_number_that_is_at_its_threshold_is_no_finding() -> None:
    code = "def f(a, b):\n    return a\n"

    assert rules_of(code, thresholds=Thresholds(parameters=2, function_lines=2, file_lines=2)) == []
    assert rules_of(code, thresholds=Thresholds(parameters=1, function_lines=1)) == [
        "too-long",
        "too-many-parameters",
    ]


def test_every_rule_has_a_case_in_every_language_that_it_names() -> None:
    shown = {(case.rule, case.language) for case in CASES}
    named = {(rule.id, language) for rule in RULES.values() for language in rule.languages}

    missing = {each for each in named - shown if each[0] not in _BY_NUMBERS}

    assert missing == set()


def test_numbers_above_their_thresholds_are_found_and_twice_as_much_is_worse() -> None:
    code = (
        "def f(a, b, c):\n"
        "    if a and b:\n"
        "        if c:\n"
        "            for x in a:\n"
        "                g(x)\n"
        "    return a or b\n"
        "def g(a, b):\n"
        "    return a\n"
        "x = 1\n"
    )

    found = {each.rule: each for each in find(code, thresholds=STRICT)}

    assert set(found) == _BY_NUMBERS
    assert found["too-complex"].message.startswith("Cyclomatic complexity 6, more than 2")
    assert found["too-complex"].severity == "major"
    assert found["too-many-parameters"].severity == "minor"
    assert {each.symbol for each in found.values()} == {"f", ""}
