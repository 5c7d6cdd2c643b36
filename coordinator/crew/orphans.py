"""What a dead worker leaves behind, wherever it has fled to, becomes our child, and is killed.

A worker keeps its own descendants while it lives (see `workers.lineage`), so a child of ours that we did not
start is always something whose worker is gone. Linux only; elsewhere a worker's process group must do.
Source: prctl(2), PR_SET_CHILD_SUBREAPER; proc_tid_children(5).
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Become the parent of whatever our descendants leave behind; tell whether that worked."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def kill_orphans(known: Callable[[], set[int]]) -> int:
    """Kill and reap every child of this process that is not *known*; return how many there were.

    *known* is asked after the children are listed, so that nobody is missed who was born meanwhile.
    """
    children = _children()
    orphans = children - known() if children else children
    for pid in orphans:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return len(orphans)


def _children() -> set[int]:
    found: set[int] = set()
    with contextlib.suppress(OSError):  # no such file: not Linux, or a kernel without it
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as children:
                found.update(map(int, children.read().split()))
    return found
