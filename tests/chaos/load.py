"""Callers in a closed loop, each of which makes its next call when it has the answer to the last."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable

from chaos.calls import Calls, Order, Reply

PAYLOAD = "x" * 900


def small_call() -> Order:
    """Return a short idempotent call with 0.9 KB in it."""
    return Order(arguments={"payload": PAYLOAD}, is_short=True)


class Load:
    """*callers* that call until they are told to stop, each *pause_s* after its last answer."""

    def __init__(
        self,
        calls: Calls,
        callers: int,
        make: Callable[[], Order] = small_call,
        pause_s: float = 0.0,
    ) -> None:
        self.replies: list[Reply] = []
        self.answered_at: list[float] = []
        self._calls = calls
        self._make = make
        self._pause_s = pause_s
        self._running = self._callers = callers
        self._is_over = False
        self._idle = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Let every caller make its first call."""
        for _ in range(self._callers):
            self._call()

    async def stop(self) -> None:
        """Wait until every caller has its last answer."""
        self._is_over = True
        await self._idle.wait()

    def latencies_ms(self) -> list[float]:
        """Return how long each successful call took."""
        return [reply.seconds * 1e3 for reply in self.replies if reply.answer is not None]

    def _call(self) -> None:
        self._calls.start(self._make(), self._replied)

    def _replied(self, reply: Reply) -> None:
        self.replies.append(reply)
        self.answered_at.append(self._loop.time())
        if not self._is_over:
            self._loop.call_later(self._pause_s, self._call)  # a call may end before it has started
            return
        self._running -= 1
        if self._running == 0:
            self._idle.set()


async def beats(period_s: float, seconds: float) -> AsyncGenerator[int]:
    """Yield a number every *period_s* for *seconds*; after a round that took long there is no hurry."""
    loop = asyncio.get_running_loop()
    start = last = loop.time()
    for number in range(math.ceil(seconds / period_s)):
        due = max(start + number * period_s, last + period_s / 2)
        await asyncio.sleep(due - loop.time())
        last = loop.time()
        yield number
    await asyncio.sleep(start + seconds - loop.time())
