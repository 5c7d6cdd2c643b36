"""Faults that come from inside: a task that never ends, crashes its worker or eats memory."""

import asyncio
import time

import psutil

from fault_pools.figures import Options, Overdue, Poison
from fault_pools.pool import MEMORY_LIMIT, CallLost, Client
from fault_pools.tasks import Argument, Task
from fault_pools.watch import Watch, is_alive, until

_GOOD_BEFORE = 4
_GOOD_AFTER = 28
_SETTLE_S = 0.3


async def overdue(client: Client, options: Options, task: Task) -> Overdue:
    """Call a task that never ends; then see who still works.

    Where the pool knows no deadlines the caller uses a timer of its own, and that says nothing of the pool.
    """
    start = time.perf_counter()
    call = asyncio.create_task(client.call(task, 0, options.deadline_s))
    by_pool = client.pool.has_deadlines
    await asyncio.wait({call}, timeout=options.patience_s if by_pool else options.deadline_s)
    answered_s = time.perf_counter() - start
    answered = call.done()
    call.cancel()
    watch = Watch(client)
    full_s = await watch.until_full(options.patience_s)
    return Overdue(
        deadline_s=options.deadline_s,
        answered_s=answered_s if answered or not by_pool else None,
        answered_by="pool" if answered else "nobody" if by_pool else "caller",
        workers_left=watch.answering(),
        full_s=full_s,
    )


async def poison(client: Client, options: Options, task: Task) -> Poison:
    """Send good calls with a bad one among them, and nothing again."""
    argument: Argument = 2 * MEMORY_LIMIT if task == "hog" else 0
    watch, census = Watch(client), _Census(client)
    looking = asyncio.create_task(census.look())
    good = [asyncio.create_task(watch.call(number)) for number in range(_GOOD_BEFORE)]
    bad = asyncio.create_task(_fate(client, task, argument))
    good += [asyncio.create_task(watch.call(_GOOD_BEFORE + n)) for n in range(_GOOD_AFTER)]
    await asyncio.wait([bad, *good], timeout=options.poison_s)
    await asyncio.sleep(_SETTLE_S)
    looking.cancel()
    return Poison(
        neighbours=len(good),
        answered=sum(call.done() and call.result() for call in good),
        workers_died=await census.dead(),
        caller_got=bad.result() if bad.done() else "no answer",
        peak_bytes=census.peak_bytes,
        rebuilds=client.rebuilds,
    )


async def _fate(client: Client, task: Task, argument: Argument) -> str:
    """Return in a few words what the caller of a bad task gets."""
    try:
        await client.call(task, argument)
    except Exception as error:  # noqa: BLE001 - that is what is asked
        reason, _, _ = str(error).partition(":")
        return reason if isinstance(error, CallLost) else type(error).__name__
    return "an answer"


class _Census:
    """Every worker there has been, and the most memory that one of them took."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen = set(client.pool.worker_pids())
        self.peak_bytes = 0

    async def look(self) -> None:
        """Look again and again."""
        while True:
            pids = self._client.pool.worker_pids()
            self._seen.update(pids)
            self.peak_bytes = max([self.peak_bytes, *map(_resident_bytes, pids)])
            await asyncio.sleep(0.002)

    async def dead(self) -> int:
        """Count those that have ended; those being ended get a moment."""
        await until(lambda: not any(map(self._is_leaving, self._seen)), _SETTLE_S)
        return sum(not is_alive(pid) for pid in self._seen)

    def _is_leaving(self, pid: int) -> bool:
        return pid not in self._client.pool.worker_pids() and is_alive(pid)


def _resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
