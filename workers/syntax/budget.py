"""How long one source may take, and whether anybody still waits for it."""

import time
from collections.abc import Callable

from protocol.errors import CallRefused
from workers.context import JobCancelled

_LOOK_EVERY_S = 0.02
"""Parsers ask all the time; whether the job was cancelled is dearer to know than the time."""


def _nobody_cancels() -> bool:
    return False


class Budget:
    """Time for one source, counted from the moment this is made."""

    __slots__ = ("_cancelled", "_clock", "_deadline", "_look_at", "_seconds", "_was_cancelled")

    def __init__(
        self,
        seconds: float,
        cancelled: Callable[[], bool] = _nobody_cancels,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._cancelled = cancelled
        self._clock = clock
        self._look_at = clock()
        self._deadline = self._look_at + seconds
        self._was_cancelled = False

    def is_spent(self) -> bool:
        """Tell whether the work must stop now; `check` then says why."""
        now = self._clock()
        if now < self._look_at:
            return self._was_cancelled
        self._look_at = min(now + _LOOK_EVERY_S, self._deadline)
        self._was_cancelled = self._was_cancelled or self._cancelled()
        return self._was_cancelled or now >= self._deadline

    def check(self) -> None:
        """Go on quietly while there is time.

        Raises:
            JobCancelled: nobody waits for the answer any more.
            CallRefused: the time is up.
        """
        if not self.is_spent():
            return
        if self._was_cancelled:
            raise JobCancelled
        raise CallRefused("parse_budget", f"Parsing took longer than {self._seconds:g} seconds.")
