"""Whose child a process is, and what becomes of its own. Linux only, save `kill_group`; nothing elsewhere.

Numbers: linux/prctl.h; prctl(2).
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, argument: int | bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)


def outlive_parent() -> None:
    """Do not be killed when the parent dies: there is something to clean up first."""
    _prctl(_PR_SET_PDEATHSIG, 0)


def keep_descendants() -> None:
    """Become the parent of whatever our children leave behind.

    So nothing gets away from a worker while it lives, and all of it falls to the coordinator when it dies.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def name_process(name: str) -> None:
    """Be called *name* by `ps` and `top`; the kernel keeps 15 bytes of it."""
    _prctl(_PR_SET_NAME, name.encode()[:15])


def kill_group(group: int) -> None:
    """SIGKILL whatever is left of process group *group*."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
