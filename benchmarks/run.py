"""Run every benchmark in its short form; write `benchmarks/results/latest.md`, `.json`, `.png`."""

import argparse
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import folder
import latency
import load_test
import memory
import msgspec
import start_up
from contenders import toolcrew
from mcp_client import Era, ServerFailed
from plot import draw_load
from report import Machine, Report, machine, render, say, size, to_json

_RESULTS = Path(__file__).with_name("results")


class Results(msgspec.Struct, kw_only=True):
    """What `latest.json` holds. *failures* says why a benchmark has no figures."""

    machine: Machine
    seconds: float = 0.0
    figures: dict[str, Any] = {}
    failures: dict[str, str] = {}


def _start_up() -> Report:
    return start_up.measure(start_up.Options(rounds=5))


def _memory() -> Report:
    return memory.measure(memory.Options(settle=0.5, calls=1_000))


def _latency() -> Report:
    return latency.measure(latency.Options(seconds=0.6, rounds=3))


def _load() -> Report:
    """Put toolcrew under load: the same call in both eras, then a tenth of the calls new."""
    runs = [_load_run("legacy"), _load_run("modern"), _load_run("legacy", distinct=0.1)]
    if find_spec("matplotlib"):
        first = runs[0]
        draw_load(first.label, first.latency_curve, first.throughput, _RESULTS / "latest.png")
    return Report(tables=[load_test.table(run) for run in runs], figures=runs)


def _load_run(era: Era, distinct: float = 0.0) -> load_test.Figures:
    server = toolcrew()
    options = load_test.Options(
        label=f"toolcrew, {era}, {distinct:.0%} new",
        arguments=server.fresh if distinct else server.same,
        distinct=distinct,
        era=era,
        seconds=3.0,
    )
    return load_test.measure(options)


def _folder() -> Report:
    return folder.measure(folder.Options(rounds=1))


_BENCHMARKS = {
    "start_up": _start_up,
    "memory": _memory,
    "latency": _latency,
    "load": _load,
    "folder": _folder,
}


def _run(names: Sequence[str], results: Results) -> list[str]:
    """Run these benchmarks in turn and return their parts of the page; one may fail."""
    parts: list[str] = []
    for name in names:
        say(f"{name} ...")
        try:
            report = _BENCHMARKS[name]()
        except (ServerFailed, OSError) as error:
            results.failures[name] = str(error)
            parts.append(f"### {name}: not measured\n\n```\n{error}\n```\n")
            continue
        results.figures[name] = report.figures
        parts += [render(table) for table in report.tables]
    return parts


def _page(results: Results, parts: Sequence[str]) -> str:
    here = results.machine
    load = ", ".join(f"{load:g}" for load in here.load_average)
    about = (
        f"{here.cpu}, {here.cores} cores, {size(here.memory_bytes)}, {here.kernel}, {here.python}; "
        f"load average before the run {load}; the run took {results.seconds:.0f} s."
    )
    advice = "Other work on the machine moves the absolute figures: compare the ratios."
    return "\n".join(["# Benchmarks", "", about, advice, "", *parts])


def _names() -> list[str]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which of {', '.join(_BENCHMARKS)}; else all")
    names: list[str] = parser.parse_args().names
    if unknown := set(names) - set(_BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return names or list(_BENCHMARKS)


def main() -> int:
    """Measure, print, write; fail if anything could not be measured."""
    _RESULTS.mkdir(exist_ok=True)
    results = Results(machine=machine())
    start = time.perf_counter()
    parts = _run(_names(), results)
    results.seconds = time.perf_counter() - start
    page = _page(results, parts)
    print(page)
    (_RESULTS / "latest.md").write_text(page)
    (_RESULTS / "latest.json").write_bytes(to_json(results))
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
