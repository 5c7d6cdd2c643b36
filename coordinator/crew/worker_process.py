"""One worker process: its socket, its stderr, its exit; no decision is taken here.

Rule 1: every line that the process wrote is delivered before its exit is.
Rule 2: the whole process group ends with its leader.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from typing import Protocol

from protocol.framing import LineDecoder, Overlong
from protocol.worker.messages import MAX_LINE_BYTES

_CHUNK = 1 << 18
_MAX_LOG_LINE_BYTES = 8 * 1024
_REAP_INTERVAL_S = 0.002


class Listener(Protocol):
    """Whom a process reports to."""

    def on_lines(self, lines: list[bytes | Overlong]) -> None:
        """Whole lines of the protocol."""

    def on_log(self, lines: list[bytes | Overlong]) -> None:
        """Whole lines of stderr."""

    def on_exit(self, code: int) -> None:
        """The process is reaped; *code* is negative for a signal. Nothing follows."""


class WorkerProcess:
    """A process that speaks the worker protocol on its stdin and stdout, one socket as both."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], listener: Listener) -> None:
        """Start the process.

        Raises:
            OSError: the process could not be started.
        """
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._decoder = LineDecoder(MAX_LINE_BYTES)
        self._log_decoder = LineDecoder(_MAX_LOG_LINE_BYTES)
        self._unsent = bytearray()
        self._pidfd: int | None = None
        self._ended = False
        with contextlib.ExitStack() as if_it_fails:
            ours, theirs = socket.socketpair()
            if_it_fails.callback(ours.close)
            with theirs:
                self._popen = _start(argv, env, theirs)
            if_it_fails.pop_all()
        self._socket = ours
        self._watch()

    @property
    def pid(self) -> int:
        """The process id, which is the id of its group too."""
        return self._popen.pid

    def send(self, line: bytes) -> None:
        """Write one line, now if the socket takes it, else as it does."""
        if self._ended:
            return
        if not self._unsent:
            line = line[self._try_send(line) :]
        if line:
            self._unsent += line
            self._loop.add_writer(self._socket, self._flush)

    def kill(self) -> None:
        """SIGKILL the process and everything in its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)

    def _watch(self) -> None:
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._read)
        assert self._popen.stderr is not None
        self._stderr = self._popen.stderr.fileno()
        os.set_blocking(self._stderr, False)
        self._loop.add_reader(self._stderr, self._read_log)
        if hasattr(os, "pidfd_open"):
            # A grandchild that inherited the socket would hide the end of input from us; not this.
            with contextlib.suppress(OSError):
                self._pidfd = os.pidfd_open(self._popen.pid)
                self._loop.add_reader(self._pidfd, self._end)

    def _try_send(self, line: bytes | bytearray) -> int:
        try:
            return self._socket.send(line)
        except BlockingIOError:
            return 0
        except OSError:
            return len(line)  # it is gone; its exit will be noticed where exits are noticed

    def _flush(self) -> None:
        del self._unsent[: self._try_send(self._unsent)]
        if not self._unsent:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        if self._receive():
            return
        self._loop.remove_reader(self._socket)
        self._end()

    def _receive(self) -> bool:
        """Deliver what one read brings; False at the end of input."""
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if lines := self._decoder.feed(data):
            self._listener.on_lines(lines)
        return bool(data)

    def _read_log(self) -> None:
        if not self._receive_log():
            self._loop.remove_reader(self._stderr)

    def _receive_log(self) -> bool:
        try:
            data = os.read(self._stderr, _CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if lines := self._log_decoder.feed(data):
            self._listener.on_log(lines)
        return bool(data)

    def _end(self) -> None:
        """The process, or its end of the socket, is gone: take the rest of it down and reap it."""
        self.kill()
        code = self._popen.poll()
        if code is None:
            self._loop.call_later(_REAP_INTERVAL_S, self._end)
        elif not self._ended:
            self._ended = True
            self._finish(code)

    def _finish(self, code: int) -> None:
        self._drain_socket()
        self._receive_log()
        if rest := self._log_decoder.rest():
            self._listener.on_log([rest])
        self._close()
        self._listener.on_exit(code)

    def _drain_socket(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._socket.recv(_CHUNK):
                self._listener.on_lines(self._decoder.feed(data))

    def _close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._loop.remove_reader(self._stderr)
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
        self._socket.close()
        assert self._popen.stderr is not None
        self._popen.stderr.close()


def _start(
    argv: Sequence[str], env: Mapping[str, str], theirs: socket.socket
) -> subprocess.Popen[bytes]:
    # No preexec_fn: it costs 2 ms and may deadlock; what a child must do to itself, it does itself.
    return subprocess.Popen(  # noqa: S603 - argv is ours or the configuration's
        list(argv),
        stdin=theirs.fileno(),
        stdout=theirs.fileno(),
        stderr=subprocess.PIPE,
        env=dict(env),
        process_group=0,
    )


def process_state(pid: int) -> str:
    """Return the one-letter state of process *pid* as in /proc/PID/stat; "" where it cannot be had."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return chr(stat.read().rpartition(b") ")[2][0])
    except (OSError, IndexError):
        return ""
