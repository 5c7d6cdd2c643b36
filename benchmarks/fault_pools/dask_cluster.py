"""Dask: a scheduler in this process, and two workers of one thread, each with a nanny."""

import asyncio
from importlib import import_module
from typing import Any

from fault_pools.pool import MEMORY_LIMIT, WORKERS
from fault_pools.tasks import Answer, Argument, Task, run


class DaskPool:
    """`distributed.LocalCluster` (see `Pool`), on the caller's own loop."""

    has_deadlines = False

    def __init__(self) -> None:
        self._distributed: Any = import_module("distributed")
        self._cluster: Any = None
        self._client: Any = None

    async def start(self) -> None:
        """Start the cluster and connect to it."""
        self._cluster = await self._distributed.LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            processes=True,
            memory_limit=MEMORY_LIMIT,
            dashboard_address=None,
            asynchronous=True,
        )
        self._client = await self._distributed.Client(self._cluster, asynchronous=True)

    async def rebuild(self) -> None:
        """Never needed: the nannies restart what dies."""

    def submit(
        self, task: Task, argument: Argument, timeout_s: float | None
    ) -> asyncio.Future[Answer]:
        """Submit a task of its own: what is not pure is never answered from an earlier call."""
        del timeout_s
        return asyncio.ensure_future(self._call(task, argument))

    async def _call(self, task: Task, argument: Argument) -> Answer:
        future: Any = self._client.submit(run, task, argument, pure=False)
        try:
            answer: Answer = await future
        except asyncio.CancelledError:
            await future.cancel()
            raise
        return answer

    def is_broken_by(self, error: Exception) -> bool:
        """Nothing breaks a cluster for good."""
        del error
        return False

    def worker_pids(self) -> list[int]:
        """Ask the nannies; one that has no worker just now has no process either."""
        nannies: list[Any] = list(self._cluster.workers.values())
        return [pid for nanny in nannies if (pid := nanny.pid)]
