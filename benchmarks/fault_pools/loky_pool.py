"""loky's reusable executor, which joblib and scikit-learn run on."""

import asyncio
from concurrent.futures import BrokenExecutor
from importlib import import_module
from typing import Any

from fault_pools.pool import WORKERS
from fault_pools.tasks import Answer, Argument, Task, run


class LokyPool:
    """`loky.get_reusable_executor` (see `Pool`)."""

    has_deadlines = False

    def __init__(self) -> None:
        self._loky: Any = import_module("loky")
        self._executor: Any = None

    async def start(self) -> None:
        """Ask the factory for an executor."""
        self._executor = self._loky.get_reusable_executor(max_workers=WORKERS)

    async def rebuild(self) -> None:
        """Ask the factory again, as loky's documentation tells; it waits for what is left of the old one."""
        self._executor = await asyncio.to_thread(
            self._loky.get_reusable_executor, max_workers=WORKERS
        )

    def submit(
        self, task: Task, argument: Argument, timeout_s: float | None
    ) -> asyncio.Future[Answer]:
        """Call `submit` as `loop.run_in_executor` does."""
        del timeout_s
        return asyncio.wrap_future(self._executor.submit(run, task, argument))

    def is_broken_by(self, error: Exception) -> bool:
        """Tell a broken executor, or one that the factory has replaced, from a task that failed."""
        return isinstance(error, BrokenExecutor | self._loky.process_executor.ShutdownExecutorError)

    def worker_pids(self) -> list[int]:
        """Return its processes."""
        return list(self._executor._processes or ())  # noqa: SLF001 - there is no public way
