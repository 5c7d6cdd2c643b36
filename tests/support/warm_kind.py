"""A kind that is warmed up in many small steps, and tells how many of them its zygote has taken."""

import time
from collections.abc import Iterator

import msgspec

from support import odd_kind
from workers.context import JobContext, Tool

STEPS = 200
_taken: list[int] = []


def warm() -> Iterator[None]:
    for step in range(STEPS):
        time.sleep(0.001)
        _taken.append(step)
        yield


def warmth(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    return str(len(_taken)).encode()


TOOLS: dict[str, Tool] = {**odd_kind.TOOLS, "warmth": warmth}
