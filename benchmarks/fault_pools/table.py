"""The comparison: one row for each fault, one column for each pool, and its place in a README."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from fault_pools import cells
from fault_pools.figures import Figures, Options, Run
from fault_pools.pool import MEMORY_LIMIT

NOT_INSTALLED = "not installed"


class Row(msgspec.Struct, frozen=True):
    """What was done, under which fault it was measured, and what puts the figures into words."""

    title: str
    fault: str
    cell: Callable[[Sequence[Any]], str]


def rows(options: Options) -> list[Row]:
    """Return every row of the table, the words fitting *options*."""
    batch, deadline = f"{options.batch} calls", f"deadline {options.deadline_s * 1e3:.0f} ms"
    kills = f"kill -9 every {options.kill_every_s * 1e3:.0f} ms, {options.callers} callers"
    limit = f"limit {MEMORY_LIMIT >> 20} MiB"
    return [
        Row(f"kill -9 of one worker, {batch} outstanding", "kill-one", cells.killed_calls),
        Row("… calls executed again", "kill-one", cells.killed_again),
        Row("… until calls are answered again", "kill-one", cells.killed_working),
        Row("… until both workers answer again", "kill-one", cells.killed_full),
        Row(kills, "storm", cells.storm_calls),
        Row("… latency of the answered, p50 / p99", "storm", cells.storm_latency),
        Row(f"SIGSTOP of a busy worker, {batch}", "stop-at-work", cells.stopped),
        Row(f"SIGSTOP of an idle worker, {batch}", "stop-at-rest", cells.stopped),
        Row(f"endless loop in Python, {deadline}", "loop", cells.overdue),
        Row(f"endless C call with the GIL, {deadline}", "hold-gil", cells.overdue),
        Row("a task segfaults among 32 others", "segfault", cells.poisoned),
        Row("a task calls _exit among 32 others", "exit", cells.poisoned),
        Row(f"a task takes 1 GiB among 32 others, {limit}", "hog", cells.hogged),
        Row("coordinator kill -9, idle: left after 100 ms; 1 s", "orphan-idle", cells.orphaned),
        Row("coordinator kill -9, busy: left after 100 ms; 1 s", "orphan-busy", cells.orphaned),
        Row("no fault: latency of one caller, p50 / p99", "calm", cells.alone),
        Row(f"no fault: {options.callers} callers", "calm", cells.together),
    ]


def table_rows(pools: Iterable[str], runs: Sequence[Run], options: Options) -> list[list[str]]:
    """Return the cells, row by row, with a column for each of *pools*, measured or not."""
    return [[row.title, *(cell(row, pool, runs) for pool in pools)] for row in rows(options)]


def cell(row: Row, pool: str, runs: Sequence[Run]) -> str:
    """Return what *row* says of *pool*; a measurement without figures counts for all of its trials."""
    if not any(run.pool == pool for run in runs):
        return NOT_INSTALLED
    trials = [run for run in runs if run.pool == pool and run.fault == row.fault]
    if not trials:
        return "not measured"
    figures: list[Figures] = [run.figures for run in trials if run.figures is not None]
    if problems := [run.problem for run in trials if run.figures is None]:
        return problems[0].replace("|", "/")
    return row.cell(figures)
