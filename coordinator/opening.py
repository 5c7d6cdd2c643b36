"""The first moments on stdio: a client that has said `initialize` already is answered before the imports.

That is 2 ms after the interpreter is up, not 100. Nothing is decided here: the server takes all that was
read as if nothing had happened, and leaves out what is written already (see `StdioTransport.start`).
Rule: nothing here waits, and nothing is imported that takes time.
"""

import os
import select

from coordinator.frontends.ends import Ends
from coordinator.frontends.mcp import early


class Opening:
    """The *ends*, with what has been read and written so far. `look` may be called again and again."""

    def __init__(self, ends: Ends) -> None:
        self.ends = ends
        self.taken = b""
        self.written = 0
        self._is_over = False

    def look(self) -> None:
        """Answer the first line if it is there and can be answered now."""
        if not self._is_over and self._has_input():
            try:
                self._read()
            except OSError:
                self._is_over = True  # whatever it is, the transport will meet it too

    def _has_input(self) -> bool:
        poll = select.poll()
        poll.register(self.ends.read_fd, select.POLLIN)
        return bool(poll.poll(0))

    def _read(self) -> None:
        data = os.read(self.ends.read_fd, early.LONGEST)
        self.taken += data
        line, newline, _ = self.taken.partition(b"\n")
        self._is_over = bool(newline) or not data or len(self.taken) > early.LONGEST
        if newline and (answer := early.answer(line)) is not None:
            self.written = self.ends.write(answer + b"\n")
