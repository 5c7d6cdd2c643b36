"""The table of the fault programme, and its place in a README."""

import pytest
from fault_pools.figures import Options, Orphans, Run
from fault_pools.registry import FAULTS, ORPHANS
from fault_pools.table import NOT_INSTALLED, cell, rows, table_rows

OPTIONS = Options()

(IDLE,) = (row for row in rows(OPTIONS) if row.fault == "orphan-idle")


def _run(pool: str, fault: str = "orphan-idle", problem: str = "") -> Run:
    figures = None if problem else Orphans(before=2, after_100_ms=2, after_1_s=1)
    return Run(pool=pool, fault=fault, seconds=1.0, figures=figures, problem=problem)


def test_every_fault_has_a_row_and_every_row_a_fault() -> None:
    assert {row.fault for row in rows(OPTIONS)} == {*FAULTS, *ORPHANS}
    assert len({row.title for row in rows(OPTIONS)}) == len(rows(OPTIONS))


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([_run("one")], "2; 1"),
        ([_run("another")], NOT_INSTALLED),
        ([], NOT_INSTALLED),
        ([_run("one", "calm", problem="failed")], "not measured"),
        ([_run("one", problem="no end within 3 s")], "no end within 3 s"),
        ([_run("one"), _run("one", problem="failed: a | b")], "failed: a / b"),
    ],
)
def test_a_cell_says_why_it_has_no_figures(runs: list[Run], words: str) -> None:
    assert cell(IDLE, "one", runs) == words


def test_there_is_a_column_for_each_pool_in_the_order_asked_for() -> None:
    lines = table_rows(["two", "one"], [_run("one")], OPTIONS)

    (line,) = (line for line in lines if line[0] == IDLE.title)
    assert line == [IDLE.title, NOT_INSTALLED, "2; 1"]
    assert {len(line) for line in lines} == {3}
