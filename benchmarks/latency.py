"""One call at a time and 64 at a time: answers known already, and answers worked out anew."""

import argparse
import statistics
import sys
from collections.abc import Sequence

import msgspec
from contenders import Choice, Contender, add_choice, chosen
from load import Load, LoadFigures, LoadRun
from mcp_client import Client
from report import Report, Table, duration, publish, rate, ratio
from request_blocks import RequestBlocks, call_params


class Options(Choice, frozen=True, kw_only=True):
    """How long each of the measurements takes, and how often the servers take turns."""

    seconds: float = 1.0
    warmup: float = 1.0
    rounds: int = 3
    json: str | None = None


class Measured(msgspec.Struct, frozen=True):
    """One load, and the CPU seconds that the server's processes spent on it."""

    load: LoadFigures
    cpu_seconds: float


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one server: the same call, a new call every time."""

    same_alone: Measured
    same_many: Measured
    fresh_alone: Measured
    fresh_many: Measured


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The medians over all rounds; *cpu* is what all calls at 64 took on average, in seconds."""

    name: str
    same_p50: float
    same_per_second: float
    same_cpu: float
    same_bytes: float
    fresh_p50: float
    fresh_per_second: float
    fresh_cpu: float
    rounds: Sequence[Round]


def measure(options: Options) -> Report:
    """Let the servers take turns."""
    servers = chosen(options)
    rounds = [[_round(server, options) for server in servers] for _ in range(options.rounds)]
    figures = [
        _summary(server.name, turns)
        for server, turns in zip(servers, zip(*rounds, strict=True), strict=True)
    ]
    return Report(tables=_tables(figures), figures=figures)


def _round(server: Contender, options: Options) -> Round:
    seconds = options.seconds
    with Client(server.command) as client:
        client.greet()
        same = _requests(client, server, server.same, 20_000_000)
        fresh = _requests(client, server, server.fresh, 60_000_000)
        _run(client, same, 64, options.warmup)
        _run(client, fresh, 64, options.warmup)
        return Round(
            same_alone=_run(client, same, 1, seconds),
            same_many=_run(client, same, 64, seconds),
            fresh_alone=_run(client, fresh, 1, seconds),
            fresh_many=_run(client, fresh, 64, seconds),
        )


def _requests(client: Client, server: Contender, arguments: str, first_id: int) -> RequestBlocks:
    """Return requests with ids from *first_id* on: no two of a conversation may be equal."""
    params = call_params(server.tool, arguments, client.extra_params)
    return RequestBlocks(params, distinct=1.0, first_id=first_id)


def _run(client: Client, requests: RequestBlocks, concurrency: int, seconds: float) -> Measured:
    cpu_before = client.tree.cpu_seconds()
    run = LoadRun(client, requests, Load(concurrency=concurrency, seconds=seconds))
    run.go()
    cpu = client.tree.cpu_seconds() - cpu_before
    figures = run.figures(run.durations())
    if problem := figures.ended or figures.first_error:
        raise client.failure(problem)
    return Measured(figures, cpu)


def _summary(name: str, rounds: Sequence[Round]) -> Figures:
    median = statistics.median
    return Figures(
        name=name,
        same_p50=median(turn.same_alone.load.latency.p50 for turn in rounds),
        same_per_second=median(turn.same_many.load.per_second for turn in rounds),
        same_cpu=_cpu_per_call([turn.same_many for turn in rounds]),
        same_bytes=rounds[0].same_many.load.bytes_per_answer,
        fresh_p50=median(turn.fresh_alone.load.latency.p50 for turn in rounds),
        fresh_per_second=median(turn.fresh_many.load.per_second for turn in rounds),
        fresh_cpu=_cpu_per_call([turn.fresh_many for turn in rounds]),
        rounds=rounds,
    )


def _cpu_per_call(measured: Sequence[Measured]) -> float:
    return sum(one.cpu_seconds for one in measured) / sum(one.load.calls for one in measured)


def _tables(figures: Sequence[Figures]) -> list[Table]:
    first = figures[0]
    columns = ("server", "p50, 1 in flight", "at 64", "CPU per call", f"{first.name} faster by")
    known = [
        _row(one.name, one.same_p50, one.same_per_second, one.same_cpu, first.same_per_second)
        for one in figures
    ]
    new = [
        _row(one.name, one.fresh_p50, one.fresh_per_second, one.fresh_cpu, first.fresh_per_second)
        for one in figures
    ]
    sizes = ", ".join(f"{one.name} {one.same_bytes:.0f}" for one in figures)
    return [
        Table(
            title="Calls: the same one again and again",
            columns=columns,
            rows=known,
            notes=[
                "toolcrew: code_parse of a short snippet, cached. Others: echo of 200 characters.",
                f"Bytes per answer: {sizes}.",
                "Same client, servers in turn, medians; CPU: whole process tree, at 64 in flight.",
            ],
        ),
        Table(
            title="Calls: a new one every time",
            columns=columns,
            rows=new,
            notes=[
                "toolcrew: code_parse of 1 KB of Python. The others only echo, so: not one task."
            ],
        ),
    ]


def _row(name: str, p50: float, per_second: float, cpu: float, first: float) -> list[str]:
    return [name, duration(p50), rate(per_second), duration(cpu), ratio(first, per_second)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=Options().seconds)
    parser.add_argument("--warmup", type=float, default=Options().warmup, help="seconds")
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--json", metavar="FILE")
    add_choice(parser)
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
