"""What a process writes to its stderr, line by line."""

import asyncio
import os
from collections.abc import Callable

from protocol.framing import LineDecoder, Overlong

_CHUNK = 1 << 16
_MAX_LINE_BYTES = 8 * 1024


class LogPipe:
    """Owns the reading end of a pipe."""

    def __init__(self, descriptor: int, on_line: Callable[[str], None]) -> None:
        self._descriptor = descriptor
        self._on_line = on_line
        self._decoder = LineDecoder(_MAX_LINE_BYTES)
        self._loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    def close(self) -> None:
        """Deliver what is still there, then let go."""
        self._receive()
        if rest := self._decoder.rest():
            self._tell(rest)
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    def _read(self) -> None:
        if not self._receive():
            self._loop.remove_reader(self._descriptor)

    def _receive(self) -> bool:
        """Deliver what one read brings; False at the end of input."""
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for line in self._decoder.feed(data):
            self._tell(line)
        return bool(data)

    def _tell(self, line: bytes | Overlong) -> None:
        if isinstance(line, Overlong):
            self._on_line("(a very long line)")
        else:
            self._on_line(line.decode(errors="replace"))
