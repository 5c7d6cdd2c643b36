"""From process start to the first byte of the `initialize` answer, and to the first answer."""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence

import msgspec
from contenders import Choice, Contender, add_choice, chosen
from mcp_client import Client
from report import Report, Table, duration, publish, ratio


class Options(Choice, frozen=True, kw_only=True):
    """How often to start each server."""

    rounds: int = 10
    json: str | None = None


class Start(msgspec.Struct, frozen=True):
    """Seconds from before the process was made: to the greeting's first byte, to the first call."""

    greeting: float
    call: float


class Figures(msgspec.Struct, frozen=True):
    """All starts of one server."""

    name: str
    starts: Sequence[Start]

    def greetings(self) -> list[float]:
        """Return the seconds to the greeting."""
        return [start.greeting for start in self.starts]

    def calls(self) -> list[float]:
        """Return the seconds to the first call's answer."""
        return [start.call for start in self.starts]


def measure(options: Options) -> Report:
    """Start every server in turn, as often as asked."""
    servers = chosen(options)
    rounds = [[start(server) for server in servers] for _ in range(options.rounds)]
    figures = [
        Figures(server.name, starts)
        for server, starts in zip(servers, zip(*rounds, strict=True), strict=True)
    ]
    return Report(tables=[_table(figures)], figures=figures)


def start(server: Contender) -> Start:
    """Start *server* once, ask at once, call once, end it."""
    with Client(server.command) as client:
        client.send_greeting()
        client.wait_readable(time.monotonic() + client.timeout)
        greeted = time.perf_counter()
        client.finish_greeting()
        client.call(server.tool, msgspec.json.decode(server.fresh.replace("{n}", "1")))
        called = time.perf_counter()
        return Start(greeted - client.started_at, called - client.started_at)


def _table(figures: Sequence[Figures]) -> Table:
    base = statistics.median(figures[0].greetings())
    return Table(
        title="Start-up",
        columns=("server", "initialize, min", "median", "first tools/call, min", "median", "ratio"),
        rows=[_row(server, base) for server in figures],
        notes=[
            "Initialize: from process start to the first byte of its answer. Servers in turn, in one run.",
            "First tools/call: from process start to its result; toolcrew parses 1 KB of Python, cold.",
            f"Ratio: median to initialize, against {figures[0].name}.",
        ],
    )


def _row(server: Figures, base: float) -> list[str]:
    greetings, calls = server.greetings(), server.calls()
    times = [min(greetings), statistics.median(greetings), min(calls), statistics.median(calls)]
    return [server.name, *map(duration, times), ratio(times[1], base)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=Options().rounds)
    parser.add_argument("--json", metavar="FILE")
    add_choice(parser)
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
