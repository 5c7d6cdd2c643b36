"""What of the findings is said: by rule, by severity, by threshold, and no more than there is room for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.code_analyze import CONTRACT, Arguments, Options, Thresholds, plan
from protocol.tools.code_metrics import Severity
from protocol.tools.code_rules import RULES, SEVERITIES
from support.findings_calls import STRICT, find, rules_of
from support.findings_cases import CASES
from workers.analyze.findings import MOST_FINDINGS, finding_items, findings
from workers.analyze.measure import measure
from workers.analyze.parsed import parsed
from workers.syntax.budget import Budget

_CODE = "\n".join(case.bad for case in CASES if case.language == "python")
_EVERYTHING = Options(detail="findings", thresholds=STRICT)
_NAMES = ("function_lines", "file_lines", "cyclomatic", "cognitive", "parameters", "nesting")


def test_findings_are_in_document_order() -> None:
    places = [(each.range.start_line, each.range.start_column) for each in find(_CODE)]

    assert places == sorted(places)
    assert len(places) > 10


@given(st.sampled_from([*RULES]))
def test_only_the_rules_that_are_asked_for_are_run(rule: str) -> None:
    every = [each for each in find(_CODE, thresholds=STRICT) if each.rule == rule]

    assert find(_CODE, thresholds=STRICT, rules=[rule]) == every


@given(st.sampled_from(SEVERITIES))
def test_what_is_less_severe_than_asked_for_is_left_out(severity: Severity) -> None:
    least = SEVERITIES.index(severity)

    found = find(_CODE, thresholds=STRICT, severity=severity)

    every = find(_CODE, thresholds=STRICT)
    assert found == [each for each in every if SEVERITIES.index(each.severity) >= least]


@pytest.mark.parametrize("off", [Thresholds(), Thresholds(**dict.fromkeys(_NAMES, 0))])
def test_no_threshold_and_a_threshold_of_0_mean_never(off: Thresholds) -> None:
    by_numbers = {"too-long", "long-file", "too-complex", "hard-to-follow", "deep-nesting"}

    assert by_numbers.isdisjoint(rules_of(_CODE, thresholds=off))


@given(st.sampled_from(_NAMES), st.integers(1, 30))
def test_a_higher_threshold_never_finds_more(name: str, most: int) -> None:
    low, high = (
        {each.id for each in find(_CODE, thresholds=Thresholds(**{name: value}))}
        for value in (most, most + 1)
    )

    assert high <= low


def test_a_file_has_no_more_findings_than_may_be_said() -> None:
    assert len(find("# TODO: a\n" * (MOST_FINDINGS + 10))) == MOST_FINDINGS


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(CallRefused, match=r"no rule 'empty-cach'; did you mean empty-catch\?"):
        plan(Arguments(code="x", detail="findings", rules=["todo", "empty-cach"]))

    with pytest.raises(CallRefused, match="there are too-long, long-file"):
        plan(Arguments(code="x", detail="findings", rules=["zzzzzz"]))


def test_rules_that_exist_are_no_reason_to_refuse() -> None:
    assert CONTRACT.plan is not None
    assert b'"rules":["todo"]' in bytes(CONTRACT.plan(Arguments(code="x", rules=["todo"])).options)


def test_a_row_begins_with_the_line_and_ends_with_the_symbol() -> None:
    items = finding_items(find("def f(a=[]):\n    return a\n"))

    assert [each.text for each in items] == [
        "  1 mutable-default major: The default of `a` is made once, and all calls share it. · f"
    ]


@pytest.mark.parametrize("language", ["python", "typescript", "c", "ruby", "css"])
@pytest.mark.parametrize(
    "hostile",
    [
        b"return\n" * 2_000,
        b" catch (e) {" * 5_000,
        b"\n".join(b" " * depth + b"return" for depth in range(300)),
        b"# TODO " * 5_000,
        b"\n // a(b);" * 2_000,
        b"x = x\n" * 3_000,
        b"else " * 5_000,
        b"def f(" * 3_000,
        b"\xff\x00TODO: \n" * 1_000,
    ],
    ids=lambda data: repr(data[:8]),
)
def test_hostile_sources_are_answered_within_their_budget(hostile: bytes, language: str) -> None:
    seconds = 1.0
    try:
        one = parsed(None, language, hostile, Budget(seconds))
        metrics = measure(one)
        findings(one._replace(budget=Budget(seconds)), metrics, _EVERYTHING)
    except CallRefused as refusal:
        code = refusal.code
    else:
        code = "parse_budget"

    assert code == "parse_budget"
