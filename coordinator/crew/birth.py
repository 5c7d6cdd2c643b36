"""How a worker process comes into the world: what it is given, what is known of it, and the plain way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import msgspec

from protocol.worker.settings import CREW_VARIABLE, VARIABLE, WorkerSettings

_ZYGOTE = "from workers.zygote import main; main()"
"""Not `-m workers.zygote`: that is done by `runpy`, whose imports take 4 ms."""


def built_in_argv(kind: str, *module: str) -> tuple[str, ...]:
    """Return the command line of one worker; -P keeps the working directory off its import path."""
    return (sys.executable, "-P", "-m", "workers", kind, *module)


def zygote_argv(kind: str, *module: str) -> tuple[str, ...] | None:
    """Return the command line of a zygote; None where there are none."""
    if sys.platform != "linux":
        return None
    return (sys.executable, "-P", "-c", _ZYGOTE, kind, *module)


def new_crew_id() -> str:
    """Return what marks the processes of one crew, and no others."""
    return f"{os.getpid()}-{time.monotonic_ns()}"


def surroundings(
    settings: WorkerSettings, crew_id: str, more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment of workers with these *settings*, and of their zygote."""
    env = {
        **os.environ,
        **(more or {}),
        VARIABLE: msgspec.json.encode(settings).decode(),
        CREW_VARIABLE: crew_id,
    }
    return {**env, "TMPDIR": settings.scratch} if settings.scratch else env


class Ends(msgspec.Struct, frozen=True):
    """The descriptors that a new worker gets: its stdin and stdout, and its stderr."""

    socket: int
    stderr: int


class Born(msgspec.Struct, frozen=True):
    """A process that is our child, or is about to be.

    *poll* reaps it once it is gone and returns its exit code, negative for a signal; *pidfd* is ours to
    close.
    """

    pid: int
    group: int
    pidfd: int | None
    poll: Callable[[], int | None]

    def kill(self) -> None:
        """SIGKILL it and everything in its group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, signal.SIGKILL)


def how_it_ended(code: int) -> str:
    """Say in words what an exit code means: "SIGSEGV", or "exit status 3"."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


class Child(Protocol):
    """Whom to tell, once: perhaps before `launch` returns, perhaps later."""

    def on_born(self, born: Born) -> None:
        """It lives."""

    def on_unborn(self, why: str) -> None:
        """There will be no process."""


Launch = Callable[[Ends, Child], None]
"""Start a process with these ends, which may be closed when it returns. May raise OSError."""


def launch_program(argv: Sequence[str], env: Mapping[str, str], ends: Ends, child: Child) -> None:
    """Start *argv* as a program of its own.

    Raises:
        OSError: it could not be started.
    """
    # No preexec_fn: it costs 2 ms and may deadlock; what a child must do to itself, it does itself.
    popen = subprocess.Popen(  # noqa: S603 - argv is ours or the configuration's
        list(argv),
        stdin=ends.socket,
        stdout=ends.socket,
        stderr=ends.stderr,
        env=dict(env),
        process_group=0,
    )
    child.on_born(Born(popen.pid, popen.pid, open_pidfd(popen.pid), popen.poll))


def open_pidfd(pid: int) -> int | None:
    """Return a descriptor that is readable when our child *pid* is gone; None where there are none."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
