"""What a cached call and a job cost in bytecode instructions, calls and memory: the same on a busy machine.

Only what runs in the coordinator's own modules counts. `hot_path.json` has the figures that are expected, by
Python version: a test compares them. `python benchmarks/hot_path.py --update` puts what is true now there.
"""

import argparse
import asyncio
import gc
import os
import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Self

import msgspec
from contenders import SNIPPET
from dispatch_pools import jobs_one_by_one
from mcp_client import ENVELOPE, INITIALIZE
from report import Report, Table, publish, to_json

from coordinator.app import App
from coordinator.config import load
from coordinator.frontends.mcp.connection import Connection

COMMITTED = Path(__file__).with_suffix(".json")
_JOB = "job through the crew"
TOLERANCE = {_JOB: 0.15}
USUAL_TOLERANCE = 0.02
"""So much more than expected is a regression. Beside jobs the crew looks after its workers, now and then."""

_ROOT = Path(__file__).parents[1]
_OURS = tuple(f"{_ROOT / package}{os.sep}" for package in ("coordinator", "protocol", "cache"))
_CALLS = 640
_JOBS = 300
_WARM_UP = 200
_MAX_LINE_BYTES = 1 << 20
_PATIENCE_S = 60.0


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one takes on average, in the coordinator. *peak_bytes*: what it allocates while it lasts."""

    instructions: float
    calls: float
    peak_bytes: float = 0.0


Costs = dict[str, Cost]


class _Counter:
    """Counts instructions and calls in our own modules while it is entered."""

    def __init__(self) -> None:
        self._calls = self._instructions = 0

    def __enter__(self) -> Self:
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def cost(self, times: int, peak_bytes: float = 0.0) -> Cost:
        """Return the cost of one of *times*."""
        return Cost(
            instructions=round(self._instructions / times, 1),
            calls=round(self._calls / times, 2),
            peak_bytes=peak_bytes,
        )

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        del event, arg
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        self._calls += 1
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, frame: FrameType, event: str, arg: Any) -> Any:
        del frame, arg
        self._instructions += event == "opcode"
        return self._step


def measure() -> Costs:
    """Count, with everything put together as the server does."""
    return asyncio.run(_calls()) | _in_a_process(_JOB)


async def _calls() -> Costs:
    costs: Costs = {}
    async with asyncio.timeout(_PATIENCE_S):
        app = App(load({"cache.disk": "false", "crew.parse_workers": "1"}, {}))
        app.start()
        try:
            for name, meta in (("cached call", {}), ("cached call, modern", {"_meta": ENVELOPE})):
                costs[name] = await _cached_calls(app, meta)
        finally:
            await app.close(at_once=True)
    return costs


def _in_a_process(name: str) -> Costs:
    """Count jobs in a process of their own: a crew takes all children of its process for its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from hot_path import child; child()"],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        timeout=_PATIENCE_S,
        check=True,
    )
    return {name: msgspec.json.decode(done.stdout, type=Cost)}


def child() -> None:
    """Count jobs, and print what one costs."""
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(_jobs())))


async def _cached_calls(app: App, meta: dict[str, Any]) -> Cost:
    answered = asyncio.Event()

    def send(head: bytes = b"", body: bytes = b"", tail: bytes = b"") -> None:
        del head, body, tail
        answered.set()

    connection = Connection(app.mcp, _MAX_LINE_BYTES, send)
    if not meta:
        _say(connection, "initialize", INITIALIZE, 1)
    params = {"name": "code_parse", "arguments": {"language": "python", "code": SNIPPET}, **meta}
    answered.clear()
    _say(connection, "tools/call", params, 2)
    await answered.wait()
    for number in range(_WARM_UP):
        _say(connection, "tools/call", params, number)
    lines = [_line("tools/call", params, 10_000 + number) for number in range(_CALLS)]
    with _Counter() as counter:
        for line in lines:
            connection.receive(line)
    return counter.cost(_CALLS, _peak(lambda: connection.receive(lines[0])))


async def _jobs() -> Cost:
    counter = _Counter()
    await jobs_one_by_one(_WARM_UP, _JOBS, counter)
    return counter.cost(_JOBS)


def _say(connection: Connection, method: str, params: dict[str, Any], number: int) -> None:
    connection.receive(_line(method, params, number))


def _line(method: str, params: dict[str, Any], number: int) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def _peak(do: Callable[[], None], times: int = 50) -> float:
    """Return how much memory *do* has at most, beyond what was there before; the median."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    peaks: list[int] = []
    try:
        for _ in range(times):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            do()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
        gc.enable()
    return statistics.median(peaks)


def python_version() -> str:
    """Return what the figures depend on."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def committed() -> dict[str, Costs]:
    """Return the expected figures by Python version."""
    return msgspec.json.decode(COMMITTED.read_bytes(), type=dict[str, Costs])


def regressions(expected: Costs, found: Costs) -> list[str]:
    """Say what costs more than it may."""
    return [
        f"{name}: {now:g} {field} instead of {was:g} ({now / was - 1:+.1%})"
        for name, cost in expected.items()
        for field in ("instructions", "calls", "peak_bytes")
        if (was := getattr(cost, field)) * (1 + TOLERANCE.get(name, USUAL_TOLERANCE))
        < (now := getattr(found[name], field))
    ]


def _report(costs: Costs) -> Report:
    table = Table(
        title=f"The hot path, Python {python_version()}",
        columns=("what", "instructions", "calls", "peak bytes"),
        rows=[
            (name, f"{cost.instructions:g}", f"{cost.calls:g}", f"{cost.peak_bytes:g}")
            for name, cost in costs.items()
        ],
        notes=[
            "In modules of the coordinator, of one on average. Calls: of functions in Python.",
            "Peak bytes: allocated on top of what was there, at most.",
        ],
    )
    return Report(tables=[table], figures=costs)


def main() -> int:
    """Count and print; perhaps remember."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="what is true now is expected")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    costs = measure()
    if options.update:
        COMMITTED.write_bytes(to_json(committed() | {python_version(): costs}))
    return publish(lambda: _report(costs), options.json)


if __name__ == "__main__":
    sys.exit(main())
