"""A mixed load for minutes: do calls a second and memory stay as they are?"""

import argparse
import statistics
import sys
from collections.abc import Sequence

import msgspec
from contenders import toolcrew
from load import Load, LoadRun
from mcp_client import Client
from process_tree import ProcessTree
from report import Report, Table, duration, publish, rate, say, size
from request_blocks import RequestBlocks, call_params


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How long, in how many parts; before them the cache is filled for *warmup* seconds.

    *distinct* is the share of the calls that were never made before. The cache is small, so that it is full
    soon and memory is what it will be.
    """

    minutes: float = 10.0
    parts: int = 10
    warmup: float = 30.0
    distinct: float = 0.1
    in_flight: int = 64
    cache_mib: int = 16
    json: str | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part: when it ended, its calls, and what the processes took up at its end."""

    minute: float
    per_second: float
    p99: float
    cpu_per_call: float
    own_rss: int
    tree_rss: int


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A straight line through the parts (least squares): its *change* over all, as a share of the mean.

    *spread* is how far single parts are from the mean at most.
    """

    mean: float
    change: float
    spread: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All parts and their trends."""

    minutes: float
    distinct: float
    cache_mib: int
    parts: Sequence[Part]
    calls: Trend
    cpu: Trend
    own_rss: Trend
    tree_rss: Trend


def measure(options: Options) -> Report:
    """Load one server for all that time."""
    server = toolcrew("--set", f"cache.max_bytes={options.cache_mib << 20}")
    with Client(server.command) as client:
        client.greet()
        params = call_params(server.tool, server.fresh, {})
        requests = RequestBlocks(params, distinct=options.distinct)
        _part(client, requests, options.warmup, options, 0.0)
        seconds = options.minutes * 60 / options.parts
        parts: list[Part] = []
        for number in range(1, options.parts + 1):
            parts.append(_part(client, requests, seconds, options, number * seconds / 60))
            say(f"{parts[-1].minute:.1f} min: {rate(parts[-1].per_second)}")
    figures = Figures(
        minutes=options.minutes,
        distinct=options.distinct,
        cache_mib=options.cache_mib,
        parts=parts,
        calls=trend([part.per_second for part in parts]),
        cpu=trend([part.cpu_per_call for part in parts]),
        own_rss=trend([part.own_rss for part in parts]),
        tree_rss=trend([part.tree_rss for part in parts]),
    )
    return Report(tables=[_table(figures)], figures=figures)


def trend(values: Sequence[float]) -> Trend:
    """Return the trend of *values*, which were taken at equal distances."""
    mean = statistics.fmean(values)
    if len(values) < 2 or not mean:
        return Trend(mean=mean, change=0.0, spread=0.0)
    slope = statistics.linear_regression(range(len(values)), values).slope
    spread = max(abs(value - mean) for value in values)
    return Trend(mean=mean, change=slope * (len(values) - 1) / mean, spread=spread / mean)


def _part(
    client: Client, requests: RequestBlocks, seconds: float, options: Options, minute: float
) -> Part:
    """Load the server for so long.

    Raises: ServerFailed when not every call got a good answer.
    """
    cpu = client.tree.cpu_seconds()
    load = Load(concurrency=options.in_flight, seconds=seconds, deadline=seconds + 60)
    run = LoadRun(client, requests, load)
    run.go()
    if problem := run.ended or run.first_error:
        raise client.failure(problem)
    cpu = client.tree.cpu_seconds() - cpu
    figures = run.figures(run.durations())
    return Part(
        minute=minute,
        per_second=figures.per_second,
        p99=figures.latency.p99,
        cpu_per_call=cpu / max(1, figures.calls),
        own_rss=_rss(client.tree, whole=False),
        tree_rss=_rss(client.tree, whole=True),
    )


def _rss(tree: ProcessTree, *, whole: bool) -> int:
    sample = tree.rss()
    return sample.tree if whole else sample.own


def _table(figures: Figures) -> Table:
    trends = {
        "calls/s": figures.calls,
        "CPU per call": figures.cpu,
        "RSS, coordinator": figures.own_rss,
        "RSS, all": figures.tree_rss,
    }
    fits = [
        f"{name}: {one.change:+.1%} over the run by a straight line, {one.spread:.1%} at most from the mean."
        for name, one in trends.items()
    ]
    return Table(
        title=f"Soak: {figures.minutes:.3g} minutes, {figures.distinct:.0%} of the calls new",
        columns=("until", "calls/s", "p99", "CPU per call", "RSS, coordinator", "RSS, all"),
        rows=[_row(part) for part in figures.parts],
        notes=[
            "code_parse of 1 KB of Python, 64 in flight.",
            f"The cache has {figures.cache_mib} MiB; the load before the first part is there to fill it.",
            *fits,
        ],
    )


def _row(part: Part) -> list[str]:
    return [
        duration(part.minute * 60),
        rate(part.per_second),
        duration(part.p99),
        duration(part.cpu_per_call),
        size(part.own_rss),
        size(part.tree_rss),
    ]


def main() -> int:
    """Measure and print."""
    default = Options()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=default.minutes)
    parser.add_argument("--parts", type=int, default=default.parts)
    parser.add_argument("--warmup", type=float, default=default.warmup, help="seconds")
    parser.add_argument("--distinct", type=float, default=default.distinct, help="share, 0 to 1")
    parser.add_argument("--in-flight", type=int, default=default.in_flight)
    parser.add_argument("--cache-mib", type=int, default=default.cache_mib)
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
