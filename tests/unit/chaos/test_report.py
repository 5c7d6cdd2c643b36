"""Verdicts, and the table that shows them."""

import pytest

from chaos.report import (
    Bar,
    Findings,
    Verdict,
    at_least,
    at_most,
    beyond,
    judge,
    percentile,
    spread,
    within,
)
from chaos.table import Result, table

MEASURED = Findings(figures={"lost": 1, "call_p99_ms": 10})


@pytest.mark.parametrize(
    ("bar", "with_times", "verdict"),
    [
        (at_most(1, "lost"), False, "pass"),
        (at_most(0, "lost"), False, "fail"),
        (at_least(1, "lost"), False, "pass"),
        (at_least(2, "lost"), False, "fail"),
        (within(10, "call_p99_ms"), True, "pass"),
        (within(9, "call_p99_ms"), True, "fail"),
        (within(9, "call_p99_ms"), False, "not judged"),
        (beyond(11, "call_p99_ms"), True, "fail"),
        (at_most(9, "never_measured"), False, "fail"),
    ],
)
def test_a_figure_is_on_one_side_of_its_bar(bar: Bar, with_times: bool, verdict: Verdict) -> None:
    (_, judged) = judge(MEASURED, [bar], with_times=with_times)

    assert judged.verdict == verdict


@pytest.mark.parametrize(("violations", "verdict"), [([], "pass"), (["call 1: lost"], "fail")])
def test_a_broken_promise_is_a_missed_bar(violations: list[str], verdict: Verdict) -> None:
    (judged,) = judge(Findings(violations=violations), [], with_times=False)

    assert judged.verdict == verdict


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, 0), ([7], 0.99, 7), ([3, 1, 2], 0.5, 2), (list(range(100)), 0.99, 99)],
)
def test_percentiles_are_values_that_were_measured(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


def test_a_spread_keeps_the_unit_at_the_end() -> None:
    assert spread("call_ms", [1, 2, 3]) == {
        "call_p50_ms": 2,
        "call_p99_ms": 3,
        "call_max_ms": 3,
    }


def result(findings: Findings, bars: list[Bar]) -> Result:
    return Result(
        number=1,
        name="kill",
        done="kill -9",
        seconds=1,
        findings=findings,
        judgements=judge(findings, bars, with_times=True),
    )


def test_the_table_has_a_row_for_each_bar() -> None:
    text = table([result(MEASURED, [at_most(0, "lost"), within(10.5, "call_p99_ms")])])

    assert text.splitlines() == [
        "| no. | test | what was done | bar                  | measured | verdict |",
        "| --- | ---- | ------------- | -------------------- | -------- | ------- |",
        "| 1   | kill | kill -9       | broken promises <= 0 | 0        | pass    |",
        "|     |      |               | lost <= 0            | 1        | fail    |",
        "|     |      |               | call_p99_ms <= 10.5  | 10       | pass    |",
        "",
        "1 trials, 1 failed",
    ]


def test_the_table_ends_with_the_promises_that_were_broken() -> None:
    text = table([result(Findings(violations=["call 7: answered twice"]), [])])

    assert text.splitlines()[-2:] == ["kill: call 7: answered twice", "1 trials, 1 failed"]
