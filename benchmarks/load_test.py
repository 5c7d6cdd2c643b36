"""Put any stdio MCP server under load.

`python benchmarks/load_test.py [options] -- COMMAND ARGS...`
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from contenders import SNIPPET, code_arguments, toolcrew
from load import Load, LoadFigures, LoadRun, Tick, ceiling
from mcp_client import Client, Era
from plot import draw_load
from process_tree import TreeRss
from report import Report, Table, duration, publish, rate, say, size
from request_blocks import RequestBlocks, call_params

_METRICS = "admin_get_metrics"
_SAMPLE_S = 0.5
_CEILING_S = 1.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure. *command* is empty for the toolcrew of this environment."""

    command: Sequence[str] = ()
    tool: str = "code_parse"
    arguments: str = code_arguments(SNIPPET)
    distinct: float = 0.0
    concurrency: int = 64
    seconds: float = 5.0
    calls: int | None = None
    era: Era = "legacy"
    warmup: float = 0.5
    deadline: float = 600.0
    json: str | None = None
    plot: str | None = None
    label: str = ""


class CacheCounts(msgspec.Struct, frozen=True):
    """How calls were answered: by the cache, by a worker, by an identical call in flight."""

    hits: int = 0
    misses: int = 0
    shared: int = 0

    def since(self, before: "CacheCounts") -> "CacheCounts":
        """Return what was added after *before*."""
        return CacheCounts(
            self.hits - before.hits, self.misses - before.misses, self.shared - before.shared
        )

    def hit_rate(self) -> float:
        """Return the share of calls that the cache answered."""
        return self.hits / max(1, self.hits + self.misses + self.shared)


class Metrics(msgspec.Struct, frozen=True):
    """The part of the server's metrics that matters here."""

    cache: CacheCounts | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the server's processes used during the run."""

    cpu_seconds: float
    cores: float
    own_rss_peak: int
    tree_rss_peak: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one load test found. *cache* is None if the server does not count."""

    label: str
    command: Sequence[str]
    era: Era
    tool: str
    concurrency: int
    distinct: float
    load: LoadFigures
    usage: Usage
    cache: CacheCounts | None
    client_alone_per_second: float
    throughput: Sequence[float]
    latency_curve: Sequence[float]
    """Seconds that 0 %, 0.1 % ... 100 % of the calls did not exceed."""


def measure(options: Options) -> Figures:
    """Run the load, then the same load against the trivial echo."""
    command = options.command or toolcrew().command
    with Client(command, options.era) as client:
        client.greet()
        params = call_params(options.tool, options.arguments, client.extra_params)
        requests = RequestBlocks(params, options.distinct)
        counts = _warm_up(client, requests, options)
        run, usage = _timed_run(client, requests, options)
        durations = run.durations()
        figures = run.figures(durations)
        cache = None if figures.ended else _cache_since(client, counts)
        _explain(client, figures)
    alone = Load(concurrency=options.concurrency, seconds=_CEILING_S)
    return Figures(
        label=options.label or Path(command[0]).name,
        command=command,
        era=options.era,
        tool=options.tool,
        concurrency=options.concurrency,
        distinct=options.distinct,
        load=figures,
        usage=usage,
        cache=cache,
        client_alone_per_second=ceiling(params, alone, figures.bytes_per_answer),
        throughput=run.throughput(),
        latency_curve=_curve(durations),
    )


def table(figures: Figures) -> Table:
    """Return the figures as rows."""
    rows = [*_load_rows(figures), *_server_rows(figures)]
    return Table(
        title=f"Load: {figures.label}, {figures.tool}, {figures.concurrency} in flight",
        columns=("figure", "value"),
        rows=rows,
        notes=[f"client alone: {figures.client_alone_per_second:,.0f} calls/s"],
    )


def _load_rows(figures: Figures) -> list[tuple[str, str]]:
    load, latency = figures.load, figures.load.latency
    return [
        ("calls", f"{load.calls:,} in {duration(load.seconds)}"),
        ("throughput", rate(load.per_second)),
        ("p50", duration(latency.p50)),
        ("p90", duration(latency.p90)),
        ("p95", duration(latency.p95)),
        ("p99", duration(latency.p99)),
        ("p99.9", duration(latency.p99_9)),
        ("max", duration(latency.maximum)),
        ("JSON-RPC errors", f"{load.protocol_errors:,}"),
        ("isError results", f"{load.tool_errors:,}"),
        ("unanswered", f"{load.unanswered:,} {load.ended}".strip()),
        ("bytes per answer", f"{load.bytes_per_answer:,.0f}"),
    ]


def _server_rows(figures: Figures) -> list[tuple[str, str]]:
    usage, cache = figures.usage, figures.cache
    cpu = f"{usage.cpu_seconds:.2f} s = {usage.cores:.0%} of a core"
    per_call = usage.cpu_seconds / max(1, figures.load.calls)
    return [
        ("cache hits", f"{cache.hit_rate():.2%}, {cache.shared:,} shared" if cache else "n/a"),
        ("server CPU (whole tree)", f"{cpu}, {duration(per_call)} per call"),
        ("peak RSS, first process", size(usage.own_rss_peak)),
        ("peak RSS, whole tree", size(usage.tree_rss_peak)),
    ]


def _warm_up(client: Client, requests: RequestBlocks, options: Options) -> CacheCounts | None:
    """Let everything be loaded, and return the server's counts afterwards.

    Raises: ServerFailed when there is no use in going on.
    """
    if options.warmup:
        load = Load(
            concurrency=options.concurrency, seconds=options.warmup, deadline=options.deadline
        )
        run = LoadRun(client, requests, load)
        run.go()
        if run.ended:
            raise client.failure(run.ended)
    return _cache_counts(client) if _METRICS in client.tools() else None


def _timed_run(client: Client, requests: RequestBlocks, options: Options) -> tuple[LoadRun, Usage]:
    load = Load(
        concurrency=options.concurrency,
        calls=options.calls,
        seconds=options.deadline if options.calls else options.seconds,
        deadline=options.deadline,
    )
    samples: list[TreeRss] = []
    tick = Tick(_SAMPLE_S, lambda: samples.append(client.tree.rss()))
    run = LoadRun(client, requests, load, tick)
    cpu_before = client.tree.cpu_seconds()
    run.go()
    cpu = client.tree.cpu_seconds() - cpu_before
    samples.append(client.tree.rss())
    usage = Usage(
        cpu_seconds=cpu,
        cores=cpu / run.seconds(),
        own_rss_peak=max(sample.own for sample in samples),
        tree_rss_peak=max(sample.tree for sample in samples),
    )
    return run, usage


def _cache_counts(client: Client) -> CacheCounts | None:
    result = client.call(_METRICS, {})
    return msgspec.convert(result.get("structuredContent", {}), Metrics).cache


def _cache_since(client: Client, before: CacheCounts | None) -> CacheCounts | None:
    after = _cache_counts(client) if before else None
    return after.since(before) if before and after else None


def _explain(client: Client, figures: LoadFigures) -> None:
    """Show the first error, and after a bad end the server's last words."""
    if figures.first_error:
        say(f"first error: {figures.first_error}")
    if figures.ended:
        say(str(client.failure(figures.ended)))


