"""What a worker does to itself before its first job, so that it cannot outlive its coordinator."""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def apply(coordinator_pid: int) -> None:
    """Tie this process to its coordinator, leave no core files, and leave Ctrl-C to the coordinator."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _die_with(coordinator_pid)


def _die_with(coordinator_pid: int) -> None:
    """Ask the kernel to kill us when the coordinator dies; where it cannot, the closed pipe must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != coordinator_pid:  # it died before the kernel knew our wish
        os._exit(0)
