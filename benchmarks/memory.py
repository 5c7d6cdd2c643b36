"""Memory of each server process: idle after one call, and after a warm-up."""

import argparse
import sys
import time
from collections.abc import Sequence

import msgspec
from contenders import Choice, Contender, add_choice, chosen
from load import Load, LoadRun
from mcp_client import Client
from process_tree import ProcessMemory
from report import Report, Table, publish, ratio, size
from request_blocks import RequestBlocks, call_params

_ROLES = {"first": "server", "zygote": "zygote", "worker": "worker", "other": "other"}


class Options(Choice, frozen=True, kw_only=True):
    """How long to let servers settle, and how many calls warm them up."""

    settle: float = 1.0
    calls: int = 2_000
    json: str | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The processes of one server, its first one first."""

    name: str
    idle: Sequence[ProcessMemory]
    warm: Sequence[ProcessMemory]


def measure(options: Options) -> Report:
    """Look at every server, one after the other."""
    figures = [_look_at(server, options) for server in chosen(options)]
    return Report(tables=[_totals(figures), _processes(figures)], figures=figures)


def _look_at(server: Contender, options: Options) -> Figures:
    with Client(server.command) as client:
        client.greet()
        client.call(server.tool, msgspec.json.decode(server.same))  # so that all there is has begun
        time.sleep(options.settle)
        idle = client.tree.memory()
        params = call_params(server.tool, server.fresh, client.extra_params)
        load = Load(calls=options.calls, seconds=60.0)
        run = LoadRun(client, RequestBlocks(params, distinct=1.0), load)
        run.go()
        if run.ended:
            raise client.failure(run.ended)
        time.sleep(options.settle)
        return Figures(name=server.name, idle=idle, warm=client.tree.memory())


def _totals(figures: Sequence[Figures]) -> Table:
    base = _rss(figures[0].warm)
    rows = [
        (
            server.name,
            str(len(server.warm)),
            size(_rss(server.idle)),
            _pss(server.idle),
            size(_rss(server.warm)),
            _pss(server.warm),
            ratio(_rss(server.warm), base),
        )
        for server in figures
    ]
    return Table(
        title="Memory of the whole tree",
        columns=("server", "processes", "idle RSS", "idle PSS", "warm RSS", "warm PSS", "ratio"),
        rows=rows,
        notes=[
            "Idle: after one call and a pause. Warm: after calls that were all new, and a pause.",
            "RSS counts pages that processes share once for each; PSS counts them once.",
            f"Ratio: warm RSS, against {figures[0].name}.",
        ],
    )


def _processes(figures: Sequence[Figures]) -> Table:
    rows = [
        [
            server.name,
            _ROLES[process.role],
            *[size(process.rss), _known(process.pss), _known(process.private)],
            when,
        ]
        for server in figures
        for when, processes in (("idle", server.idle), ("warm", server.warm))
        for process in processes
    ]
    return Table(
        title="Memory of each process",
        columns=("server", "process", "RSS", "PSS", "private", "when"),
        rows=rows,
        notes=[
            "Private: pages of no other process; of a worker what it takes up beyond its zygote's pages.",
            "PSS: its part of the shared pages added. Server: for toolcrew the coordinator.",
        ],
    )


def _rss(processes: Sequence[ProcessMemory]) -> int:
    return sum(process.rss for process in processes)


def _pss(processes: Sequence[ProcessMemory]) -> str:
    known = [process.pss for process in processes if process.pss is not None]
    return _known(sum(known) if len(known) == len(processes) else None)


def _known(count: int | None) -> str:
    return "n/a" if count is None else size(count)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settle", type=float, default=Options().settle, help="seconds")
    parser.add_argument("--calls", type=int, default=Options().calls)
    parser.add_argument("--json", metavar="FILE")
    add_choice(parser)
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
