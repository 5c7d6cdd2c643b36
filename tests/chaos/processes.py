"""Processes as the system sees them: who lives, who is whose child, what they hold."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Generator, Sequence
from typing import NamedTuple

import psutil

from chaos.watch import LONG_S


class Ends:
    """The ends of processes that are anybody's children, however their numbers are given away later."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self.count = len(processes)
        self._pidfds: dict[int, int] = {}
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                self._pidfds[os.pidfd_open(process.pid)] = process.pid

    def wait(self) -> float:
        """Wait until all are gone; return when the last one was."""
        end = time.monotonic() + LONG_S
        waiting = set(self._pidfds)
        last = time.monotonic()
        while waiting:
            gone, _, _ = select.select(waiting, [], [], max(0.0, end - time.monotonic()))
            alive = [self._pidfds[one] for one in waiting]
            assert gone, f"still alive: {alive}"
            waiting -= set(gone)
            last = time.monotonic()
        return last

    def close(self) -> None:
        """Let go of them."""
        for pidfd in self._pidfds:
            os.close(pidfd)


@contextlib.contextmanager
def ends_of(processes: Sequence[psutil.Process]) -> Generator[Ends]:
    """Be ready to see the ends of *processes*."""
    ends = Ends(processes)
    try:
        yield ends
    finally:
        ends.close()


def kill_9(process: psutil.Process) -> float:
    """SIGKILL one process; return when."""
    at = time.monotonic()
    os.kill(process.pid, signal.SIGKILL)
    return at


def children_of(pid: int) -> list[int]:
    """Return the children of *pid*: one read, where psutil looks at every process there is."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]


class Holdings(NamedTuple):
    """What a process holds: descriptors, threads, children dead or alive, memory."""

    descriptors: int
    threads: int
    children: int
    rss_mb: float


def holdings(pid: int) -> Holdings:
    """Look at a process."""
    process = psutil.Process(pid)
    return Holdings(
        process.num_fds(),
        process.num_threads(),
        len(children_of(pid)),
        process.memory_info().rss / (1 << 20),
    )
