"""When a dead worker is replaced: intensity and period as in OTP, then down, then a half-open probe.

Only a death without a finished job counts against the budget: a worker that does its work and is then
killed, by a job or by an operator, is replaced at once however often that happens, while a kind that
cannot even start, or dies of every job, is stopped from burning the machine. What counts as proof of
health follows celery's billiard, which forgets earlier deaths when a job is accepted.
Sources: Erlang/OTP supervisor (intensity, period); "full jitter" after Marc Brooker, "Exponential Backoff
And Jitter", AWS Architecture Blog, 2015.
"""

import random
from collections import deque
from collections.abc import Callable

import msgspec

_MOST_DOUBLINGS = 60
"""Far beyond any bound on the wait, and far below where a float overflows."""


class RestartPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often one kind may fail. Times are in seconds."""

    intensity: int = 5
    period_s: float = 60.0
    at_once: int = 3
    """So many fruitless deaths in a row are made up for at once; from then on there is a backoff."""

    backoff_base_s: float = 0.1
    backoff_max_s: float = 10.0
    cool_down_s: float = 10.0


class Restart(msgspec.Struct, frozen=True):
    """Replace the worker after *delay_s*."""

    delay_s: float


class GoDown(msgspec.Struct, frozen=True):
    """Stop replacing; try one worker after *retry_s*."""

    retry_s: float


class RestartBudget:
    """The deaths of one kind that count, and what follows from the next."""

    def __init__(
        self, policy: RestartPolicy, jitter: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._policy = policy
        self._jitter = jitter
        self._deaths: deque[float] = deque()
        self._downs = 0

    def spend(self, now: float) -> Restart | GoDown:
        """Take one fruitless death at time *now*."""
        self._forget_before(now - self._policy.period_s)
        self._deaths.append(now)
        if len(self._deaths) > self._policy.intensity:
            return self.go_down()
        return Restart(self._delay(len(self._deaths)))

    def go_down(self) -> GoDown:
        """Give up for a while, twice as long as the last time, at most 32 cool-downs."""
        self._deaths.clear()
        self._downs += 1
        return GoDown(self._policy.cool_down_s * 2.0 ** min(self._downs - 1, 5))

    def prove_healthy(self) -> None:
        """A new worker of this kind has finished a job: earlier deaths no longer count."""
        self._deaths.clear()
        self._downs = 0

    def _forget_before(self, start: float) -> None:
        while self._deaths and self._deaths[0] <= start:
            self._deaths.popleft()

    def _delay(self, deaths: int) -> float:
        policy = self._policy
        if deaths <= policy.at_once:
            return 0.0
        doublings = min(deaths - policy.at_once - 1, _MOST_DOUBLINGS)
        return self._jitter(0.0, min(policy.backoff_max_s, policy.backoff_base_s * 2.0**doublings))
