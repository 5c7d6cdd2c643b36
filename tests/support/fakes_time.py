"""Time that passes only when a test says so, for what reads the clock and sets timers."""

import asyncio
import contextlib
from collections.abc import Callable, Generator
from typing import Any, cast
from unittest import mock


class FakeLoop:
    """An event loop of timers alone: it is also the clock, and it never waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.bugs: list[BaseException] = []
        self._timers: list[asyncio.TimerHandle] = []

    def time(self) -> float:
        return self.now

    def get_debug(self) -> bool:
        return False

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object
    ) -> asyncio.TimerHandle:
        loop = cast("asyncio.AbstractEventLoop", self)
        timer = asyncio.TimerHandle(self.now + delay, callback, args, loop)
        self._timers.append(timer)
        return timer

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what would be logged as a bug of ours."""
        self.bugs.append(context["exception"])

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass, and run every timer at its time."""
        end = self.now + seconds
        while (timer := self._next()) is not None and timer.when() <= end:
            self._timers.remove(timer)
            self.now = max(self.now, timer.when())
            timer._run()  # as any loop does
        self.now = end

    def pending(self) -> int:
        """Return how many timers are set."""
        return sum(not timer.cancelled() for timer in self._timers)

    def _next(self) -> asyncio.TimerHandle | None:
        self._timers = [timer for timer in self._timers if not timer.cancelled()]
        return min(self._timers, key=asyncio.TimerHandle.when, default=None)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        del handle  # it is passed over when its turn comes


@contextlib.contextmanager
def fake_time() -> Generator[FakeLoop]:
    """Make a `FakeLoop` the running loop, and its time the monotonic clock."""
    loop = FakeLoop()
    with (
        mock.patch("asyncio.get_running_loop", return_value=loop),
        mock.patch("time.monotonic", loop.time),
    ):
        yield loop
