"""One worker process: its socket, its stderr, its exit; no decision is taken here.

Rule 1: every line that the process wrote is delivered before its exit is.
Rule 2: the whole process group ends with the worker.
Rule 3: its listener hears `on_unborn` once, or `on_exit` once, and nothing after that.
"""

import asyncio
import contextlib
import os
import signal
import socket
from typing import Protocol

from coordinator.crew.birth import Born, Ends, Launch
from coordinator.crew.health import Sample
from coordinator.crew.log_pipe import LogPipe
from coordinator.crew.process_figures import ProcessFigures
from protocol.framing import LineDecoder, Overlong
from protocol.worker.messages import MAX_LINE_BYTES

_CHUNK = 1 << 16
"""So much is read at once: the memory for more is mapped, touched and unmapped anew each time, 8 us a job."""

_REAP_INTERVAL_S = 0.001


class Listener(Protocol):
    """Whom a process reports to."""

    def on_born(self, pid: int) -> None:
        """It has been started."""

    def on_unborn(self, why: str) -> None:
        """It could not be started."""

    def on_lines(self, lines: list[bytes | Overlong]) -> None:
        """Whole lines of the protocol."""

    def on_log(self, text: str) -> None:
        """A line of stderr."""

    def on_exit(self, code: int) -> None:
        """The process is reaped; *code* is negative for a signal. Nothing follows."""


class WorkerProcess:
    """A process that speaks the worker protocol on its stdin and stdout, one socket as both."""

    def __init__(self, launch: Launch, listener: Listener) -> None:
        """Start the process.

        Raises:
            OSError: the process could not be started.
        """
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._decoder = LineDecoder(MAX_LINE_BYTES)
        self._outgoing: list[bytes] = []  # written together at the end of this turn of the loop
        self._unsent = bytearray()
        self._born: Born | None = None
        self._figures: ProcessFigures | None = None
        self._is_to_die = False
        self._is_ending = False
        self._is_over = False
        with contextlib.ExitStack() as if_it_fails:
            ours, theirs = socket.socketpair()
            if_it_fails.callback(ours.close)
            log, stderr = os.pipe()
            if_it_fails.callback(os.close, log)
            self._socket = ours
            self._socket.setblocking(False)
            try:
                launch(Ends(theirs.fileno(), stderr), self)
            finally:
                theirs.close()
                os.close(stderr)
            if_it_fails.pop_all()
        self._log = LogPipe(log, listener.on_log)
        self._loop.add_reader(self._socket, self._read)

    @property
    def pid(self) -> int:
        """The process id; 0 as long as it is not born."""
        return 0 if self._born is None else self._born.pid

    @property
    def group(self) -> int:
        """The id of its process group; 0 as long as it is not born."""
        return 0 if self._born is None else self._born.group

    def sample(self) -> Sample:
        """Look at the process."""
        return Sample() if self._figures is None else self._figures.read()

    def send(self, line: bytes, *, at_once: bool = False) -> None:
        """Write one line, *at_once* or together with all others that are sent before the loop goes on.

        A write of its own for each line, which wakes the worker each time, took 35 us of every job.
        """
        self._outgoing.append(line)
        if at_once:
            self._write()
        elif len(self._outgoing) == 1:
            self._loop.call_soon(self._write)

    def kill(self) -> None:
        """SIGKILL the process and everything in its group, as soon as it is born."""
        self._is_to_die = True
        if self._born is not None:
            self._born.kill()

    # --- birth (see `birth.Child`)

    def on_born(self, born: Born) -> None:
        """It lives."""
        self._born = born
        self._figures = ProcessFigures(born.pid)
        if born.pidfd is not None:
            # A grandchild that inherited the socket would hide the end of input from us; not this.
            self._loop.add_reader(born.pidfd, self._died)
        self._listener.on_born(born.pid)
        if self._is_to_die:
            self._end()

    def on_unborn(self, why: str) -> None:
        """There will be no process."""
        self._close()
        if self._is_to_die:
            self._listener.on_exit(-signal.SIGKILL)
        else:
            self._listener.on_unborn(why)

    # --- talk

    def _write(self) -> None:
        """Write what was sent, as much as the socket takes now and the rest as it does."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        if self._is_over or not data:
            return
        if not self._unsent:
            data = data[self._try_send(data) :]
        if data:
            self._unsent += data
            self._loop.add_writer(self._socket, self._flush)

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
        if self._receive() or self._is_over:
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

    # --- death

    def _end(self) -> None:
        """Its end of the socket is closed, or it is to be gone: take it all down, and reap it."""
        self.kill()
        if self._born is None or self._is_ending:
            return  # who is yet to be born comes here again when it is
        self._is_ending = True
        self._reap(self._born)

    def _died(self) -> None:
        """The process is gone, which a closed socket alone does not say: it can be reaped now."""
        if self._born is not None and self._born.pidfd is not None:
            self._loop.remove_reader(self._born.pidfd)  # it would tell the same for ever
            self.kill()
            self._is_ending = True
            self._reap(self._born)

    def _reap(self, born: Born) -> None:
        if self._is_over:
            return  # the pidfd was faster than the timer
        code = born.poll()
        if code is None:
            self._loop.call_later(_REAP_INTERVAL_S, self._reap, born)
            return
        self._drain_socket()
        self._close()
        self._listener.on_exit(code)

    def _drain_socket(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._socket.recv(_CHUNK):
                self._listener.on_lines(self._decoder.feed(data))

    def _close(self) -> None:
        self._is_over = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._log.close()
        if self._figures is not None:
            self._figures.close()
        if self._born is not None and self._born.pidfd is not None:
            self._loop.remove_reader(self._born.pidfd)
            os.close(self._born.pidfd)
