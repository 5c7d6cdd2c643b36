"""Figures as text: tables for the terminal and for Markdown, and the machine behind them."""

import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil
from mcp_client import ServerFailed


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table; the *notes* under it say what the figures mean."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one benchmark found: for the eye, and everything for `--json`."""

    tables: Sequence[Table]
    figures: Any
    complete: bool = True


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where the figures were measured."""

    cpu: str
    cores: int
    memory_bytes: int
    kernel: str
    python: str
    load_average: Sequence[float]


def machine() -> Machine:
    """Describe this machine as it is now."""
    return Machine(
        cpu=_cpu_model(),
        cores=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        load_average=[round(load, 2) for load in os.getloadavg()],
    )


def render(table: Table) -> str:
    """Return *table* as Markdown with aligned columns."""
    lines = [list(table.columns), *[list(row) for row in table.rows]]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    rows = [
        "| " + " | ".join(map(str.ljust, cells, widths)) + " |"  # first column and heads too
        for cells in lines
    ]
    notes = ["", *[f"- {note}" for note in table.notes]] if table.notes else []
    return "\n".join([f"### {table.title}", "", *rows, *notes, ""])


def publish(measure: Callable[[], Report], json_file: str | None) -> int:
    """Measure, print the tables, write the figures to *json_file*; return the exit code."""
    try:
        report = measure()
    except (ServerFailed, OSError, msgspec.DecodeError) as error:
        say(str(error))
        return 1
    for table in report.tables:
        print(render(table))
    if json_file is not None:
        Path(json_file).write_bytes(to_json(report.figures))
    return 0 if report.complete else 1


def to_json(value: object) -> bytes:
    """Return *value* as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def say(text: str) -> None:
    """Tell on stderr what goes on."""
    print(text, file=sys.stderr, flush=True)


def rate(per_second: float) -> str:
    """Return calls or files a second for a table."""
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}" if seconds < 1000 * scale else f"{seconds:.0f} s"
    return f"{seconds * 1e6:.3g} µs"


def size(count: float) -> str:
    """Return bytes in MiB."""
    return f"{count / 2**20:.1f} MiB"


def ratio(value: float, base: float) -> str:
    """Return how many times *base* *value* is."""
    if not base:
        return "n/a"
    times = value / base
    return f"{times:,.0f}x" if times >= 100 else f"{times:.3g}x"


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
