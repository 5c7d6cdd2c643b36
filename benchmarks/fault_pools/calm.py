"""A pool to which nothing is done: how fast it is, or how it is kept busy."""

import asyncio
import time

from percentiles import latency

from fault_pools.figures import Calm, Options
from fault_pools.pool import WORKERS, Client
from fault_pools.signals import PAYLOAD
from fault_pools.tasks import Answer
from fault_pools.watch import noted, until

_LOOPS = range(-WORKERS, 0)
"""Numbers that no other call has."""


async def calm(client: Client, options: Options) -> Calm:
    """Call one after the other, then all at once."""
    alone = await _closed_loop(client, options.calm_s)
    loops = (_closed_loop(client, options.calm_s) for _ in range(options.callers))
    start = time.perf_counter()
    together = [one for loop in await asyncio.gather(*loops) for one in loop]
    seconds = time.perf_counter() - start
    return Calm(
        alone=latency(sorted(alone)),
        together=latency(sorted(together)),
        calls_per_second=len(together) / seconds,
    )


async def keep_busy(client: Client, options: Options) -> list["asyncio.Task[Answer]"]:
    """Give every worker something that never ends; return when all are at it.

    Raises:
        TimeoutError: They are not.
    """
    calls = [asyncio.create_task(client.call("loop", number)) for number in _LOOPS]
    if await until(lambda: set(_LOOPS) <= noted("begun").keys(), options.patience_s) is None:
        raise TimeoutError("the workers did not begin")
    return calls


async def _closed_loop(client: Client, seconds: float) -> list[float]:
    """Call `echo` until the time is over; return how long each call took."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        await client.call("echo", PAYLOAD)
        latencies.append(time.perf_counter() - start)
    return latencies
