"""What a fake Ollama has seen: every request and what became of it, and the connections.

A test waits for what it expects, in a thread with `wait_for`, in an event loop with `until`; none sleeps.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DEADLINE_S = 20.0
"""Longer than anything takes that a test waits for."""

Stage = Literal["received", "running", "stalled", "answered", "aborted", "cut"]
_UNFINISHED: tuple[Stage, ...] = ("received", "running", "stalled")
"""received: it may wait for a slot. running: its model replies. aborted: the client left first."""


@dataclass(eq=False)
class Seen:
    """One request. *pieces* is how much of the answer has been sent, in tokens or lines."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    json: dict[str, Any] = field(default_factory=dict[str, Any])
    stage: Stage = "received"
    status: int = 0
    pieces: int = 0

    @property
    def model(self) -> str:
        """The model that was asked for, as it was written."""
        return str(self.json.get("model", ""))


class Record:
    """All that was seen. The server's thread writes it, any other may read it and wait."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.connections = 0
        """Open now, busy or idle."""
        self.connections_made = 0
        self._changed = threading.Condition()
        self._waiting: list[asyncio.Future[None]] = []

    def note(self) -> None:
        """Tell all who wait that something has changed."""
        with self._changed:
            self._changed.notify_all()
            waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.get_loop().call_soon_threadsafe(_wake, future)

    def advance(self, seen: Seen, stage: Stage) -> None:
        """Note that *seen* has come so far."""
        seen.stage = stage
        self.note()

    def to(self, path: str, *, model: str | None = None) -> list[Seen]:
        """Return the requests to *path*, in their order."""
        return [
            seen
            for seen in list(self.requests)
            if seen.path == path and model in {None, seen.model}
        ]

    def at(self, stage: Stage) -> int:
        """Return how many requests are at *stage*."""
        return sum(seen.stage == stage for seen in list(self.requests))

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is connected and nothing is being answered."""
        return self.connections == sum(seen.stage in _UNFINISHED for seen in self.requests) == 0

    @property
    def last(self) -> Seen:
        """The latest request."""
        return self.requests[-1]

    def wait_for(self, expected: Callable[["Record"], bool]) -> None:
        """Block this thread, which is not the server's, until *expected* is true."""
        with self._changed:
            if not self._changed.wait_for(lambda: expected(self), DEADLINE_S):
                raise AssertionError(f"it did not come to that: {self}")

    async def until(self, expected: Callable[["Record"], bool]) -> None:
        """Let this task wait until *expected* is true; the loop may be the server's or another."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                future = asyncio.get_running_loop().create_future()
                with self._changed:  # between the look and the wait nothing may be missed
                    if expected(self):
                        return
                    self._waiting.append(future)
                await future

    def __repr__(self) -> str:
        seen = ", ".join(f"{each.method} {each.path}: {each.stage}" for each in self.requests)
        return f"<{self.connections} connections; {seen or 'no requests'}>"


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
