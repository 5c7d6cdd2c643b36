"""Large calls: code of some megabytes sent, results of some megabytes received. Does anything grow faster?"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import tree_sitter
from contenders import Contender, contenders, toolcrew, toolcrew_echo
from mcp_client import Client, Exchange
from own_tool import MOST_BYTES, OwnTool
from report import Report, Table, duration, publish, ratio

from protocol.tools.files import Source
from workers.syntax import grammars

_LONGEST_ECHO = 3.5
"""In megabytes: third parties' answers are refused from 4 MiB on, as JSON."""

_ROOM = (
    "--set",
    f"files.max_file_bytes={MOST_BYTES}",
    "--set",
    f"server.max_line_bytes={MOST_BYTES}",
)
_PATIENT = ("--set", "files.parse_budget_s=60")
_TIMEOUT_S = 120.0
_FUNCTION = '''\
def function_{0:08d}(width: float, height: float = 1.0) -> float:
    """Return an area, or "0.0"."""
    return width * height if width > {0} else 0.0


'''


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in megabytes (10**6 bytes), and how often each is measured."""

    sizes: Sequence[float] = (0.1, 1.0, 5.0, 10.0)
    rounds: int = 5
    peers: bool = True
    json: str | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """The best of the rounds for one size.

    *work_s*: the same work in one process without a server; *parse_s*: tree-sitter's part of that.
    """

    what: str
    server: str
    megabytes: float
    sent: int
    received: int
    seconds: float
    work_s: float = 0.0
    parse_s: float = 0.0

    def speed(self) -> float:
        """Return megabytes a second, both directions added up."""
        return (self.sent + self.received) / 1e6 / self.seconds


def measure(options: Options) -> Report:
    """Measure every way, and the peers."""
    transfers = [*_known(options), *_new(options), *_pages(options)]
    for tool, what in (("echo_anew", "echo, through a worker"), ("echo", "echo, known answer")):
        transfers += _echoes(toolcrew_echo(tool, *_ROOM), "toolcrew", what, options)
    for peer in contenders()[1:] if options.peers else ():
        transfers += _echoes(peer, peer.name, "echo", options)
    return Report(tables=[_table(transfers)], figures=transfers)


def source_code(megabytes: float, first: int = 0) -> str:
    """Return so many bytes of Python, another one for each *first*."""
    least = int(megabytes * 1e6)
    code = _FUNCTION.format(first)
    count = -(-least // len(code))
    return "".join(_FUNCTION.format(number) for number in range(first, first + count))[:least]


def _known(options: Options) -> Iterator[Transfer]:
    """Send code whose result is known: what is left is reading, looking up, answering."""
    with Client(toolcrew(*_ROOM, *_PATIENT).command, timeout=_TIMEOUT_S) as client:
        client.greet()
        for size in options.sizes:
            params = _parse_params(source_code(size))
            client.exchange("tools/call", params)
            turns = [client.exchange("tools/call", params) for _ in range(options.rounds)]
            yield _transfer("code_parse, known answer", "toolcrew", size, turns)


def _new(options: Options) -> Iterator[Transfer]:
    """Send code that was never seen, beside the same work without a server."""
    own = OwnTool("/", "symbols")
    parser = tree_sitter.Parser(grammars.grammar("python"))
    with Client(toolcrew(*_ROOM, *_PATIENT).command, timeout=_TIMEOUT_S) as client:
        client.greet()
        client.exchange("tools/call", _parse_params("pass"))
        for size in options.sizes:
            turns: list[Exchange] = []
            alone: list[tuple[float, float]] = []
            for turn in range(1, options.rounds + 1):
                code = source_code(size, 1_000_000 * turn)
                turns.append(client.exchange("tools/call", _parse_params(code)))
                alone.append(_without_a_server(code, own, parser))
            work_s, parse_s = map(min, zip(*alone, strict=True))
            transfer = _transfer("code_parse, new", "toolcrew", size, turns)
            yield msgspec.structs.replace(transfer, work_s=work_s, parse_s=parse_s)


def _without_a_server(code: str, own: OwnTool, parser: tree_sitter.Parser) -> tuple[float, float]:
    """Return the seconds of all the work, and those of the parsing alone."""
    source, data = Source(code=code, language="python"), code.encode()
    start = time.perf_counter()
    own.run([source])
    between = time.perf_counter()
    parser.parse(data)
    return between - start, time.perf_counter() - between


def _pages(options: Options) -> Iterator[Transfer]:
    """Read the whole result of a folder, page by page: all of them together are one transfer."""
    with tempfile.TemporaryDirectory() as folder:
        code = source_code(0.2)
        command = toolcrew("--root", folder, "--set", "cache.disk=false").command
        for number in range(1 + round(5 * max(options.sizes))):
            Path(folder, f"module_{number}.py").write_text(code)
        with Client(command, timeout=_TIMEOUT_S) as client:
            client.greet()
            result = client.call("code_parse", {"path": folder})["structuredContent"]
            _read_pages(client, result["result_uri"], 1)  # the first time the pages are laid out
            for size in options.sizes:
                turns = [
                    _read_pages(client, result["result_uri"], int(size * 1e6))
                    for _ in range(options.rounds)
                ]
                yield _transfer("resources/read, pages of 200 KB", "toolcrew", size, turns)


def _read_pages(client: Client, uri: str, least: int) -> Exchange:
    """Return all of them as one exchange."""
    pages: list[Exchange] = []
    while sum(len(page.answer) for page in pages) < least:
        params = {"uri": f"{uri}/{len(pages) + 1}"}
        pages.append(client.exchange("resources/read", params))
    return Exchange(
        seconds=sum(page.seconds for page in pages),
        sent=sum(page.sent for page in pages),
        answer=b"".join(page.answer for page in pages),
    )


def _echoes(server: Contender, name: str, what: str, options: Options) -> Iterator[Transfer]:
    """Send a text and receive it."""
    with Client(server.command, timeout=_TIMEOUT_S) as client:
        client.greet()
        client.await_tool(server.tool)
        most = _LONGEST_ECHO if name == "toolcrew" else max(options.sizes)
        for size in sorted({min(most, size) for size in options.sizes}):
            params = {"name": server.tool, "arguments": {"text": source_code(size)}}
            client.exchange("tools/call", params)
            turns = [client.exchange("tools/call", params) for _ in range(options.rounds)]
            yield _transfer(what, name, size, turns)


def _parse_params(code: str) -> dict[str, Any]:
    return {"name": "code_parse", "arguments": {"language": "python", "code": code}}


def _transfer(what: str, server: str, megabytes: float, turns: Sequence[Exchange]) -> Transfer:
    return Transfer(
        what=what,
        server=server,
        megabytes=megabytes,
        sent=turns[-1].sent,
        received=len(turns[-1].answer),
        seconds=min(turn.seconds for turn in turns),
    )


def _table(transfers: Sequence[Transfer]) -> Table:
    firsts = {(one.server, one.what): one for one in reversed(transfers)}
    return Table(
        title="Large calls",
        columns=(
            "server",
            "call",
            "sent",
            "received",
            "time",
            "MB/s",
            "against the smallest",
            "work alone",
            "parse alone",
        ),
        rows=[_row(one, firsts[one.server, one.what]) for one in transfers],
        notes=[
            "Time: from the request's first byte until its answer's last; nothing is decoded in it.",
            "Best of the rounds, because it is the growth that matters. Work alone and parse alone too.",
            "MB/s: both directions added up. It falls where something grows faster than the size.",
            "Work alone: the same tool in one process, no server; parse alone: tree-sitter's part of it.",
            "Known answer: what is left without the work.",
            "code_parse answers with 40,000 characters: what is larger is read as pages of a resource.",
            "echo is a third party's tool for toolcrew, and such an answer may have 4 MiB.",
        ],
    )


def _row(one: Transfer, first: Transfer) -> list[str]:
    return [
        one.server,
        one.what,
        f"{one.sent / 1e6:.3g} MB",
        f"{one.received / 1e6:.3g} MB",
        duration(one.seconds),
        f"{one.speed():.3g}",
        ratio(one.speed(), first.speed()),
        duration(one.work_s) if one.work_s else "-",
        duration(one.parse_s) if one.parse_s else "-",
    ]


def main() -> int:
    """Measure and print."""
    default = Options()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=float, nargs="+", default=list(default.sizes), metavar="MB")
    parser.add_argument("--rounds", type=int, default=default.rounds)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
