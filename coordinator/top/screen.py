"""The live view: curses, one key, and a terminal that is left as it was found whatever happens."""

import contextlib
import curses
import os
import select
import signal
import time
from collections.abc import Generator
from types import FrameType

from coordinator.observe.status import Status
from coordinator.top.cells import shown
from coordinator.top.render import render
from coordinator.top.viewer import Gone, Viewer

_SLICE_S = 0.1
"""How soon a key, a new size of the terminal and the server's end are noticed."""

_QUIT = {ord("q"), ord("Q"), 3}
_TERMINAL_FD = 0


def watch(viewer: Viewer, interval_s: float) -> None:
    """Show the server until somebody presses q.

    Raises:
        Gone: The server has ended.
        KeyboardInterrupt: Somebody has pressed Ctrl-C.
        curses.error: There is no such terminal.
    """
    for name in ("LINES", "COLUMNS"):  # the terminal knows better, and tells when it changes
        os.environ.pop(name, None)
    with _ended_by_signals():
        curses.wrapper(lambda window: _View(window, viewer, interval_s).run())


class _View:
    def __init__(self, window: curses.window, viewer: Viewer, interval_s: float) -> None:
        self._window = window
        self._viewer = viewer
        self._interval_s = interval_s
        self._before: Status | None = None
        self._now: Status | None = None

    def run(self) -> None:
        with contextlib.suppress(curses.error):  # some terminals cannot
            curses.curs_set(0)
        self._window.nodelay(True)
        while True:
            self._before, self._now = self._now, self._viewer.look()
            self._draw()
            if self._wait(time.monotonic() + self._interval_s):
                return

    def _wait(self, end: float) -> bool:
        """Wait until *end*, drawing anew when the terminal changes its size; tell whether to quit."""
        while (left_s := end - time.monotonic()) > 0:
            self._doze(min(left_s, _SLICE_S))
            while (key := self._window.getch()) != curses.ERR:
                if key in _QUIT:
                    return True
                if key == curses.KEY_RESIZE:
                    self._draw()
            if self._viewer.is_gone():
                raise Gone(f"server {self._viewer.pid} has ended")
        return False

    def _doze(self, longest_s: float) -> None:
        poll = select.poll()
        poll.register(_TERMINAL_FD, select.POLLIN)
        poll.register(self._viewer, select.POLLIN)
        for fd, event in poll.poll(longest_s * 1000):
            if fd == _TERMINAL_FD and event & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                raise SystemExit(1)  # nobody sees this any more

    def _draw(self) -> None:
        assert self._now is not None
        height, width = self._window.getmaxyx()
        self._window.erase()
        for number, line in enumerate(render(self._now, self._before, width, height)):
            with contextlib.suppress(curses.error):  # the last cell of all cannot be written to
                self._window.addstr(number, 0, shown(line, self._window.encoding))
        self._window.refresh()


@contextlib.contextmanager
def _ended_by_signals() -> Generator[None]:
    """Let signals that end a process do so by way of all that has to be put back first."""
    before = {
        number: signal.signal(number, _leave)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
