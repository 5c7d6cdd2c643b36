"""`code_parse` over a folder that it has seen: unchanged, touched, after a restart; and its memory."""

import argparse
import os
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

import msgspec
from contenders import toolcrew
from folder import Totals
from mcp_client import Client
from process_tree import ProcessPeak
from report import Report, Table, duration, publish, ratio, size

_TIMEOUT_S = 300.0
_SETTLE_S = 0.2
"""Files that were written a moment ago are not known by their stamps."""
_WRITE_S = 0.5
"""What the server gets to write its results to disk."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which folder, how many of its files, how often, and how many files the memory is measured with."""

    folder: str = sysconfig.get_paths()["stdlib"]
    files: int = 2_000
    rounds: int = 3
    many: int = 10_000
    json: str | None = None


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """One call: seconds of the caller, CPU seconds of the server and its workers, and what it covered."""

    name: str
    seconds: float
    cpu: float
    totals: Totals


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """The most that each process took up while a folder was parsed for the first time."""

    detail: str
    files: int
    processes: Sequence[ProcessPeak]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Medians by detail and name, the first time first; and the memory."""

    folder: str
    calls: dict[str, Sequence[Timed]]
    memory: Sequence[Memory]


def measure(options: Options) -> Report:
    """Work on copies, because files are touched and changed."""
    calls: dict[str, Sequence[Timed]] = {}
    for detail in ("summary", "symbols"):
        rounds = [_round(options, detail) for _ in range(options.rounds)]
        calls[detail] = [_median(same) for same in zip(*rounds, strict=True)]
    memory = [_memory(options, detail) for detail in ("summary", "symbols")]
    figures = Figures(folder=options.folder, calls=calls, memory=memory)
    tables = [_table(detail, timed) for detail, timed in calls.items()]
    return Report(tables=[*tables, _memory_table(memory)], figures=figures)


# --- again


def _round(options: Options, detail: str) -> list[Timed]:
    """Go through everything once, with a cache of its own."""
    with _copies(options.folder, options.files) as (top, files), _cache() as start:
        timed: list[Timed] = []
        with start(top) as client:
            timed += [_parse(client, top, detail, name) for name in ("first time", "again")]
            files[0].write_text(files[0].read_text(errors="replace") + "\nCHANGED = 1\n")
            time.sleep(_SETTLE_S)
            timed.append(_parse(client, top, detail, "one file changed"))
            for file in files:
                os.utime(file)
            time.sleep(_SETTLE_S)
            timed.append(_parse(client, top, detail, "all touched"))
            time.sleep(_WRITE_S)
        with start(top) as client:
            timed.append(_parse(client, top, detail, "server restarted"))
    return timed


def _parse(client: Client, folder: Path, detail: str, name: str) -> Timed:
    arguments: dict[str, Any] = {"paths": [str(folder)], "detail": detail, "limit": 100}
    cpu, start = client.tree.cpu_seconds(), time.perf_counter()
    result = client.call("code_parse", arguments)["structuredContent"]
    seconds = time.perf_counter() - start
    totals = msgspec.convert(result["totals"], Totals)
    return Timed(name=name, seconds=seconds, cpu=client.tree.cpu_seconds() - cpu, totals=totals)


def _median(same: Sequence[Timed]) -> Timed:
    return Timed(
        name=same[0].name,
        seconds=statistics.median(one.seconds for one in same),
        cpu=statistics.median(one.cpu for one in same),
        totals=same[-1].totals,
    )


@contextmanager
def _copies(folder: str, number: int) -> Generator[tuple[Path, list[Path]]]:
    """Have a folder with so many copies of the Python files in *folder*, a hundred in each folder below."""
    found = [
        path for path in sorted(Path(folder).rglob("*.py")) if "site-packages" not in path.parts
    ]
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        copies: list[Path] = []
        for index, path in zip(count(), islice(cycle(found), number), strict=False):
            copy = top / f"{index // 100}" / f"{index}_{path.name}"
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
            copies.append(copy)
        time.sleep(_SETTLE_S)
        yield top, copies


@contextmanager
def _cache() -> Generator[Callable[[Path], Client]]:
    """Have an empty cache folder, and a way to start servers that use it; they are warm when they come."""
    with tempfile.TemporaryDirectory() as folder:

        def start(root: Path) -> Client:
            command = ["env", f"XDG_CACHE_HOME={folder}", *toolcrew("--root", str(root)).command]
            client = Client(command, timeout=_TIMEOUT_S)
            client.greet()
            client.call("code_parse", {"language": "python", "code": "pass"})
            time.sleep(_WRITE_S)
            return client

        yield start


# --- memory


def _memory(options: Options, detail: str) -> Memory:
    copies = _copies(options.folder, options.many)
    with copies as (top, files), _cache() as start, start(top) as client:
        _parse(client, top, detail, "first time")
        return Memory(detail=detail, files=len(files), processes=client.tree.peaks())


# --- tables


def _table(detail: str, timed: Sequence[Timed]) -> Table:
    return Table(
        title=f"code_parse of a folder again, detail {detail}",
        columns=("", "time", "faster", "cpu", "less cpu", "parsed", "cached", "failed"),
        rows=[_row(one, timed[0]) for one in timed],
        notes=[
            "Faster, less cpu: against the first time in the same round. Medians over rounds.",
            "Again: from memory. All touched: known by content. Restarted: from the store on disk.",
        ],
    )


def _row(one: Timed, first: Timed) -> list[str]:
    totals = one.totals
    return [
        one.name,
        duration(one.seconds),
        ratio(first.seconds, one.seconds),
        duration(one.cpu),
        ratio(first.cpu, one.cpu),
        *map(str, (totals.files, totals.cached, totals.failed)),
    ]


def _memory_table(memory: Sequence[Memory]) -> Table:
    return Table(
        title="Peak memory of a first run over many files",
        columns=("detail", "files", "process", "peak RSS"),
        rows=[
            (one.detail, str(one.files), process.command, size(process.peak))
            for one in memory
            for process in one.processes
        ],
        notes=["As the kernel has counted for each process; pages that are shared count for each."],
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=Options().folder)
    parser.add_argument("--files", type=int, default=Options().files)
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--many", type=int, default=Options().many)
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
