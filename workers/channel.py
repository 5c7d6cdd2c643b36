"""The two file descriptors to the coordinator, and what is sent and received through them."""

import contextlib
import fcntl
import os
import select
import signal
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import TYPE_CHECKING

from protocol.errors import ProtocolError
from protocol.framing import LineDecoder, Overlong
from protocol.worker.messages import (
    MAX_LINE_BYTES,
    FromWorker,
    ToWorker,
    decode_to_worker,
    encode_line,
)

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

_CHUNK = 1 << 16
"""So much is read at once: the memory for more comes from the kernel anew each time, and costs 10 us."""


class Channel:
    """The two file descriptors to the coordinator. Any thread may send; only the main thread receives."""

    def __init__(self, inbox: int, outbox: int) -> None:
        self._inbox = inbox
        self._poll = select.poll()  # asked before each job at hand: 0.5 us, `select` 2.3
        self._poll.register(inbox, select.POLLIN)
        self._outbox = outbox
        self._sending = threading.Lock()
        self._decoder = LineDecoder(MAX_LINE_BYTES)
        self.closed = False
        self.has_news = False
        """While `watched`: something has come in since this was last set to False."""

    @contextlib.contextmanager
    def watched(self) -> Generator[None]:
        """Have the kernel tell us (SIGIO) when something comes in.

        Asking it instead, with a system call every few milliseconds, lets go of the GIL each time for a
        moment too short for the beating thread to take it, and starts that thread's wait for its turn anew:
        asking every 2 ms left it without a single beat in 30 s.
        """
        before = signal.signal(signal.SIGIO, self._note_news)
        flags = fcntl.fcntl(self._inbox, fcntl.F_GETFL)
        fcntl.fcntl(self._inbox, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self._inbox, fcntl.F_SETFL, flags | os.O_ASYNC)
        self.has_news = True  # it may have come before we asked to be told
        try:
            yield
        finally:
            fcntl.fcntl(self._inbox, fcntl.F_SETFL, flags)
            signal.signal(signal.SIGIO, before)

    def _note_news(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.has_news = True

    def send(self, message: FromWorker) -> None:
        """Write one message; a coordinator that is gone ends this process."""
        line = memoryview(encode_line(message))
        with self._sending:
            while line:
                line = line[os.write(self._outbox, line) :]

    def receive(self) -> list[ToWorker]:
        """Wait for bytes and return the messages that they complete, perhaps none; mark the end of input."""
        data = os.read(self._inbox, _CHUNK)
        if not data:
            self.closed = True
        return [_decode(line) for line in self._decoder.feed(data) if line]

    def watch(self, loop: "AbstractEventLoop", on_input: Callable[[], None]) -> None:
        """Have *on_input* called whenever `receive` would return at once."""
        loop.add_reader(self._inbox, on_input)

    def unwatch(self, loop: "AbstractEventLoop") -> None:
        """Call nobody any more."""
        loop.remove_reader(self._inbox)

    def has_input(self) -> bool:
        """Tell whether `receive` would return at once."""
        return bool(self._poll.poll(0))


def _decode(line: bytes | Overlong) -> ToWorker:
    if isinstance(line, Overlong):
        raise ProtocolError(f"a line of more than {MAX_LINE_BYTES} bytes")
    return decode_to_worker.decode(line)


def take_stdio() -> Channel:
    """Keep stdin and stdout for the protocol, and give whatever prints or reads a harmless pair instead."""
    channel = Channel(os.dup(0), os.dup(1))
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.dup2(2, 1)
    os.close(devnull)
    return channel
