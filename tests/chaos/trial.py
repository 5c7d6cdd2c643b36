"""One trial: what is done, for how long, and what must come of it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from chaos.report import Bar, Findings, at_most, within

Form = Literal["short", "long"]
"""The short form is for every run of the tests; the long one takes minutes and is judged by the clock too."""

NONE_LOST = at_most(0, "lost")
NONE_SHOT_TWICE = within(0, "shot_twice")


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial; *scenario* is called with the parameters of its form."""

    number: int
    name: str
    done: str
    scenario: Callable[..., Awaitable[Findings] | Findings]
    short: Mapping[str, Any]
    long: Mapping[str, Any]
    bars: tuple[Bar, ...]

    def parameters(self, form: Form) -> Mapping[str, Any]:
        """Return what the scenario is called with."""
        return self.short if form == "short" else self.long
