"""MCP on stdin and stdout: raw file descriptors, and few writes for all that one read brought in.

Rule 1: nothing but the protocol ever reaches the real stdout; whatever prints is sent to stderr.
Rule 2: nothing here blocks, whatever stdin and stdout are: pipe, socket, terminal or regular file.
Rule 3: a client that does not read is not read from: what waits for it is bounded.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable

from coordinator.frontends.ends import Ends
from coordinator.frontends.outbox import Outbox
from protocol.framing import LineDecoder, Overlong

_CHUNK = 1 << 16
"""What a pipe holds. For a larger buffer every read would map and unmap memory: 8 us each."""

_EARLY = 8 * 1024
"""So much is written before the rest of what was read is worked off, and the client takes it in meanwhile:
with 64 calls in flight that is 1.6 times as many a second."""


class StdioTransport:
    """Moves bytes between *ends* and the one who understands them."""

    def __init__(
        self,
        ends: Ends,
        max_line_bytes: int,
        max_output_bytes: int,
        on_gone: Callable[[str], None],
    ) -> None:
        """*on_gone* is told "eof" when no more will be read, "closed" when nobody reads us any more."""
        self._ends = ends
        self._loop = asyncio.get_running_loop()
        self._decoder = LineDecoder(max_line_bytes)
        self._max_output_bytes = max_output_bytes
        self._on_gone = on_gone
        self._on_line: Callable[[bytes | Overlong], None] | None = None
        self._lines: deque[bytes | Overlong] = deque()
        self._output = Outbox()
        self._flush_is_due = False
        self._is_reading = False
        self._is_writing = False
        self._is_file = False
        self._at_end = False
        self._is_broken = False

    def start(
        self, on_line: Callable[[bytes | Overlong], None], taken: bytes = b"", written: int = 0
    ) -> None:
        """Begin to read; every line goes to *on_line*.

        *taken* has been read before, and of the answer to its first line *written* bytes are out already.
        """
        self._on_line = on_line
        self._lines.extend(self._decoder.feed(taken))
        if written:
            on_line(self._lines.popleft())
            self._output.head()
            self._output.wrote(written)
        if self._lines:
            self._work_off()
        self._resume()

    def stop_reading(self) -> None:
        """Take nothing more in."""
        self._at_end = True
        self._lines.clear()
        self._pause()

    def send(self, head: bytes = b"", body: bytes = b"", tail: bytes = b"") -> None:
        """Write one line, given in pieces, with all others of this turn of the event loop; none if empty."""
        if self._is_broken or not head:
            return
        self._output.put(head, body, tail + b"\n")
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    def is_flushed(self) -> bool:
        """Tell whether everything sent has been taken by the operating system, or never will be."""
        return not self._output.waiting

    def close(self) -> None:
        """Stop everything and let go of the descriptors."""
        self.stop_reading()
        self._stop_writing()
        self._ends.close()

    # --- reading

    def _resume(self) -> None:
        if self._is_reading or self._at_end:
            return
        self._is_reading = True
        if not self._is_file:
            try:
                self._loop.add_reader(self._ends.read_fd, self._read)
            except PermissionError:  # epoll takes no regular file; those never block
                self._is_file = True
        if self._is_file:
            self._loop.call_soon(self._read)

    def _pause(self) -> None:
        if self._is_reading and not self._is_file:
            self._loop.remove_reader(self._ends.read_fd)
        self._is_reading = False

    def _read(self) -> None:
        if not self._is_reading:
            return
        try:
            data = os.read(self._ends.read_fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._lines.extend(self._decoder.feed(data) if data else self._last_line())
        if not data:
            self._at_end = True
            self._pause()
        self._work_off()
        if self._is_file and self._is_reading:
            self._loop.call_soon(self._read)

    def _last_line(self) -> list[bytes | Overlong]:
        """A last line without its newline is still a line."""
        rest = self._decoder.rest()
        return [rest] if rest else []

    def _work_off(self) -> None:
        """Hand out lines until what they bring forth is too much for the client."""
        assert self._on_line is not None
        on_line, lines, output = self._on_line, self._lines, self._output
        # At the end of this: a turn of the loop for it would cost 5 us.
        self._flush_is_due = True
        while lines and output.waiting <= self._max_output_bytes:
            on_line(lines.popleft())
            if output.waiting >= _EARLY and not self._is_writing:
                with contextlib.suppress(OSError):  # the flush below will meet it too
                    self._push()
        if lines:
            self._pause()
        elif self._at_end:
            self._on_gone("eof")
        self._flush()

    def _is_choked(self) -> bool:
        return self._output.waiting > self._max_output_bytes

    # --- writing

    def _flush(self) -> None:
        self._flush_is_due = False
        if self._output.waiting and not self._is_writing:
            self._write()

    def _push(self) -> None:
        """Write what is taken now.

        Raises:
            OSError: nobody reads any more.
        """
        try:
            while self._output.waiting:
                self._output.wrote(self._ends.write(self._output.head()))
        except BlockingIOError:
            pass  # the reader is slow: the loop says when there is room again

    def _write(self) -> None:
        try:
            self._push()
        except OSError:
            self._break()
            return
        if self._output.waiting:
            self._wait_to_write()
        else:
            self._stop_writing()
        if not self._is_choked():
            self._go_on()

    def _go_on(self) -> None:
        if self._lines:
            self._loop.call_soon(self._continue)
        else:
            self._resume()

    def _continue(self) -> None:
        if self._lines:
            self._work_off()
        if not self._lines:
            self._resume()

    def _wait_to_write(self) -> None:
        if not self._is_writing:
            self._is_writing = True
            self._loop.add_writer(self._ends.write_fd, self._write)

    def _stop_writing(self) -> None:
        if self._is_writing:
            self._is_writing = False
            self._loop.remove_writer(self._ends.write_fd)

    def _break(self) -> None:
        self._is_broken = True
        self._output.clear()
        self._stop_writing()
        self.stop_reading()
        self._on_gone("closed")
