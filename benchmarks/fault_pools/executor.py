"""`concurrent.futures.ProcessPoolExecutor`."""

import asyncio
import multiprocessing
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import Literal

from fault_pools.pool import WORKERS
from fault_pools.tasks import Answer, Argument, Task, run


class ExecutorPool:
    """The standard library's pool (see `Pool`)."""

    has_deadlines = False

    def __init__(self, start_method: Literal["fork", "forkserver"]) -> None:
        self._context = multiprocessing.get_context(start_method)
        self._executor = self._make()

    async def start(self) -> None:
        """Nothing: the executor starts its processes with the first calls."""

    async def rebuild(self) -> None:
        """Leave the broken executor to itself: waiting for it may take for ever."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._make()

    def submit(
        self, task: Task, argument: Argument, timeout_s: float | None
    ) -> asyncio.Future[Answer]:
        """Call `submit` as `loop.run_in_executor` does."""
        del timeout_s
        return asyncio.wrap_future(self._executor.submit(run, task, argument))

    def is_broken_by(self, error: Exception) -> bool:
        """Tell a broken executor from a task that failed."""
        return isinstance(error, BrokenExecutor)

    def worker_pids(self) -> list[int]:
        """Return its processes; None once it has shut down."""
        # There is no public way to them, and somebody must be killed.
        return list(self._executor._processes or ())  # noqa: SLF001

    def _make(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(WORKERS, mp_context=self._context)


def fork_pool() -> ExecutorPool:
    """Return the pool whose workers are forks of the caller's process."""
    return ExecutorPool("fork")


def forkserver_pool() -> ExecutorPool:
    """Return the pool whose workers are forks of a server, as is the default since Python 3.14."""
    return ExecutorPool("forkserver")
