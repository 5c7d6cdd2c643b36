"""Every trial there is: what is done, for how long, and what must come of it.

The short form is for every run of the tests; the long one takes minutes and is judged by the clock too.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from chaos.report import Bar, Findings, at_most, within
from chaos.scenarios import kills

Form = Literal["short", "long"]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial; *scenario* is called with the parameters of its form."""

    number: int
    name: str
    done: str
    scenario: Callable[..., Awaitable[Findings] | Findings]
    short: Mapping[str, Any]
    long: Mapping[str, Any]
    bars: tuple[Bar, ...] = ()
    timeout_s: float = 280.0

    def parameters(self, form: Form) -> Mapping[str, Any]:
        """Return what the scenario is called with."""
        return self.short if form == "short" else self.long


TRIALS: tuple[Trial, ...] = (
    Trial(
        number=1,
        name="kill-workers",
        done="kill -9 of a random worker every 50 ms, 32 callers",
        scenario=kills.kill_workers,
        short={"seconds": 2.0},
        long={"seconds": 60.0},
        bars=(at_most(0, "lost"), within(10, "call_p99_ms"), within(15, "death_to_ready_p99_ms")),
    ),
)

BY_NAME = {trial.name: trial for trial in TRIALS}
