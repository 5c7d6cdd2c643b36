"""Simulated time: an event loop of timers alone, which is also the clock."""

import contextlib
import heapq
import random
from collections.abc import Callable, Generator
from typing import Any
from unittest import mock

MOST_AT_ONCE = 2000
"""So many events at the same moment are a loop that would burn a core."""


class Timer:
    """One callback at a time to come (in the place of `asyncio.TimerHandle`)."""

    __slots__ = ("_when", "callback", "is_cancelled")

    def __init__(self, when: float, callback: Callable[..., object]) -> None:
        self._when = when
        self.callback = callback
        self.is_cancelled = False

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled


class SimulatedLoop:
    """What the crew and the dispatcher use of an event loop; events at one time keep their order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.bugs: list[BaseException] = []
        self.signal_handlers: dict[int, Callable[[], object]] = {}
        self._queue: list[tuple[float, int, Timer, tuple[object, ...]]] = []
        self._sequence = 0
        self._at_once = 0

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        timer = Timer(self.now + delay, callback)
        self._sequence += 1
        heapq.heappush(self._queue, (timer.when(), self._sequence, timer, args))
        return timer

    def add_signal_handler(self, number: int, callback: Callable[[], object]) -> None:
        self.signal_handlers[number] = callback

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what would be logged as a bug of ours."""
        self.bugs.append(context["exception"])

    def step(self) -> None:
        """Let time pass until the next event, and have it happen."""
        queue = self._queue
        while True:
            when, _, timer, args = heapq.heappop(queue)
            if not timer.is_cancelled:
                break
        if when > self.now:
            self.now = when
            self._at_once = 0
        else:
            self._at_once += 1
            assert self._at_once < MOST_AT_ONCE, "time stands still"
        timer.callback(*args)


@contextlib.contextmanager
def simulated_time(seed: int) -> Generator[SimulatedLoop]:
    """Make a `SimulatedLoop` the running loop and its time the clock, and chance a matter of *seed*."""
    loop = SimulatedLoop()
    state = random.getstate()
    random.seed(seed)
    try:
        with (
            mock.patch("asyncio.get_running_loop", return_value=loop),
            mock.patch("time.monotonic", loop.time),
        ):
            yield loop
    finally:
        random.setstate(state)
