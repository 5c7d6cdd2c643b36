"""What a call costs as things grow: the keys that are asked for, and the calls in flight."""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count

import msgspec
from contenders import Contender, contenders, floor, toolcrew_echo
from load import Load, LoadRun
from mcp_client import Client
from report import Report, Table, duration, publish, rate, ratio, say, size
from request_blocks import SHARED, RequestBlocks, call_params

_IDS_APART = 5_000_000
_WARM_UP_S = 0.7
_FILL_DEADLINE_S = 900.0
_CACHE_BYTES = 8 << 30


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys, powers of ten, and how many calls in flight; *seconds* of each, in turn, so often."""

    keys: Sequence[int] = (10, 1_000, 100_000, 1_000_000)
    in_flight: Sequence[int] = (1, 10, 100, 1_000)
    seconds: float = 2.0
    rounds: int = 3
    peers: bool = True
    json: str | None = None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Medians for one amount: calls a second, and CPU seconds of the server for each."""

    amount: int
    per_second: float
    cpu_per_call: float


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One server. *rss_bytes* is what all its processes took up in the end."""

    name: str
    points: Sequence[Point]
    fill_per_second: float = 0.0
    rss_bytes: int = 0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Both questions."""

    keys: Sequence[Curve]
    in_flight: Sequence[Curve]


def measure(options: Options) -> Report:
    """Measure both."""
    servers = contenders() if options.peers else contenders()[:1]
    figures = Figures(
        keys=[_keys_curve(server, options) for server in _with_memory()],
        in_flight=[_in_flight_curve(server, options) for server in servers],
    )
    return Report(
        tables=[_keys_table(figures.keys), _flight_table(figures.in_flight)], figures=figures
    )


def _with_memory() -> list[Contender]:
    """Return the servers that remember answers."""
    return [toolcrew_echo("echo", "--set", f"cache.max_bytes={_CACHE_BYTES}"), floor()]


def _keys_curve(server: Contender, options: Options) -> Curve:
    """Let the server meet all keys, then ask for few and for many of them in turn."""
    most = max(options.keys)
    ids = _first_ids()
    with Client(server.command) as client:
        client.greet()
        client.await_tool(server.tool)
        params = call_params(server.tool, server.fresh, {})
        say(f"{server.name}: {most:,} keys ...")
        filling = RequestBlocks(params, keys=most, first_id=next(ids))
        fill_s = _fill(client, filling, most)
        asks = {keys: RequestBlocks(params, keys=keys, first_id=next(ids)) for keys in options.keys}
        turns = [
            [_point(client, asks[keys], keys, 64, options.seconds) for keys in options.keys]
            for _ in range(options.rounds)
        ]
        return Curve(
            name=server.name,
            points=_medians(turns),
            fill_per_second=most / fill_s,
            rss_bytes=client.tree.rss().tree,
        )


def _fill(client: Client, requests: RequestBlocks, calls: int) -> float:
    start = time.perf_counter()
    load = Load(concurrency=64, calls=calls, seconds=_FILL_DEADLINE_S, deadline=_FILL_DEADLINE_S)
    _go(client, LoadRun(client, requests, load))
    return time.perf_counter() - start


def _in_flight_curve(server: Contender, options: Options) -> Curve:
    ids = _first_ids()
    with Client(server.command) as client:
        client.greet()
        params = call_params(server.tool, server.same, {})
        _point(client, RequestBlocks(params, first_id=next(ids)), 0, 64, _WARM_UP_S)
        asks = {many: RequestBlocks(params, first_id=next(ids)) for many in options.in_flight}
        turns = [
            [_point(client, asks[many], many, many, options.seconds) for many in options.in_flight]
            for _ in range(options.rounds)
        ]
        return Curve(name=server.name, points=_medians(turns), rss_bytes=client.tree.rss().tree)


def _point(
    client: Client, requests: RequestBlocks, amount: int, in_flight: int, seconds: float
) -> Point:
    cpu = client.tree.cpu_seconds()
    run = LoadRun(client, requests, Load(concurrency=in_flight, seconds=seconds))
    _go(client, run)
    cpu = client.tree.cpu_seconds() - cpu
    figures = run.figures(run.durations())
    return Point(
        amount=amount, per_second=figures.per_second, cpu_per_call=cpu / max(1, figures.calls)
    )


def _go(client: Client, run: LoadRun) -> None:
    """Run it.

    Raises: ServerFailed when not every call got a good answer.
    """
    run.go()
    if problem := run.ended or run.first_error:
        raise client.failure(problem)


def _medians(turns: Sequence[Sequence[Point]]) -> list[Point]:
    return [
        Point(
            amount=same[0].amount,
            per_second=statistics.median(point.per_second for point in same),
            cpu_per_call=statistics.median(point.cpu_per_call for point in same),
        )
        for same in zip(*turns, strict=True)
    ]


def _first_ids() -> Iterator[int]:
    """Yield ids to begin with, so far apart that no two calls of a conversation have the same."""
    return count(SHARED + 1_000, _IDS_APART)


def _keys_table(curves: Sequence[Curve]) -> Table:
    notes = [
        f"{curve.name}: met all keys at {rate(curve.fill_per_second)}, then {size(curve.rss_bytes)}."
        for curve in curves
    ]
    return Table(
        title="Growth: calls/s by how many different answers are asked for",
        columns=("server", "keys", "calls/s", "ratio", "CPU per call", "ratio"),
        rows=[row for curve in curves for row in _rows(curve)],
        notes=[
            "toolcrew: echo of a worker, all answers in the cache (cache.max_bytes=8 GiB). 64 in flight.",
            "Keys: asked for so many different ones, neighbours far apart in memory; in turn, medians.",
            "Ratio: against the fewest keys.",
            *notes,
        ],
    )


def _flight_table(curves: Sequence[Curve]) -> Table:
    return Table(
        title="Growth: calls/s by how many are in flight",
        columns=("server", "in flight", "calls/s", "ratio", "CPU per call", "ratio"),
        rows=[row for curve in curves for row in _rows(curve)],
        notes=[
            "toolcrew: the same code_parse of a snippet. Others: echo.",
            "With one in flight client and server wait for each other: that is the round trip.",
            "Ratio: against the fewest that are more than one.",
        ],
    )


def _rows(curve: Curve) -> list[list[str]]:
    first = next((point for point in curve.points if point.amount > 1), curve.points[0])
    return [
        [
            curve.name,
            f"{point.amount:,}",
            rate(point.per_second),
            ratio(point.per_second, first.per_second),
            duration(point.cpu_per_call),
            ratio(point.cpu_per_call, first.cpu_per_call),
        ]
        for point in curve.points
    ]


def main() -> int:
    """Measure and print."""
    default = Options()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--keys", type=int, nargs="+", default=list(default.keys), help="powers of ten"
    )
    parser.add_argument("--in-flight", type=int, nargs="+", default=list(default.in_flight))
    parser.add_argument("--seconds", type=float, default=default.seconds, help="of each amount")
    parser.add_argument("--rounds", type=int, default=default.rounds)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
