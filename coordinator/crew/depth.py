"""How many short tasks one worker may have at a time: as many as it soon works off.

One alone would leave its worker without work from each answer to the next task, which is most of the time if
tasks are short. Many behind each other are sent in one write and answered before anybody has to be woken.
What stands behind waits, though, whatever comes meanwhile: so what it takes is bounded, and not its number.
"""

from typing import Final

SHORT_S: Final = 0.005
"""While short tasks take less than this on average, one more may stand behind each that runs."""

BEHIND_S: Final = 0.001
"""So much work may stand behind it besides. For tasks of 10 us that is four times as many a second as one."""

_WEIGHT: Final = 0.1
_SHORTEST_S: Final = 1e-6


class Depth:
    """The depth of one kind, which is never more than *most*."""

    def __init__(self, most: int) -> None:
        self.now = 1
        """How many short tasks a worker may have at present."""

        self._most = most
        self._mean_s: float | None = None

    def learn(self, seconds: float) -> None:
        """A short task has taken so long."""
        known = self._mean_s
        self._mean_s = seconds if known is None else known + _WEIGHT * (seconds - known)
        self.now = depth_for(self._mean_s, self._most)


def depth_for(mean_s: float, most: int) -> int:
    """Return how many tasks that take *mean_s* each one worker may have, at *most*."""
    if mean_s >= SHORT_S:
        return 1
    return min(most, 2 + int(BEHIND_S / max(mean_s, _SHORTEST_S)))
