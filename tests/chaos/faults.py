"""What is done to the workers from outside."""

import os
import random
import signal
import time

import msgspec

from chaos.rig import Rig


class Hit(msgspec.Struct, frozen=True):
    """A signal that was sent to the worker in place *number*."""

    at: float
    number: int
    pid: int


class Marksman:
    """Sends signals to workers, chosen at random but the same with every run of one seed."""

    def __init__(self, rig: Rig, seed: int = 1) -> None:
        self.hits: list[Hit] = []
        self._rig = rig
        self._random = random.Random(seed)

    def shoot(self, number: signal.Signals) -> Hit | None:
        """Send a signal to one of the workers that are ready, if there are any."""
        ready = self._rig.ready()
        if not ready:
            return None
        victim = self._random.choice(ready)
        hit = Hit(time.monotonic(), victim.number, victim.pid)
        os.kill(victim.pid, number)
        self.hits.append(hit)
        return hit
