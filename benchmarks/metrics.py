"""All metrics of a folder's files beside a loop that only parses, in one process, in CPU time."""

import argparse
import gc
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from report import Report, Table, duration, publish

from workers.analyze.measure import measure_file, metrics_of
from workers.syntax import grammars
from workers.syntax.budget import Budget
from workers.syntax.detect import language_of_path

_BUDGET_S = 60.0
_MOST_BYTES = 1 << 20


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which folder, how many files of each language at most, and how often."""

    folder: str = sysconfig.get_paths()["stdlib"]
    limit: int = 1_000
    rounds: int = 3
    json: str | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One language: what there was, and median CPU seconds for all of it."""

    language: str
    files: int
    bytes: int
    functions: int
    parse_s: float
    measure_s: float

    def ratio(self) -> float:
        """Return how much of its time the raw parse would need."""
        return self.parse_s / self.measure_s


def measure(options: Options) -> Report:
    """Measure each language that has all metrics, and of which the folder has files."""
    sources = _sources(options)
    figures = [_figures(language, found, options) for language, found in sorted(sources.items())]
    return Report(tables=[_table(options.folder, figures)], figures=figures)


def _sources(options: Options) -> dict[str, list[bytes]]:
    """Read the files; what is larger than files that people write is left out."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(Path(options.folder).rglob("*")):
        language = language_of_path(path.name)
        if language is None or "cyclomatic" not in metrics_of(language) or not path.is_file():
            continue
        of_language = found.setdefault(language, [])
        if path.stat().st_size <= _MOST_BYTES and len(of_language) < options.limit:
            of_language.append(path.read_bytes())
    return found


def _figures(language: str, sources: Sequence[bytes], options: Options) -> Figures:
    """Let both take turns; the first turn only warms up."""
    parser = grammars.parser(language)
    functions = sum(len(_measured(each, language)) for each in sources)
    parse_s: list[float] = []
    measure_s: list[float] = []
    for _ in range(options.rounds + 1):
        parse_s.append(_timed(parser.parse, sources))
        measure_s.append(_timed(lambda data: _measured(data, language), sources))
    return Figures(
        language=language,
        files=len(sources),
        bytes=sum(map(len, sources)),
        functions=functions,
        parse_s=statistics.median(parse_s[1:]),
        measure_s=statistics.median(measure_s[1:]),
    )


def _measured(data: bytes, language: str) -> Sequence[object]:
    return measure_file(data, language, Budget(_BUDGET_S)).functions


def _timed(work: Callable[[bytes], object], sources: Sequence[bytes]) -> float:
    """Return the CPU seconds that *work* takes for all *sources*."""
    gc.collect()
    start = time.process_time()
    for data in sources:
        work(data)
    return time.process_time() - start


def _table(folder: str, figures: Sequence[Figures]) -> Table:
    return Table(
        title=f"All metrics of a folder: {folder}",
        columns=("language", "files", "MB", "functions", "raw parse", "measured", "ratio"),
        rows=[_row(each) for each in figures],
        notes=[
            "Raw parse: tree-sitter alone, from bytes. Measured: parse and all metrics, one process.",
            "CPU time, both in turn. Ratio: raw parse to measured; 1 would be measuring for nothing.",
        ],
    )


def _row(one: Figures) -> list[str]:
    return [
        one.language,
        str(one.files),
        f"{one.bytes / 1e6:.2f}",
        str(one.functions),
        duration(one.parse_s),
        duration(one.measure_s),
        f"{one.ratio():.2f}",
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=Options().folder)
    parser.add_argument("--limit", type=int, default=Options().limit)
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
