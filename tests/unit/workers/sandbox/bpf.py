"""A small interpreter of classic BPF, as seccomp(2) describes it: only what our filters are made of."""

import operator
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from workers.sandbox.seccomp import Instruction

LOAD_WORD, AND, RETURN = 0x20, 0x54, 0x06
JUMPS: dict[int, Callable[[int, int], bool]] = {
    0x15: operator.eq,
    0x35: operator.ge,
    0x45: lambda accumulator, operand: accumulator & operand != 0,
}


class Verdict(NamedTuple):
    """What the filter returns, and after how many instructions."""

    value: int
    steps: int


def run(
    code: Sequence[Instruction], arch: int, number: int, arguments: Sequence[int] = ()
) -> Verdict:
    """Run a filter on one system call; a program that the kernel would refuse fails an assertion."""
    padded = [value & (1 << 64) - 1 for value in (*arguments, *[0] * 6)][:6]
    data = struct.pack("<IIQ6Q", number & 0xFFFF_FFFF, arch, 0, *padded)
    accumulator = position = 0
    for steps in range(1, len(code) + 1):
        operation, if_true, if_false, operand = code[position]
        assert 0 <= if_true < 256
        assert 0 <= if_false < 256
        assert 0 <= operand < 1 << 32
        position += 1
        if operation == RETURN:
            return Verdict(operand, steps)
        if operation == LOAD_WORD:
            assert operand % 4 == 0
            (accumulator,) = struct.unpack_from("<I", data, operand)
        elif operation == AND:
            accumulator &= operand
        else:
            position += if_true if JUMPS[operation](accumulator, operand) else if_false
    raise AssertionError("the program does not end")
