"""The line that says how the server is, for whoever asks at its status socket."""

import os

import msgspec

from coordinator.observe.metrics import Observatory
from coordinator.observe.status import Status, rates
from coordinator.observe.workers import rows

FRESH_S = 0.1
"""A look that is not older is good enough for the next who asks."""


class Reporter:
    """Looks when it is asked to, and says what has changed since it last did."""

    def __init__(self, observatory: Observatory, folder: str) -> None:
        """*folder* is where the server was started; its name may be any bytes."""
        self._observatory = observatory
        self._folder = os.fsencode(folder).decode(errors="replace")
        self._last: Status | None = None
        self._line = b""

    def line(self, now: float) -> bytes:
        """Return a status, encoded, at the time *now*."""
        if self._last is None or now - self._last.at_s > FRESH_S:
            before, seen = self._last, self._look(now)
            changed = None if before is None else rates(before, seen)
            self._line = msgspec.json.encode(msgspec.structs.replace(seen, rates=changed)) + b"\n"
            self._last = seen
        return self._line

    def _look(self, now: float) -> Status:
        return Status(
            at_s=now,
            folder=self._folder,
            metrics=self._observatory.observe(),
            workers=rows(self._observatory.crew.kinds.values(), now),
        )
