"""Run every benchmark; write `results/latest.json`, `.md`, `.png`, `.svg`. `--publish`: the READMEs too."""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import dispatch
import folder
import growth
import latency
import load_test
import memory
import msgspec
import payload
import readme
import results_file
import soak
import start_up
from contenders import toolcrew, typescript_versions
from mcp_client import Era, ServerFailed
from plot import draw_run
from report import Report, machine, say, to_json
from results_file import LATEST, PUBLISHED, Results


class Benchmark(msgspec.Struct, frozen=True):
    """One benchmark in its short form, and in the long one."""

    short: Callable[[], Report]
    long: Callable[[], Report]


def _load(seconds: float) -> Report:
    """Put toolcrew under load: the same call in both eras, then a tenth of the calls new."""
    runs = [
        _load_run(seconds, "legacy"),
        _load_run(seconds, "modern"),
        _load_run(seconds, "legacy", distinct=0.1),
    ]
    return Report(tables=[load_test.table(run) for run in runs], figures=runs)


def _load_run(seconds: float, era: Era, distinct: float = 0.0) -> load_test.Figures:
    server = toolcrew()
    return load_test.measure(
        load_test.Options(
            label=f"toolcrew, {era}, {distinct:.0%} new",
            arguments=server.fresh if distinct else server.same,
            distinct=distinct,
            era=era,
            seconds=seconds,
        )
    )


_BENCHMARKS = {
    "latency": Benchmark(
        lambda: latency.measure(latency.Options(seconds=0.6, warmup=0.7, rounds=2)),
        lambda: latency.measure(latency.Options(seconds=1.5, rounds=5)),
    ),
    "load": Benchmark(lambda: _load(3.0), lambda: _load(10.0)),
    "dispatch": Benchmark(
        lambda: dispatch.measure(dispatch.Options(seconds=0.6, rounds=2)),
        lambda: dispatch.measure(dispatch.Options(seconds=2.0, rounds=5)),
    ),
    "start_up": Benchmark(
        lambda: start_up.measure(start_up.Options(rounds=5)),
        lambda: start_up.measure(start_up.Options(rounds=15)),
    ),
    "memory": Benchmark(
        lambda: memory.measure(memory.Options(settle=0.5, calls=1_000)),
        lambda: memory.measure(memory.Options(settle=2.0, calls=5_000)),
    ),
    "folder": Benchmark(
        lambda: folder.measure(folder.Options(rounds=1, details=("symbols",))),
        lambda: folder.measure(folder.Options(rounds=3)),
    ),
    "growth": Benchmark(
        lambda: growth.measure(growth.Options(keys=(10, 1_000, 10_000), seconds=0.4, rounds=1)),
        lambda: growth.measure(growth.Options()),
    ),
    "payload": Benchmark(
        lambda: payload.measure(payload.Options(sizes=(0.1, 1.0, 5.0), rounds=2)),
        lambda: payload.measure(payload.Options()),
    ),
    "soak": Benchmark(
        lambda: soak.measure(soak.Options(minutes=1 / 6, warmup=4.0, cache_mib=4)),
        lambda: soak.measure(soak.Options()),
    ),
}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says."""

    names: Sequence[str] = ()
    long: bool = False
    publish: bool = False


def measure(choice: Choice) -> Results:
    """Run the benchmarks in turn; one may fail."""
    form = "long" if choice.long else "short"
    results = Results(machine=machine(), form=form, versions=_versions())
    start = time.perf_counter()
    for name in choice.names or _BENCHMARKS:
        say(f"{name} ...")
        try:
            report: Report = getattr(_BENCHMARKS[name], form)()
        except (ServerFailed, OSError) as error:
            results.failures[name] = str(error)
            continue
        results.tables[name] = report.tables
        results.figures[name] = report.figures
    results.seconds = time.perf_counter() - start
    return msgspec.json.decode(to_json(results), type=Results)  # as whoever reads the file has it


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in ("mcp", "fastmcp", "loky"):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found | typescript_versions()


def _choice() -> Choice:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which of {', '.join(_BENCHMARKS)}; else all")
    parser.add_argument("--long", action="store_true", help="half an hour instead of minutes")
    parser.add_argument(
        "--publish", action="store_true", help="make published.json and the READMEs from it"
    )
    choice = msgspec.convert(vars(parser.parse_args()), Choice)
    if unknown := set(choice.names) - set(_BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if choice.publish and choice.names:
        parser.error("only a run of all benchmarks is published")
    return choice


def main() -> int:
    """Measure, print, write; fail if anything could not be measured."""
    choice = _choice()
    results = measure(choice)
    results_file.save(results, LATEST)
    page = f"# Benchmarks\n\n{results_file.page(results)}"
    print(page)
    LATEST.with_suffix(".md").write_text(page)
    files = [LATEST.with_suffix(".png"), LATEST.with_suffix(".svg")]
    if find_spec("matplotlib"):
        draw_run(results.figures, files)
    if results.failures:
        return 1
    if choice.publish:
        results_file.save(results, PUBLISHED)
        readme.publish(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
