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

_WARM_UP_S = 0.3


class Options(Choice, frozen=True, kw_only=True):
    """How long each of the measurements takes, and how often the servers take turns."""

    seconds: float = 1.0
    rounds: int = 3
    json: str | None = None


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one server: the same call, a new call every time."""

    same_alone: LoadFigures
    same_many: LoadFigures
    fresh_alone: LoadFigures
    fresh_many: LoadFigures


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The medians over all rounds, in seconds and in calls a second."""

    name: str
    same_p50: float
    same_per_second: float
    fresh_p50: float
    fresh_per_second: float
    rounds: Sequence[Round]


def measure(options: Options) -> Report:
    """Let the servers take turns."""
    servers = chosen(options)
    rounds = [
        [_round(server, options.seconds) for server in servers] for _ in range(options.rounds)
    ]
    figures = [
        _summary(server.name, turns)
        for server, turns in zip(servers, zip(*rounds, strict=True), strict=True)
    ]
    return Report(tables=[_table(figures)], figures=figures)


def _round(server: Contender, seconds: float) -> Round:
    with Client(server.command) as client:
        client.greet()
        same = _requests(client, server, server.same, 20_000_000)
        fresh = _requests(client, server, server.fresh, 60_000_000)
        _run(client, same, 64, _WARM_UP_S)
        _run(client, fresh, 64, _WARM_UP_S)
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


def _run(client: Client, requests: RequestBlocks, concurrency: int, seconds: float) -> LoadFigures:
    run = LoadRun(client, requests, Load(concurrency=concurrency, seconds=seconds))
    run.go()
    figures = run.figures(run.durations())
    if problem := figures.ended or figures.first_error:
        raise client.failure(problem)
    return figures


def _summary(name: str, rounds: Sequence[Round]) -> Figures:
    median = statistics.median
    return Figures(
        name=name,
        same_p50=median(turn.same_alone.latency.p50 for turn in rounds),
        same_per_second=median(turn.same_many.per_second for turn in rounds),
        fresh_p50=median(turn.fresh_alone.latency.p50 for turn in rounds),
        fresh_per_second=median(turn.fresh_many.per_second for turn in rounds),
        rounds=rounds,
    )


def _table(figures: Sequence[Figures]) -> Table:
    first = figures[0]
    return Table(
        title="Calls: 1 in flight and 64 in flight",
        columns=("server", "same, p50", "same, at 64", "ratio", "new, p50", "new, at 64", "ratio"),
        rows=[_row(server, first) for server in figures],
        notes=[
            "toolcrew: code_parse of a snippet; the same one (cached), then 1 KB, new each time.",
            "The others: echo of 200 characters. Same client, servers in turn, medians.",
            f"Ratio: calls a second of {first.name} against this server.",
        ],
    )


def _row(server: Figures, first: Figures) -> list[str]:
    return [
        server.name,
        duration(server.same_p50),
        rate(server.same_per_second),
        ratio(first.same_per_second, server.same_per_second),
        duration(server.fresh_p50),
        rate(server.fresh_per_second),
        ratio(first.fresh_per_second, server.fresh_per_second),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=Options().seconds)
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--json", metavar="FILE")
    add_choice(parser)
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
