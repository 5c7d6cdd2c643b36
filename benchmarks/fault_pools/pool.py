"""What the fault programme asks of a pool, and the client that calls every pool in the same way."""

import asyncio
from typing import Protocol

from fault_pools.tasks import Answer, Argument, Task

WORKERS = 2
MEMORY_LIMIT = 512 << 20
"""What one worker may take up, for the pools that can be told."""


class Pool(Protocol):
    """Two worker processes, driven from one asyncio loop, everything else as it comes."""

    has_deadlines: bool
    """Whether `submit` can be told when the answer is due; where not, the caller needs a timer."""

    async def start(self) -> None:
        """Start the pool; workers may still be starting when this returns."""
        ...

    async def rebuild(self) -> None:
        """Make a new pool in the place of a broken one."""
        ...

    def submit(
        self, task: Task, argument: Argument, timeout_s: float | None
    ) -> asyncio.Future[Answer]:
        """Start one call; whatever this or the future raises means that the call is lost."""
        ...

    def is_broken_by(self, error: Exception) -> bool:
        """Tell whether *error* says that this pool will never answer again."""
        ...

    def worker_pids(self) -> list[int]:
        """Return the processes that do the work, as far as the pool knows them now."""
        ...


class CallLost(Exception):
    """A call was given up by its pool."""


class Client:
    """Calls a pool as a server would: nothing is sent twice, and a broken pool is made anew at once."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.rebuilds = 0
        self._rebuilding = asyncio.Lock()

    async def call(self, task: Task, argument: Argument, timeout_s: float | None = None) -> Answer:
        """Return the answer, or raise why there is none."""
        seen = self.rebuilds
        try:
            return await self._answer(task, argument, timeout_s)
        except Exception as error:
            if self.pool.is_broken_by(error):
                await self._rebuild(seen)
            raise

    async def _answer(self, task: Task, argument: Argument, timeout_s: float | None) -> Answer:
        future = self.pool.submit(task, argument, timeout_s)
        try:
            return await future
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise  # our caller has had enough
            raise CallLost("cancelled by the pool") from None

    async def _rebuild(self, seen: int) -> None:
        """Make the pool anew, once for all the callers that saw it break."""
        async with self._rebuilding:
            if seen == self.rebuilds:
                self.rebuilds += 1
                await self.pool.rebuild()
