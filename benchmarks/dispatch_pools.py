"""Round trips of a minimal job through each pool: one at a time, and so many in flight.

Rule 1: each pool is driven in the way that is its own and fastest: executors by a thread that waits for the
oldest of a window of futures, Toolcrew by listeners on its loop. Nothing is wrapped into anything else.
Rule 2: the job is `echo` of the fault programme, the same function for all.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from contenders import toolcrew_echo
from fault_pools.pool import WORKERS, CallLost
from fault_pools.tasks import Answer, run
from load import Load, LoadRun
from mcp_client import Client
from percentiles import Latency, latency
from process_tree import ProcessTree
from request_blocks import RequestBlocks, call_params

if TYPE_CHECKING:
    from coordinator.dispatch.backend import Outcome
    from protocol.worker.messages import Progress

_PAYLOAD = "hello"
_LONGEST_S = 3600.0
_GRACE_S = 2.0
_WARM_UP_JOBS = 200
_now = time.perf_counter


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How long each part takes, and how many jobs are in flight in each part but the first, which has one."""

    seconds: float = 1.0
    in_flight: Sequence[int] = (64, 1000)


class Flood(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs while so many were in flight, and the CPU seconds of all processes, the caller's included."""

    in_flight: int
    jobs: int
    seconds: float
    cpu_seconds: float


class Trips(msgspec.Struct, frozen=True, kw_only=True):
    """What one pool did. *alone* is from submitting a job until its answer is there."""

    alone: Latency
    floods: Sequence[Flood]


class Driver(Protocol):
    """Runs the plan on one pool."""

    def __call__(self, plan: Plan) -> Trips:
        """Start the pool, warm it up, measure, end it."""
        ...


class _Meter:
    """Time and CPU time from its making on, of this process and its descendants."""

    def __init__(self) -> None:
        self._tree = ProcessTree(os.getpid())
        self._cpu, self._start = self._tree.cpu_seconds(), _now()

    def flood(self, in_flight: int, jobs: int) -> Flood:
        seconds = _now() - self._start
        cpu = self._tree.cpu_seconds() - self._cpu
        return Flood(in_flight=in_flight, jobs=jobs, seconds=seconds, cpu_seconds=cpu)


# --- executors


def _drive(executor: Executor, plan: Plan) -> Trips:
    _window(executor, 64, jobs=_WARM_UP_JOBS)
    durations = _one_by_one(executor, plan.seconds)
    floods: list[Flood] = []
    for in_flight in plan.in_flight:
        meter = _Meter()
        jobs = _window(executor, in_flight, seconds=plan.seconds)
        floods.append(meter.flood(in_flight, jobs))
    return Trips(alone=latency(sorted(durations)), floods=floods)


def _one_by_one(executor: Executor, seconds: float) -> list[float]:
    durations: list[float] = []
    end = _now() + seconds
    while (start := _now()) < end:
        executor.submit(run, "echo", _PAYLOAD).result()
        durations.append(_now() - start)
    return durations


def _window(executor: Executor, size: int, jobs: int = 1 << 60, seconds: float = _LONGEST_S) -> int:
    """Keep *size* jobs in flight until so many are done or the time is over; return how many were done."""
    end = _now() + seconds
    window: deque[Future[Answer]] = deque()
    done = 0
    for _ in range(size):
        window.append(executor.submit(run, "echo", _PAYLOAD))
    while done + size < jobs and _now() < end:
        window.popleft().result()
        done += 1
        window.append(executor.submit(run, "echo", _PAYLOAD))
    for future in window:
        future.result()
    return done + size


def _forked(plan: Plan) -> Trips:
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("fork")) as executor:
        return _drive(executor, plan)


def _loky(plan: Plan) -> Trips:
    loky: Any = import_module("loky")
    with loky.get_reusable_executor(max_workers=WORKERS) as executor:
        return _drive(executor, plan)


# --- Toolcrew


