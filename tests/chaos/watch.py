"""Everything that the crew has said of its workers, when, and a way to wait until it has said something."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable

import msgspec

from coordinator.crew.actions import Note

LONG_S = 30.0
"""Far more than anything takes that is waited for, so that a busy machine fails no test."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A note and when it came."""

    at: float
    note: Note


class Watch:
    """Remembers the notes and the log lines of a crew."""

    def __init__(self) -> None:
        self.started_at = time.monotonic()
        self.seen: list[Seen] = []
        self.log: list[str] = []
        self.on_event: Callable[[Note], None] | None = None
        self._changed = asyncio.Event()

    # --- what happens

    def on_note(self, kind: str, note: Note) -> None:
        """The crew has something to say."""
        del kind
        self.seen.append(Seen(time.monotonic(), note))
        self._changed.set()
        if self.on_event is not None:
            self.on_event(note)

    def on_log(self, kind: str, number: int, text: str) -> None:
        """A worker has written a line to stderr."""
        del kind, number
        self.log.append(text)
        self._changed.set()

    def poke(self) -> None:
        """Something else has happened that may be waited for."""
        self._changed.set()

    # --- questions

    async def until(self, has_happened: Callable[[], bool]) -> None:
        """Wait for something to have happened."""
        async with asyncio.timeout(LONG_S):
            while not has_happened():
                self._changed.clear()
                await self._changed.wait()

    def of(self, event: str, reason: str | None = None) -> list[Seen]:
        """Return the notes of one event."""
        return [
            seen
            for seen in self.seen
            if seen.note.event == event and (reason is None or seen.note.reason == reason)
        ]

    def count(self, event: str, reason: str | None = None) -> int:
        """Count the notes of one event."""
        return len(self.of(event, reason))

    def times_of(self, event: str) -> dict[int, list[float]]:
        """Return by place when one event happened to its workers."""
        times: dict[int, list[float]] = {}
        for seen in self.of(event):
            times.setdefault(seen.note.number or 0, []).append(seen.at)
        return times


def following(times: list[float], at: float) -> float | None:
    """Return the first of *times*, which are in order, that is not before *at*."""
    index = bisect_left(times, at)
    return times[index] if index < len(times) else None
