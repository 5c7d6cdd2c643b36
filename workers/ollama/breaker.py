"""Whether a host that has stopped answering is to be asked at all: a circuit breaker, without I/O or a clock.

closed: everybody may ask. open: nobody may, for a while that doubles each time. half_open: one may, to see.
Rule 1: only that no answer came counts against a host; whatever it answers proves it alive and closes.
Rule 2: what was asked before it opened still counts for it, and not against it.
Source: M. Nygard, "Release It!", 2nd edition, 2018, chapter 5; the rate over a window is as in resilience4j.
"""

from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

State = Literal["closed", "open", "half_open"]

_MOST_REMEMBERED = 1000


class BreakerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When it opens: after *failures* in a row, or when the share *rate* of *least* or more calls within
    *window_s* has failed. It is open for *open_s*, twice as long each time, at most *open_max_s*."""

    failures: int = 5
    rate: float = 0.5
    least: int = 20
    window_s: float = 30.0
    open_s: float = 1.0
    open_max_s: float = 30.0


class Breaker:
    """The state of one host. Each `allows` that says yes is followed by one of the other three calls."""

    def __init__(
        self,
        policy: BreakerPolicy,
        on_change: Callable[[State, State], None] | None = None,
    ) -> None:
        """*on_change* hears of every change of the state."""
        self.state: State = "closed"
        self._on_change = on_change
        self._policy = policy
        self._in_a_row = 0
        self._seen: deque[tuple[float, bool]] = deque(maxlen=_MOST_REMEMBERED)
        self._retry_at = 0.0
        self._openings = 0
        self._is_probed = False

    def __repr__(self) -> str:
        return f"<Breaker {self.state}>"

    # --- questions

    def is_closed(self) -> bool:
        """Tell whether everybody may ask."""
        return self.state == "closed"

    def would_allow(self, now: float) -> bool:
        """Tell what `allows` would say, without asking for leave."""
        if self.state == "closed":
            return True
        is_due = self.state == "half_open" or now >= self._retry_at
        return is_due and not self._is_probed

    def retry_in(self, now: float) -> float:
        """Return the seconds until somebody may try."""
        return max(0.0, self._retry_at - now) if self.state == "open" else 0.0

    # --- events

    def allows(self, now: float) -> bool:
        """Tell whether the host may be asked now; of those who ask while it is half open, the first."""
        if not self.would_allow(now):
            return False
        if self.state != "closed":
            self._is_probed = True
            self._become("half_open")
        return True

    def answered(self, now: float) -> None:
        """The host has answered, whatever it said."""
        self._is_probed = False
        self._in_a_row = 0
        if self.state == "closed":
            self._seen.append((now, True))
            return
        self._openings = 0
        self._seen.clear()
        self._become("closed")

    def failed(self, now: float) -> None:
        """No answer came."""
        if self.state == "open":
            return  # asked before it opened
        self._in_a_row += 1
        self._seen.append((now, False))
        if self.state == "half_open" or self._is_too_much(now):
            self._open(now)

    def abandoned(self) -> None:
        """Whoever asked has gone, or cannot tell: somebody else may try."""
        self._is_probed = False

    # --- inside

    def _is_too_much(self, now: float) -> bool:
        policy = self._policy
        if self._in_a_row >= policy.failures:
            return True
        while self._seen and self._seen[0][0] < now - policy.window_s:
            self._seen.popleft()
        lost = sum(not was_answered for _, was_answered in self._seen)
        return len(self._seen) >= policy.least and lost >= policy.rate * len(self._seen)

    def _open(self, now: float) -> None:
        policy = self._policy
        # The exponent has a bound of its own, or the power of a host long dead would overflow.
        pause_s = policy.open_s * 2.0 ** min(self._openings, 30)
        self._openings += 1
        self._retry_at = now + min(pause_s, policy.open_max_s)
        self._is_probed = False
        self._in_a_row = 0
        self._seen.clear()
        self._become("open")

    def _become(self, state: State) -> None:
        before, self.state = self.state, state
        if state != before and self._on_change is not None:
            self._on_change(before, state)