class _Jobs:
    """A listener of many jobs: each that ends is replaced, as calls of a client would come."""

    def __init__(self, pool: Any, spec: Any) -> None:
        self._submit = pool.dispatcher.submit
        self._spec = spec
        self._loop = asyncio.get_running_loop()
        self._all_done: asyncio.Future[None] = self._loop.create_future()
        self._end = self._started = 0.0
        self._in_flight = self._ended = self._most = 0
        self.done = 0
        self.durations: list[float] = []

    async def keep(self, in_flight: int, jobs: int = 1 << 60, seconds: float = _LONGEST_S) -> None:
        """Keep so many in flight until so many are done or the time is over."""
        self._most, self._end = jobs, _now() + seconds
        self._ended = in_flight
        self._replace()
        await self._all_done

    def on_part(self, result: msgspec.Raw) -> None:
        del result  # it has none

    def on_progress(self, progress: "Progress") -> None:
        del progress  # it tells none

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw:
        del reason, is_blamed
        arguments: msgspec.Raw = self._spec.arguments
        return arguments

    def on_end(self, outcome: "Outcome") -> None:
        if outcome.status != "done":
            self._fail(outcome)
            return
        self.durations.append(_now() - self._started)
        self.done += 1
        self._in_flight -= 1
        self._ended += 1
        if self._ended == 1:  # what else has ended with the same bytes is replaced at the same time
            self._loop.call_soon(self._replace)

    def _fail(self, outcome: "Outcome") -> None:
        """There is nothing to measure, and whoever waits hears why."""
        self._end = 0.0
        if not self._all_done.done():
            words = outcome.code or outcome.status
            self._all_done.set_exception(CallLost(f"{words}: {outcome.message}"))

    def _replace(self) -> None:
        """Submit as many as have ended, or say that all is done."""
        count, self._ended = self._ended, 0
        self._started = _now()
        if self._started < self._end and self.done + self._in_flight < self._most:
            self._in_flight += count
            for _ in range(count):
                self._submit(self._spec, self)
        elif not self._in_flight and not self._all_done.done():
            self._all_done.set_result(None)


def _toolcrew(plan: Plan) -> Trips:
    return asyncio.run(_drive_crew(plan))


async def _drive_crew(plan: Plan) -> Trips:
    async with _crew() as jobs:
        await jobs().keep(64, jobs=_WARM_UP_JOBS)
        one = jobs()
        await one.keep(1, seconds=plan.seconds)
        floods: list[Flood] = []
        for in_flight in plan.in_flight:
            meter, many = _Meter(), jobs()
            await many.keep(in_flight, seconds=plan.seconds)
            floods.append(meter.flood(in_flight, many.done))
        return Trips(alone=latency(sorted(one.durations)), floods=floods)


async def jobs_one_by_one(warm_up: int, count: int, during: AbstractContextManager[object]) -> None:
    """Do so many jobs through the crew, one at a time, the last *count* of them in the context *during*."""
    async with _crew() as jobs:
        await jobs().keep(1, jobs=warm_up)
        counted = jobs()
        with during:
            await counted.keep(1, jobs=count)


@asynccontextmanager
async def _crew() -> AsyncGenerator[Callable[[], _Jobs]]:
    """Have a crew, and what makes jobs for it."""
    from fault_pools.crew import KIND, CrewPool  # noqa: PLC0415

    from coordinator.dispatch.dispatcher import JobSpec  # noqa: PLC0415 - other pools do without

    pool = CrewPool()
    await pool.start()
    spec = JobSpec(
        kind=KIND,
        tool="echo",
        arguments=msgspec.Raw(msgspec.json.encode(_PAYLOAD)),
        priority="normal",
        timeout_s=_LONGEST_S,
        is_short=True,
    )
    try:
        yield lambda: _Jobs(pool, spec)
    finally:
        pool.dispatcher.close()
        await pool.crew.close(_GRACE_S)


# --- Toolcrew with its server


def _server(plan: Plan) -> Trips:
    """Send the job as calls of a client over stdio; what the client takes of the CPU does not count."""
    server = toolcrew_echo("echo_anew")
    with Client(server.command) as client:
        client.greet()
        client.await_tool(server.tool)
        requests = RequestBlocks(call_params(server.tool, server.same, {}))
        _calls(client, requests, 64, 0.3)
        alone, _ = _calls(client, requests, 1, plan.seconds)
        floods = [
            _calls(client, requests, in_flight, plan.seconds)[1] for in_flight in plan.in_flight
        ]
        return Trips(alone=alone, floods=floods)


def _calls(
    client: Client, requests: RequestBlocks, in_flight: int, seconds: float
) -> tuple[Latency, Flood]:
    cpu = client.tree.cpu_seconds()
    run = LoadRun(client, requests, Load(concurrency=in_flight, seconds=seconds))
    run.go()
    if problem := run.ended or run.first_error:
        raise client.failure(problem)
    figures = run.figures(run.durations())
    cpu = client.tree.cpu_seconds() - cpu
    flood = Flood(in_flight=in_flight, jobs=figures.calls, seconds=figures.seconds, cpu_seconds=cpu)
    return figures.latency, flood


class Entrant(msgspec.Struct, frozen=True):
    """One pool: its name in the table, the module that it needs, and what drives it."""

    title: str
    requires: str
    drive: Driver

    def is_installed(self) -> bool:
        """Tell whether it can be measured here."""
        return find_spec(self.requires) is not None


ENTRANTS = {
    "toolcrew": Entrant("Toolcrew's dispatcher and crew", "coordinator", _toolcrew),
    "server": Entrant("Toolcrew's whole server over stdio", "coordinator", _server),
    "executor": Entrant("ProcessPoolExecutor (fork)", "concurrent.futures", _forked),
    "loky": Entrant("loky", "loky", _loky),
}
