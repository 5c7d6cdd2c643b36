"""Faults that come from outside: a worker is killed, stopped, or killed again and again."""

import asyncio
import contextlib
import os
import random
import signal
import time

import psutil
from percentiles import latency

from fault_pools.figures import KillOne, Options, Stop, Storm
from fault_pools.pool import WORKERS, Client
from fault_pools.watch import Watch, is_alive, noted, state, until

_PAUSE_S = 0.01
_SETTLE_S = 0.05
_TRIES = 4
_NOT_YET = {psutil.STATUS_RUNNING, psutil.STATUS_SLEEPING}
PAYLOAD = "x" * 1_016
"""With its number before it, 1 KB."""


async def warm_up(client: Client, patience_s: float) -> None:
    """Wait until every worker has answered.

    Raises:
        TimeoutError: They did not.
    """
    if await Watch(client).until_full(patience_s) is None:
        raise TimeoutError(f"the workers did not start within {patience_s:g} s")


async def kill_one(client: Client, options: Options) -> KillOne:
    """Kill one of two workers as soon as both are at work on a batch."""
    watch = Watch(client)
    outstanding = await _begin_batch(client, options, watch)
    victim = _pick(client)
    os.kill(victim, signal.SIGKILL)
    watch.begin(without=victim)
    full_s = await watch.until_full(options.patience_s)
    done, pending = await asyncio.wait(outstanding, timeout=options.patience_s)
    begun, finished = noted("begun"), noted("done")
    batch = range(options.batch)
    return KillOne(
        calls=options.batch,
        lost=sum(not call.result() for call in done),
        unanswered=len(pending),
        begun_again=sum(begun[number] > 1 for number in batch),
        done_again=sum(finished[number] > 1 for number in batch),
        working_again_s=watch.working_again_s(),
        full_s=full_s,
        rebuilds=client.rebuilds,
    )


async def stop_at_work(client: Client, options: Options) -> Stop:
    """Stop one of two workers as soon as both are at work on a batch."""
    outstanding = await _begin_batch(client, options, Watch(client))
    finding = await _stop_one(client, options)
    await asyncio.wait(outstanding, timeout=options.patience_s)
    return _stopped(outstanding, await finding)


async def stop_at_rest(client: Client, options: Options) -> Stop:
    """Stop one of two idle workers and send a batch, again until a batch gets stuck; return the last.

    One of two idle workers may hold the lock of the queue that both read: which one, nobody can tell.
    """
    for number in range(1, _TRIES):
        finding, outstanding = await _stop_and_send(client, options, number * options.batch)
        _, stuck = await asyncio.wait(outstanding, timeout=options.patience_s)
        if stuck:
            return _stopped(outstanding, await finding)
        finding.cancel()
        _continue_all(client)
    finding, outstanding = await _stop_and_send(client, options, 0)
    await asyncio.wait(outstanding, timeout=options.patience_s)
    return _stopped(outstanding, await finding)


async def storm(client: Client, options: Options) -> Storm:
    """Kill a random worker every so often while many callers call on and on."""
    callers = _Callers(client)
    running = [asyncio.create_task(callers.one()) for _ in range(options.callers)]
    start = time.perf_counter()
    kills = 0
    while time.perf_counter() - start < options.storm_s:
        await asyncio.sleep(options.kill_every_s)
        kills += _kill_any(client)
    seconds = time.perf_counter() - start
    callers.stopping = True
    _, pending = await asyncio.wait(running, timeout=options.patience_s)
    return Storm(
        seconds=seconds,
        kills=kills,
        answered=len(callers.latencies),
        wrong=callers.wrong,
        lost=callers.lost,
        unanswered=len(pending),
        rebuilds=client.rebuilds,
        latency=latency(sorted(callers.latencies)),
        full_s=await Watch(client).until_full(options.patience_s),
    )


class _Callers:
    """A closed loop: each caller calls again as soon as it is answered."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.latencies: list[float] = []
        self.lost = 0
        self.wrong = 0
        self.stopping = False
        self._calls = 0

    async def one(self) -> None:
        """Call until told to stop; after a lost call, take a breath."""
        while not self.stopping:
            self._calls += 1
            payload = f"{self._calls:08d}{PAYLOAD}"
            start = time.perf_counter()
            try:
                answer = await self.client.call("echo", payload)
            except Exception:  # noqa: BLE001 - whatever a pool raises, the call is lost
                self.lost += 1
                await asyncio.sleep(_PAUSE_S)
                continue
            self.latencies.append(time.perf_counter() - start)
            self.wrong += answer != payload


async def _begin_batch(
    client: Client, options: Options, watch: Watch
) -> list["asyncio.Task[bool]"]:
    """Return the calls of a batch as soon as every worker has begun one of them."""
    calls = _send_batch(options, watch)
    batch = range(options.batch)
    both = await until(
        lambda: sum(noted("begun")[number] for number in batch) >= WORKERS, options.patience_s
    )
    if both is None or not client.pool.worker_pids():
        raise TimeoutError("the workers did not begin the batch")
    return calls


def _send_batch(options: Options, watch: Watch, first: int = 0) -> list["asyncio.Task[bool]"]:
    """Send calls that nobody has made before: a pool may remember what killed its workers."""
    numbers = range(first, first + options.batch)
    return [asyncio.create_task(watch.call(number)) for number in numbers]


async def _stop_and_send(
    client: Client, options: Options, first: int
) -> tuple["asyncio.Task[float | None]", list["asyncio.Task[bool]"]]:
    await warm_up(client, options.patience_s)
    await asyncio.sleep(_SETTLE_S)  # until both wait for work again
    return await _stop_one(client, options), _send_batch(options, Watch(client), first)


async def _stop_one(client: Client, options: Options) -> "asyncio.Task[float | None]":
    """Stop a worker; return what waits for the pool to kill or continue it, and counts from now."""
    victim = _pick(client)
    start = time.perf_counter()
    os.kill(victim, signal.SIGSTOP)
    # A signal takes a moment; by then the pool may have found it out already.
    await until(lambda: state(victim) not in _NOT_YET, options.patience_s)
    return asyncio.create_task(_found_after(start, victim, options.patience_s))


async def _found_after(start: float, victim: int, patience_s: float) -> float | None:
    found = await until(lambda: state(victim) != psutil.STATUS_STOPPED, patience_s)
    return None if found is None else time.perf_counter() - start


def _stopped(outstanding: list["asyncio.Task[bool]"], found_s: float | None) -> Stop:
    done = [call for call in outstanding if call.done()]
    answered = sum(call.result() for call in done)
    return Stop(
        calls=len(outstanding), answered=answered, lost=len(done) - answered, found_s=found_s
    )


def _continue_all(client: Client) -> None:
    for pid in client.pool.worker_pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _pick(client: Client) -> int:
    return random.choice(client.pool.worker_pids())  # noqa: S311 - any of them will do


def _kill_any(client: Client) -> bool:
    """Kill one of the workers that live; none may be left just now."""
    alive = [pid for pid in client.pool.worker_pids() if is_alive(pid)]
    if not alive:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(random.choice(alive), signal.SIGKILL)  # noqa: S311
    return True