def _curve(durations: Sequence[float]) -> list[float]:
    last = len(durations) - 1
    return [round(durations[last * part // 1000], 7) for part in range(1001)] if durations else []


def _options() -> Options:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Options()
    parser.add_argument("--tool", default=default.tool)
    parser.add_argument(
        "--arguments",
        default=default.arguments,
        help="JSON object; {n} in it becomes a number of eight digits",
    )
    parser.add_argument(
        "--distinct",
        type=float,
        default=0.0,
        help="share of calls, 0 to 1, with a {n} of their own",
    )
    parser.add_argument("--concurrency", type=int, default=default.concurrency)
    parser.add_argument("--seconds", type=float, default=default.seconds)
    parser.add_argument("--calls", type=int, help="so many calls instead of so many seconds")
    parser.add_argument("--era", choices=("legacy", "modern"), default=default.era)
    parser.add_argument("--warmup", type=float, default=default.warmup, help="seconds")
    parser.add_argument("--deadline", type=float, default=default.deadline, help="seconds")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--plot", metavar="FILE", help="a picture, .png or .svg")
    parser.add_argument("--label", default="", help="the server's name in the output")
    parser.add_argument("command", nargs="*", help="-- COMMAND ARGS...; left out: toolcrew")
    return msgspec.convert(vars(parser.parse_args()), Options)


def _measured(options: Options) -> Report:
    figures = measure(options)
    if options.plot:
        draw_load(figures.label, figures.latency_curve, figures.throughput, Path(options.plot))
    return Report(tables=[table(figures)], figures=figures, complete=not figures.load.ended)


def main() -> int:
    """Measure and print; fail if not every call was answered."""
    options = _options()
    return publish(lambda: _measured(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
