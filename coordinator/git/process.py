"""One run of git: bounded in time and output, and gone when nobody wants it any more.

Rule 1: a process is known (`pids`) before anybody else can see it, and until it is reaped.
Rule 2: whatever ends a run - its answer, an error, too much output, a cancellation - ends its whole group.
Rule 3: nothing here blocks but the start of the process.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Generator, Sequence
from typing import IO, NamedTuple

from coordinator.git.command import command, environment, search_path
from protocol.errors import CallRefused

MOST_AT_ONCE = 4
"""How many processes may run at a time; further calls wait for their turn."""

_CHUNK = 1 << 18
_MOST_ERRORS = 4096
_REAP_INTERVAL_S = 0.001
_LONGEST_DEATH_S = 5.0


class Ended(NamedTuple):
    """What became of a run: its exit code, what it said, and what it complained about."""

    code: int
    output: bytes
    errors: str


class GitProcesses:
    """Every git process of this server. Make it on a running event loop."""

    def __init__(self) -> None:
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)

    def pids(self) -> set[int]:
        """Return the processes that are ours, whoever else looks for strangers."""
        return set(self._running)

    async def run(
        self,
        folder: str,
        arguments: Sequence[str],
        *,
        most_bytes: int,
        config: Sequence[str] = (),
        given: bytes = b"",
    ) -> Ended:
        """Run git in *folder* with *given* as its input; the caller sets the deadline.

        Raises:
            CallRefused: there is no git, it cannot be started, or it says more than *most_bytes*.
        """
        async with self._turn:
            with _input(given) as stdin:
                popen = _start(folder, arguments, config, stdin)
                self._running[popen.pid] = popen
            try:
                output, errors = await _listen(popen, most_bytes)
            finally:
                self._end(popen)
            assert popen.returncode is not None, "it is only waited for when it is gone"
            return Ended(popen.returncode, output, errors)

    async def close(self) -> None:
        """Return when no process is left; whatever still runs is killed."""
        for popen in list(self._running.values()):
            _kill(popen)
        with contextlib.suppress(TimeoutError):  # one that cannot die is the kernel's
            async with asyncio.timeout(_LONGEST_DEATH_S):
                while self._running:  # noqa: ASYNC110 - the kernel's turn
                    await asyncio.sleep(_REAP_INTERVAL_S)

    def _end(self, popen: subprocess.Popen[bytes]) -> None:
        """Take down what is left of a run, and reap it as soon as it is gone."""
        for pipe in (popen.stdout, popen.stderr):
            if pipe is not None:
                pipe.close()
        _kill(popen)
        self._reap(popen)

    def _reap(self, popen: subprocess.Popen[bytes]) -> None:
        if popen.poll() is not None:
            self._running.pop(popen.pid, None)
        else:
            asyncio.get_running_loop().call_later(_REAP_INTERVAL_S, self._reap, popen)


@contextlib.contextmanager
def _input(given: bytes) -> Generator[IO[bytes] | int]:
    """Hand *given* over in a file without a name: there is no pipe that could fill up and lock us."""
    if not given:
        yield subprocess.DEVNULL
        return
    import tempfile  # noqa: PLC0415 - 5 ms of a start, and few servers are asked about history

    with tempfile.TemporaryFile() as file:
        file.write(given)
        file.seek(0)
        yield file


def _start(
    folder: str, arguments: Sequence[str], config: Sequence[str], stdin: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    import shutil  # noqa: PLC0415 - as above

    program = shutil.which("git", path=search_path(os.environ))
    if program is None:
        raise CallRefused("tool_failed", "git is not installed where this server runs.")
    try:
        return subprocess.Popen(  # noqa: S603 - see `command`
            command(program, folder, arguments, config),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(os.environ),
            process_group=0,
        )
    except (OSError, ValueError) as error:  # such as too many paths for one command line
        raise CallRefused("tool_failed", f"git could not be started: {error}.") from error


async def _listen(popen: subprocess.Popen[bytes], most_bytes: int) -> tuple[bytes, str]:
    assert popen.stdout is not None
    assert popen.stderr is not None
    output = _Pipe(popen.stdout, most_bytes, stops=True)
    errors = _Pipe(popen.stderr, _MOST_ERRORS)
    try:
        await output.is_over.wait()
        if output.has_too_much:
            raise CallRefused(
                "too_large", f"git says more than {most_bytes:,} bytes: narrow with paths."
            )
        await errors.is_over.wait()
        while not _has_ended(popen):  # noqa: ASYNC110 - as above
            await asyncio.sleep(_REAP_INTERVAL_S)
    finally:
        output.close()
        errors.close()
    return bytes(output.data), errors.data.decode(errors="replace").strip()


def _has_ended(popen: subprocess.Popen[bytes]) -> bool:
    """Look without reaping where that is possible: its group can be killed as long as it keeps its number."""
    if not hasattr(os, "waitid"):
        return popen.poll() is not None
    return os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(popen: subprocess.Popen[bytes]) -> None:
    if popen.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(popen.pid, signal.SIGKILL)


class _Pipe:
    """Reads to the end; what is more than *most* is dropped, or with *stops* ends it."""

    def __init__(self, pipe: IO[bytes], most: int, *, stops: bool = False) -> None:
        self.data = bytearray()
        self.has_too_much = False
        self.is_over = asyncio.Event()
        self._most = most
        self._stops = stops
        self._descriptor = pipe.fileno()
        self._loop = asyncio.get_running_loop()
        os.set_blocking(self._descriptor, False)
        self._loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self.close()
            self.is_over.set()
            return
        room = self._most - len(self.data)
        self.data += data[:room]
        if len(data) > room:
            self.has_too_much = True
            if self._stops:
                self.close()
                self.is_over.set()
