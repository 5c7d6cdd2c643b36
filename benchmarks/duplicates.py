"""Copied code in a folder: what its facts cost beside the parse, how large they are, and combining them.

One process, CPU time, best of some rounds. All else that the server does to a file (reading, listing,
counting lines) is in `folder.py`.
"""

import argparse
import functools
import resource
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from report import Report, Table, duration, publish, ratio, size

from protocol.tools.code_analyze import Options as Asked
from protocol.tools.code_metrics import Lines
from protocol.tools.files import Combined, Facts
from protocol.worker.settings import WorkerSettings
from workers.analyze.duplicates import link
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed, parsed
from workers.syntax.budget import Budget
from workers.syntax.detect import detect_language

_MOST_BYTES = 4 << 20
_BUDGET_S = 60.0

_NO_METRICS = FileMetrics(language="", lines=Lines(0, 0, 0, 0, 0))

_Result = TypeVar("_Result")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which folder, which of its files, and how often."""

    folder: str = sysconfig.get_paths()["stdlib"]
    suffix: str = ".py"
    min_tokens: int = 50
    rounds: int = 3
    json: str | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds, and bytes."""

    folder: str
    files: int
    source_bytes: int
    parse_s: float
    facts_s: float
    facts_bytes: int
    combine_s: float
    before_bytes: int
    peak_bytes: int
    found: str


class _Context:
    """A job that nobody cancels, and that says nothing before its end."""

    attempt = 1
    settings = WorkerSettings(coordinator_pid=1, roots=(), working_directory="/")

    def part(self, result: bytes) -> None:
        """Drop it."""

    def progress(self, done: float, total: float | None, message: str) -> None:
        """Drop it."""

    def cancelled(self) -> bool:
        """Tell that somebody waits."""
        return False


def measure(options: Options) -> Report:
    """Parse, make the facts, and combine them."""
    sources = _sources(options)
    facts: list[Facts] = []
    parse_s = facts_s = 0.0
    for each in sources:  # one tree at a time
        one, seconds = _best(options.rounds, functools.partial(_parsed, *each))
        parse_s += seconds
        known, seconds = _best(options.rounds, functools.partial(_facts, one))
        facts_s += seconds
        facts.append(known)
    before = _peak()
    asked = Asked(detail="duplicates", min_tokens=options.min_tokens)
    combined, combine_s = _best(options.rounds, lambda: _combined(facts, asked))
    figures = Figures(
        folder=options.folder,
        files=len(sources),
        source_bytes=sum(len(data) for _, data, _ in sources),
        parse_s=parse_s,
        facts_s=facts_s,
        facts_bytes=sum(len(each.facts) for each in facts),
        combine_s=combine_s,
        before_bytes=before,
        peak_bytes=_peak(),
        found=combined.text,
    )
    return Report(tables=[_table(figures)], figures=figures)


def _sources(options: Options) -> Sequence[tuple[str, bytes, str]]:
    found: list[tuple[str, bytes, str]] = []
    for path in sorted(Path(options.folder).rglob(f"*{options.suffix}")):
        is_skipped = "site-packages" in path.parts or not path.is_file()
        if is_skipped or path.stat().st_size > _MOST_BYTES:
            continue
        data = path.read_bytes()
        language = detect_language(str(path), data)
        if language is not None:
            found.append((str(path), data, language))
    return found


def _best(rounds: int, run: Callable[[], _Result]) -> tuple[_Result, float]:
    """Return what *run* returns, and the CPU seconds of its best round."""
    best = float("inf")
    for _ in range(rounds - 1):
        best = min(best, _timed(run)[1])
    result, seconds = _timed(run)
    return result, min(best, seconds)


def _timed(run: Callable[[], _Result]) -> tuple[_Result, float]:
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def _parsed(path: str, data: bytes, language: str) -> Parsed:
    return parsed(path, language, data, Budget(_BUDGET_S))


def _facts(one: Parsed) -> Facts:
    one = one._replace(budget=Budget(_BUDGET_S))
    facts = link.facts(one, _NO_METRICS, Asked(detail="duplicates"))
    return Facts(one.path, one.language, msgspec.Raw(msgspec.json.encode(facts)))


def _combined(facts: list[Facts], asked: Asked) -> Combined:
    return link.combine(facts, asked, _Context())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _table(figures: Figures) -> Table:
    mib = figures.source_bytes / 2**20
    rows = [
        ["parse", duration(figures.parse_s), "1x", f"{mib / figures.parse_s:.1f} MiB/s"],
        [
            "facts",
            duration(figures.facts_s),
            ratio(figures.facts_s, figures.parse_s),
            f"{mib / figures.facts_s:.1f} MiB/s",
        ],
        [
            "combine",
            duration(figures.combine_s),
            ratio(figures.combine_s, figures.parse_s),
            f"{mib / figures.combine_s:.1f} MiB/s",
        ],
    ]
    total = figures.parse_s + figures.facts_s + figures.combine_s
    rows.append(["all", duration(total), ratio(total, figures.parse_s), f"{mib / total:.1f} MiB/s"])
    share = figures.facts_bytes / max(figures.source_bytes, 1)
    return Table(
        title=f"Copied code in {figures.folder}",
        columns=("step", "CPU time", "of the parse", "speed"),
        rows=rows,
        notes=[
            f"{figures.files:,} files of {size(figures.source_bytes)}; {figures.found}",
            f"Facts: {size(figures.facts_bytes)} as JSON, {share:.2f} of the source.",
            (
                f"Largest size of the process: {size(figures.before_bytes)} before, "
                f"{size(figures.peak_bytes)} after combining."
            ),
        ],
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=Options().folder)
    parser.add_argument("--suffix", default=Options().suffix)
    parser.add_argument("--min-tokens", type=int, default=Options().min_tokens)
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
