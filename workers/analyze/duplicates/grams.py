"""A hash for every run of *length* tokens, of a whole source at once.

The hashes of all tokens are the digits, of 64 bits each, of one large number: what Python does to that
number happens to every token in C. The hash of two neighbouring runs is made of theirs, by the sum of
two products of which the upper half is kept (multiply-shift: Dietzfelbinger et al. 1997); runs of any
length come of runs of 1, 2, 4, ... tokens, of which the last two overlap.
"""

import functools
from array import array
from typing import Final

_FIRST: Final = 0x2C1B3C6D  # odd, and below 2**30: one digit of Python's own
_SECOND: Final = 0x297A2D39
_SHIFT: Final = 31
_LANE_BYTES: Final = 8
_BLOCK: Final = 1 << 14
"""So many tokens stay in the processor's cache; numbers grow with the source otherwise."""

LONGEST: Final = 5000
"""The longest run that there is a hash for."""


def grams(tokens: "array[int]", length: int) -> "array[int]":
    """Return the hash of the run of *length* tokens at each place where there is one."""
    found = array("I")
    for start in range(0, len(tokens) - length + 1, _BLOCK):
        found.extend(_of_block(tokens[start : start + _BLOCK + length - 1], length))
    return found


def _of_block(tokens: "array[int]", length: int) -> "array[int]":
    count = len(tokens)
    lanes = int.from_bytes(array("Q", tokens).tobytes(), "little")
    mask = _mask()
    done = 1
    while done < length:
        step = min(done, length - done)
        later = lanes >> (64 * step)
        lanes = ((lanes * _FIRST + later * _SECOND) >> _SHIFT) & mask
        done += step
    whole = array("Q", lanes.to_bytes(count * _LANE_BYTES, "little"))
    return array("I", whole[: count - length + 1])


@functools.cache
def _mask() -> int:
    """Return the lower 32 bits of as many lanes as there can be."""
    return int.from_bytes(b"\xff\xff\xff\xff\0\0\0\0" * (_BLOCK + LONGEST), "little")
