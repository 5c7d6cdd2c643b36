"""What will happen to one simulated process, drawn before it starts."""

from random import Random
from typing import Literal

import msgspec

Start = Literal["well", "not at all", "dead", "garbled"]
Fault = Literal["dies", "stops", "hangs", "garbles", "lies", "closes", "outdated", "never"]

_BAD_STARTS: tuple[Start, ...] = ("not at all", "dead", "dead", "dead", "garbled")
_FAULTS: tuple[Fault, ...] = (
    "dies",
    "dies",
    "dies",
    "stops",
    "hangs",
    "garbles",
    "lies",
    "lies",
    "closes",
    "outdated",
)


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Times are in seconds; *fault_s* counts from when it is ready.

    Who does not read ahead hears of a cancellation only when the job has begun.
    """

    capacity: int
    is_born: bool
    birth_s: float
    starts: Start
    ready_s: float
    fault: Fault
    fault_s: float
    goes_when_asked: bool
    reads_ahead: bool
    rss_bytes: int


def draw_script(chance: Random, capacity: int, trouble: float) -> Script:
    """Draw one; the more *trouble*, the worse."""
    draw = chance.random
    is_born = draw() >= 0.3 * trouble
    return Script(
        capacity=capacity,
        is_born=is_born,
        # Who is not born is told so later, never at once.
        birth_s=0.0 if is_born and draw() < 0.5 else chance.uniform(0, 0.003),
        starts=chance.choice(_BAD_STARTS) if draw() < trouble else "well",
        ready_s=chance.uniform(0.001, 0.02),
        fault=chance.choice(_FAULTS) if draw() < 2 * trouble else "never",
        fault_s=chance.expovariate(4.0),
        goes_when_asked=draw() >= 0.3 * trouble,
        reads_ahead=draw() < 0.7,
        rss_bytes=(450 if draw() < trouble / 4 else 50) << 20,
    )
