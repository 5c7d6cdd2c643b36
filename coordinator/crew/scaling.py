"""How many workers a kind should have: by Little's law, up at once, down slowly.

The load is what arrives times what it takes: so many workers would be busy all the time, and at the target
utilisation there are somewhat more. What waits is worth more workers still, so many that it is gone soon.
What waits in spite of that for longer, as behind one long job, gets one worker more at a time.
Rule 1: to go down takes a whole keepalive in which fewer were wanted, for each single worker.
Rule 2: for what waits nobody wants more workers than there are jobs, waiting or running.
Rule 3: no clock is read; *now* is an argument that never goes back. Every call is O(1).
Source: J. D. C. Little, "A Proof for the Queuing Formula: L = λW", 1961.
"""

import math
from collections import deque
from typing import Final

import msgspec

_WINDOW_S: Final = 4.0
_SERVICES: Final = 8
"""The rate is seen over the longer of so many seconds and so many service times: a window that few jobs
fit into would see them come and go, and take it for a change of load."""

_BUCKETS: Final = 16
_WEIGHT: Final = 0.1
_LEAST_SPAN_S: Final = 1.0
_ROUNDING: Final = 1e-9


class ScalingPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Between how many workers one kind is scaled, and how; with *least* 0 the first comes with a job.

    What waits should be gone within *clear_backlog_s*; a worker more than the load needs is kept for
    *keepalive_s*.
    """

    least: int = 1
    most: int = 1
    utilisation: float = 0.7
    keepalive_s: float = 30.0
    clear_backlog_s: float = 0.05


class Scaler:
    """The load of one kind, and what it asks for."""

    def __init__(self, policy: ScalingPolicy) -> None:
        self._policy = policy
        self._arrivals = _Arrivals()
        self._service_s: float | None = None
        self._running = 0
        self._waiting_since: float | None = None
        self._workers = policy.least
        self._needed_at: float | None = None  # when as many as there are were last wanted

    def started(self, now: float) -> None:
        """A job was given to a worker."""
        self._running += 1
        self._arrivals.add(now, self._window())

    def served(self, seconds: float) -> None:
        """A job that was started has ended, after so much service."""
        self._running = max(self._running - 1, 0)
        known = seconds if self._service_s is None else self._service_s
        self._service_s = known + _WEIGHT * (seconds - known)

    def wanted(self, now: float, waiting: int) -> int:
        """Return how many workers there should be, while so many jobs wait for one."""
        policy = self._policy
        asked = max(self._target(now, waiting), self._overdue(now, waiting))
        target = min(max(asked, policy.least), policy.most)
        if self._needed_at is None or target >= self._workers:
            self._workers, self._needed_at = max(target, self._workers), now
        elif now - self._needed_at >= policy.keepalive_s:
            self._workers, self._needed_at = self._workers - 1, now
        return self._workers

    # --- inside

    def _target(self, now: float, waiting: int) -> int:
        jobs = self._running + waiting
        if self._service_s is None:
            return min(self._workers + 1, jobs) if waiting else 0
        policy = self._policy
        rate = self._arrivals.rate(now, self._window(), max(self._service_s, _LEAST_SPAN_S))
        steady = rate * self._service_s / policy.utilisation
        surge = waiting * self._service_s / policy.clear_backlog_s
        return math.ceil(max(steady, min(steady + surge, jobs)) - _ROUNDING)

    def _overdue(self, now: float, waiting: int) -> int:
        """Ask for one more when jobs wait although they should be gone: some take longer than the mean."""
        if waiting == 0:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        elif now - self._waiting_since >= self._policy.clear_backlog_s:
            self._waiting_since = now
            return min(self._workers + 1, self._running + waiting)
        return 0

    def _window(self) -> float:
        return max(_WINDOW_S, _SERVICES * (self._service_s or 0.0))


class _Arrivals:
    """A sliding window in buckets; each begins with an arrival."""

    def __init__(self) -> None:
        self._buckets: deque[list[float]] = deque()  # when it began, how many came in it
        self._jobs = 0.0

    def add(self, now: float, window: float) -> None:
        self._jobs += 1
        if self._buckets and now - self._buckets[-1][0] < window / _BUCKETS:
            self._buckets[-1][1] += 1
        else:
            self._slide(now - window)
            self._buckets.append([now, 1])

    def rate(self, now: float, window: float, least_span: float) -> float:
        """Return the arrivals per second; the one that began the window is no part of it."""
        self._slide(now - window)
        if not self._buckets:
            return 0.0
        return (self._jobs - 1) / max(now - self._buckets[0][0], least_span)

    def _slide(self, start: float) -> None:
        while self._buckets and self._buckets[0][0] < start:
            self._jobs -= self._buckets.popleft()[1]
