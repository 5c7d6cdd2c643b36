"""`code_parse` over a large folder, cold and warm, beside a loop that only reads and parses."""

import argparse
import statistics
import sys
import sysconfig
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from contenders import toolcrew
from mcp_client import Client
from report import Report, Table, duration, publish, rate, ratio
from tree_sitter import Language, Parser

_MOST_ROWS = 5_000
_MODULES = {"csharp": "c_sharp", "tsx": "typescript"}
_TIMEOUT_S = 300.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which folder, and how often."""

    folder: str = sysconfig.get_paths()["stdlib"]
    rounds: int = 3
    json: str | None = None


class Totals(msgspec.Struct, frozen=True):
    """The part of the answer's `totals` that says how much was done."""

    files: int
    skipped: int
    failed: int
    cached: int


class Parsed(msgspec.Struct, frozen=True):
    """One file of the answer."""

    path: str
    language: str


class Answer(msgspec.Struct, frozen=True):
    """The part of the structured result that matters here."""

    totals: Totals
    files: Sequence[Parsed]
    next_cursor: str | None = None


class Timed(msgspec.Struct, frozen=True):
    """One call."""

    seconds: float
    answer: Answer


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One way over the folder: median seconds, and what it covered."""

    name: str
    seconds: float
    totals: Totals

    def per_second(self) -> float:
        """Return files a second."""
        return self.totals.files / self.seconds


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All passes over the folder, the plain loop first."""

    folder: str
    passes: Sequence[Pass]


def measure(options: Options) -> Report:
    """Take the list of files from the server, so that both sides parse the same."""
    files = _listed(options.folder)
    passes = [_plain_pass(files, options.rounds)]
    for detail in ("summary", "symbols"):
        passes += _server_passes(options, detail)
    figures = Figures(folder=options.folder, passes=passes)
    return Report(tables=[_table(figures)], figures=figures)


def _listed(folder: str) -> list[Parsed]:
    """Return every file that the server parses."""
    files: list[Parsed] = []
    with _server(folder) as client:
        client.greet()
        answer = _timed_parse(client, folder, "summary").answer
        files += answer.files
        while answer.next_cursor:
            more = _timed_parse(client, folder, "summary", cursor=answer.next_cursor)
            answer = more.answer
            files += answer.files
    return files


def _plain_pass(files: Sequence[Parsed], rounds: int) -> Pass:
    """Read and parse in one process and do nothing else; the first time only warms up."""
    parsers = {language: _parser(language) for language in {file.language for file in files}}
    jobs = [(file.path, parser) for file in files if (parser := parsers[file.language])]
    seconds = [_read_and_parse(jobs) for _ in range(rounds + 1)][1:]
    totals = Totals(files=len(jobs), skipped=len(files) - len(jobs), failed=0, cached=0)
    return Pass(name="plain loop", seconds=statistics.median(seconds), totals=totals)


def _read_and_parse(jobs: Sequence[tuple[str, Parser]]) -> float:
    """Return the seconds it takes."""
    start = time.perf_counter()
    for path, parser in jobs:
        parser.parse(Path(path).read_bytes())
    return time.perf_counter() - start


def _server_passes(options: Options, detail: str) -> list[Pass]:
    """Parse the folder twice with each of several new servers."""
    cold: list[Timed] = []
    warm: list[Timed] = []
    for _ in range(options.rounds):
        with _server(options.folder) as client:
            client.greet()
            client.call("code_parse", {"language": "python", "code": "pass"})
            cold.append(_timed_parse(client, options.folder, detail))
            warm.append(_timed_parse(client, options.folder, detail))
    return [_median_pass(f"{detail}, cold", cold), _median_pass(f"{detail}, warm", warm)]


def _median_pass(name: str, timed: Sequence[Timed]) -> Pass:
    seconds = statistics.median(one.seconds for one in timed)
    return Pass(name=name, seconds=seconds, totals=timed[-1].answer.totals)


def _server(folder: str) -> Client:
    command = toolcrew("--root", folder, "--set", "cache.disk=false").command
    return Client(command, timeout=_TIMEOUT_S)


def _timed_parse(client: Client, folder: str, detail: str, **more: str) -> Timed:
    arguments: dict[str, Any] = {"paths": [folder], "detail": detail, "limit": _MOST_ROWS}
    start = time.perf_counter()
    result = client.call("code_parse", arguments | more)
    seconds = time.perf_counter() - start
    return Timed(seconds, msgspec.convert(result["structuredContent"], Answer))


def _parser(language: str) -> Parser | None:
    """Return the parser of *language* if its module is named as most of them are."""
    try:
        module: Any = import_module(f"tree_sitter_{_MODULES.get(language, language)}")
    except ImportError:
        return None
    grammar = getattr(module, "language", None) or getattr(module, f"language_{language}")
    capsule: object = grammar()
    return Parser(Language(capsule))


def _table(figures: Figures) -> Table:
    plain = figures.passes[0].per_second()
    return Table(
        title=f"code_parse of a folder: {figures.folder}",
        columns=("pass", "files/s", "ratio", "time", "parsed", "skipped", "failed", "cached"),
        rows=[_row(one, plain) for one in figures.passes],
        notes=[
            "Plain loop: one process reads and parses the same files with tree-sitter, no more.",
            "The server also lists, counts, extracts and answers; cold: its cache is empty.",
            "Nothing is kept on disk; see folder_again.py for that.",
            "Ratio: files a second against the plain loop. Files were read before (page cache).",
        ],
    )


def _row(one: Pass, plain: float) -> list[str]:
    totals = one.totals
    counts = (totals.files, totals.skipped, totals.failed, totals.cached)
    speed = one.per_second()
    return [one.name, rate(speed), ratio(speed, plain), duration(one.seconds), *map(str, counts)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=Options().folder)
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
