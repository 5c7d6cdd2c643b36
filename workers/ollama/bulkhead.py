"""How many requests of one model a host gets at a time, and how many may wait for their turn.

A model that is loaded takes any number of requests and lets them wait without bound, so the bound is here.
Rule 1: first come, first served. Rule 2: whoever is cancelled while it waits leaves no trace, and a slot that
it was just given goes to the next.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class BulkheadFull(Exception):
    """Too many wait already."""


class Bulkhead:
    """The slots of one model on one host."""

    def __init__(self, slots: int, most_waiting: int) -> None:
        self.slots = slots
        self.running = 0
        self._most_waiting = most_waiting
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Have a slot for the time of the block.

        Raises:
            BulkheadFull: too many wait for one.
        """
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self.running < self.slots:
            self.running += 1
            return
        if len(self._queue) >= self._most_waiting:
            raise BulkheadFull
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            elif turn in self._queue:
                self._queue.remove(turn)
            raise

    def _leave(self) -> None:
        """Give the slot to the next, or back."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():  # else it is cancelled, and has not run since
                turn.set_result(None)
                return
        self.running -= 1
