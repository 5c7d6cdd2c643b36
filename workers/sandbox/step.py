"""What `enforce` goes through: one call after the other, each with what it puts in force."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """One call, and what is in force once it is made: the state of each part of the sandbox."""

    states: Mapping[str, str]
    call: Callable[[], object]


def take(steps: Iterable[Step], states: Mapping[str, str]) -> dict[str, str]:
    """Make the calls in their order; return *states* and what has become of the parts.

    The first step that puts a part in force counts; until one does, the first reason why it is off.
    """
    in_force = dict(states)
    for achieved, call in steps:
        try:
            call()
        except OSError as error:
            for part in achieved:
                in_force.setdefault(part, f"off: {error.strerror or error}")
            continue
        for part, state in achieved.items():
            if in_force.get(part, "off: ").startswith("off: "):
                in_force[part] = state
    return in_force
