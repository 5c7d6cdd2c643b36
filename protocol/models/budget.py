"""How much of the models may be used in one period: calls, tokens, and money where tokens have a price.

Rule 1: pure. *now* is a wall-clock time in seconds, so that a period ends when people expect it to.
Rule 2: what is used is counted when it is known, after an answer: the one that goes over a limit is still
answered, and the next is refused.
Rule 3: the longest pattern that fits a model says its price; without one it costs nothing.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from protocol.models.settings import BudgetLimits, Price

MODEL_USED: Final = "model_used"
"""The event of a `Notice` that says what an answer took: calls, prompt_tokens, completion_tokens, cost."""

_MILLION = 1_000_000


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer took."""

    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Exhausted(msgspec.Struct, frozen=True):
    """Nothing more may be used for *wait_s* seconds; *message* says so in a sentence."""

    message: str
    wait_s: float


class Budget:
    """What has been used in the present period."""

    def __init__(self, limits: BudgetLimits, prices: Mapping[str, Price]) -> None:
        self._limits = limits
        self._prices = sorted(prices.items(), key=lambda item: -len(item[0]))
        self._period = -1
        self.calls = 0
        self.tokens = 0
        self.money = 0.0

    def refusal(self, now: float) -> Exhausted | None:
        """Return why nothing may be asked at *now*; None while something may."""
        limits = self._limits
        if not (limits.calls or limits.tokens or limits.money):
            return None
        self._turn(now)
        gone = [
            f"{used:{form}} of {most:{form}} {what}"
            for used, most, what, form in (
                (self.calls, limits.calls, "calls", ","),
                (self.tokens, limits.tokens, "tokens", ","),
                (self.money, limits.money, "money", ".4g"),
            )
            if most and used >= most
        ]
        if not gone:
            return None
        resets_at = (self._period + 1) * limits.period_s
        when = datetime.fromtimestamp(math.ceil(resets_at), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        message = (
            f"The budget for models is used up ({', '.join(gone)} in this period of "
            f"{limits.period_s:g} s); it resets at {when}."
        )
        return Exhausted(message, max(0.0, resets_at - now))

    def begin(self, now: float) -> None:
        """A call is about to be made."""
        self._turn(now)
        self.calls += 1

    def spend(self, usage: Usage, now: float) -> float:
        """Count what an answer took; return what it cost."""
        self._turn(now)
        cost = self.cost(usage)
        self.tokens += usage.prompt_tokens + usage.completion_tokens
        self.money += cost
        return cost

    def cost(self, usage: Usage) -> float:
        """Return what an answer costs."""
        price = next(
            (price for name, price in self._prices if fnmatchcase(usage.model, name)), None
        )
        if price is None:
            return 0.0
        total = usage.prompt_tokens * price.prompt + usage.completion_tokens * price.completion
        return total / _MILLION

    def _turn(self, now: float) -> None:
        """Begin anew if another period has begun; a clock that was set back begins nothing."""
        period = math.floor(now / self._limits.period_s)
        if period > self._period:
            self._period = period
            self.calls = self.tokens = 0
            self.money = 0.0
