"""What the programme looks at while it runs: who answers, which processes live, what the tasks have noted."""

import asyncio
import contextlib
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from fault_pools.pool import WORKERS, Client
from fault_pools.tasks import LOG_VARIABLE

_PROBES = 4
"""So many that no worker is idle while the other answers."""

_PAUSE_S = 0.01
_probe_numbers = itertools.count(1_000_000)
"""A pool may remember what killed its workers: no number is used twice."""


async def until(has_happened: Callable[[], bool], patience_s: float) -> float | None:
    """Look every millisecond; return the seconds until it happened, or None."""
    start = time.perf_counter()
    while not has_happened():
        if time.perf_counter() - start > patience_s:
            return None
        await asyncio.sleep(0.001)
    return time.perf_counter() - start


def is_alive(pid: int) -> bool:
    """Tell whether *pid* is a process that has not ended, stopped or not."""
    return state(pid) not in {"", psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}


def state(pid: int) -> str:
    """Return psutil's word for the state of *pid*; "" when it is gone."""
    try:
        return psutil.Process(pid).status()
    except psutil.Error:
        return ""


def noted(what: str) -> Counter[int]:
    """Count how often each `work` has noted *what*, by its number."""
    try:
        lines = Path(os.environ[LOG_VARIABLE]).read_text().splitlines()
    except FileNotFoundError:
        return Counter()
    notes = (line.split() for line in lines)
    return Counter(int(number) for note, number in notes if note == what)


class Watch:
    """Calls `work` from several callers at once and sees when, and by whom, they are answered."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._full = asyncio.Event()
        self.begin()

    def begin(self, without: int | None = None) -> None:
        """Start the clock; answers of the worker *without*, which was killed, prove nothing."""
        self._without = without
        self._started_at = time.perf_counter()
        self._working_again_at: float | None = None
        self._answered_by: set[int] = set()
        self._full_at: float | None = None
        self._full.clear()

    async def call(self, number: int) -> bool:
        """Call `work`; tell whether it was answered."""
        try:
            pid = int(await self._client.call("work", number))
        except Exception:  # noqa: BLE001 - whatever a pool raises, the call is lost
            self._working_again_at = None
            return False
        self._see(pid, time.perf_counter())
        return True

    async def until_full(self, patience_s: float) -> float | None:
        """Call until every worker has answered; return the seconds since this watch began."""
        probes = [asyncio.create_task(self._probe()) for _ in range(_PROBES)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._full.wait()
                await asyncio.wait(probes)  # then nothing of ours runs any more
        for probe in probes:
            probe.cancel()
        return None if self._full_at is None else self._full_at - self._started_at

    def working_again_s(self) -> float | None:
        """Return the seconds from the beginning to the first answer that no loss came after."""
        at = self._working_again_at
        return None if at is None else at - self._started_at

    def answering(self) -> int:
        """Count the workers of now that have answered."""
        return len(self._answered_by & set(self._client.pool.worker_pids()))

    async def _probe(self) -> None:
        while not self._full.is_set():
            if not await self.call(next(_probe_numbers)):
                await asyncio.sleep(_PAUSE_S)

    def _see(self, pid: int, now: float) -> None:
        if self._working_again_at is None:
            self._working_again_at = now
        if pid != self._without:
            self._answered_by.add(pid)
        if self._full_at is None and self.answering() >= WORKERS:
            self._full_at = now
            self._full.set()
