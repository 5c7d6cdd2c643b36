"""What Toolcrew adds to a call of a model, how near to parallel many jobs come, and what a load does to it.

The model server is a fake that answers at once, or after a fixed time (`model_host.py`), so that only what
lies before it is measured. Calls that are compared take turns.
"""

import argparse
import contextlib
import http.client
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import msgspec
import psutil
from answer_reader import AnswerReader
from mcp_client import Client
from percentiles import Latency, latency
from report import Report, Table, duration, publish, size

_HERE = Path(__file__).parent
_COMMAND = (str(Path(sys.executable).with_name("toolcrew")),)
_BODY = b'{"model":"tiny","messages":[{"role":"user","content":"Hi"}],"stream":true}'
_FIRST_ID = 10_000_000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How much is asked."""

    calls: int = 400
    rounds: int = 10
    load: int = 1000
    in_flight: int = 64
    json: str | None = None


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a load came to."""

    calls: int
    answered: int
    errors: int
    seconds: float
    latency: Latency
    worker_rss: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, in seconds and bytes."""

    direct: Sequence[float]
    through: Sequence[float]
    many: Sequence[float]
    load: Loaded


@contextlib.contextmanager
def model_host(delay_s: float) -> Generator[int]:
    """Have a fake model server, which takes *delay_s* for each answer; yield its port."""
    command = [sys.executable, str(_HERE / "model_host.py"), str(delay_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextlib.contextmanager
def toolcrew(port: int) -> Generator[Client]:
    """Have Toolcrew in front of it, with a worker that is there."""
    os.environ["OLLAMA_HOST"] = f"127.0.0.1:{port}"
    os.environ["OLLAMA_NUM_PARALLEL"] = "64"
    os.environ["TOOLCREW_CONFIG"] = os.devnull
    with Client(_COMMAND) as client:
        client.greet()
        for _ in range(20):
            client.call("ollama_run", {"prompt": "Hi", "model": "tiny"})
        yield client


def measure(options: Options) -> Report:
    """Measure all three."""
    with model_host(0.0) as port, toolcrew(port) as client:
        direct, through = _overhead(client, port, options.calls)
        load = _load(client, options.load, options.in_flight)
    with model_host(0.1) as port, toolcrew(port) as client:
        many = [_many(client) for _ in range(options.rounds)]
    figures = Figures(direct=direct, through=through, many=many, load=load)
    return Report(tables=[_one_table(figures), _load_table(load)], figures=figures)


def _overhead(client: Client, port: int, calls: int) -> tuple[list[float], list[float]]:
    """Call the host itself, and through Toolcrew, in turn; return the seconds of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    direct: list[float] = []
    through: list[float] = []
    for _ in range(calls):
        began = time.perf_counter()
        connection.request("POST", "/api/chat", _BODY, {"Content-Type": "application/json"})
        connection.getresponse().read()
        direct.append(time.perf_counter() - began)
        began = time.perf_counter()
        client.call("ollama_run", {"prompt": "Hi", "model": "tiny"})
        through.append(time.perf_counter() - began)
    connection.close()
    return sorted(direct), sorted(through)


def _many(client: Client) -> float:
    """Return the seconds of eight jobs at once."""
    jobs = [{"prompt": str(number), "model": "tiny"} for number in range(8)]
    began = time.perf_counter()
    client.call("ollama_run_many", {"jobs": jobs, "max_concurrency": 8})
    return time.perf_counter() - began


def _load(client: Client, calls: int, in_flight: int) -> Loaded:
    """Have so many calls answered, so many at a time."""
    reader = AnswerReader()
    sent: dict[int, float] = {}
    taken: list[float] = []
    left = calls
    began = time.perf_counter()
    while left or sent:
        while left and len(sent) < in_flight:
            number = _FIRST_ID + left
            sent[number] = time.perf_counter()
            arguments = {"prompt": f"{number}", "model": "tiny"}
            client.send("tools/call", {"name": "ollama_run", "arguments": arguments}, number)
            left -= 1
        if not select.select([client.stdout], [], [], client.timeout)[0]:
            break  # what has not come by now is lost
        now_read = reader.feed(os.read(client.stdout, 1 << 20))
        now = time.perf_counter()
        taken += [now - sent.pop(int(number)) for number in now_read]
    return Loaded(
        calls=calls,
        answered=len(taken),
        errors=reader.protocol_errors + reader.tool_errors,
        seconds=time.perf_counter() - began,
        latency=latency(sorted(taken)),
        worker_rss=_worker_rss(client),
    )


def _worker_rss(client: Client) -> int:
    result = client.call("admin_get_metrics", {})
    workers = result["structuredContent"]["workers"]
    pids = [worker["pid"] for worker in workers if worker["kind"] == "ollama"]
    return sum(psutil.Process(pid).memory_info().rss for pid in pids)


def _one_table(figures: Figures) -> Table:
    direct, through = statistics.median(figures.direct), statistics.median(figures.through)
    many = statistics.median(figures.many)
    return Table(
        title="One call, and eight jobs",
        columns=["what", "p50", "least", "most"],
        rows=[
            _row("direct HTTP call", figures.direct),
            _row("ollama_run", figures.through),
            ["added by Toolcrew", duration(through - direct), "", ""],
            _row("ollama_run_many, 8 jobs of 100 ms at once", figures.many),
            ["added to the 100 ms", duration(many - 0.1), "", ""],
        ],
        notes=["The direct call is Python's http.client on a connection that is kept."],
    )


def _row(name: str, seconds: Sequence[float]) -> list[str]:
    times = (statistics.median(seconds), min(seconds), max(seconds))
    return [name, *map(duration, times)]


def _load_table(load: Loaded) -> Table:
    return Table(
        title="A load",
        columns=["calls", "answered", "errors", "lost", "calls/s", "p50", "p99", "worker's RSS"],
        rows=[
            [
                str(load.calls),
                str(load.answered),
                str(load.errors),
                str(load.calls - load.answered),
                f"{load.answered / load.seconds:.0f}",
                duration(load.latency.p50),
                duration(load.latency.p99),
                size(load.worker_rss),
            ]
        ],
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("calls", "rounds", "load", "in_flight"):
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, type=int, default=getattr(Options(), name))
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
