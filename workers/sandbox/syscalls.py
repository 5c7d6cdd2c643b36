"""System calls that the standard library has no function for, and the machines whose numbers we know."""

import ctypes
import functools
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from workers.sandbox import numbers


class Machine(NamedTuple):
    """An architecture: what seccomp(2) calls it, the numbers of its system calls, and its second ABI."""

    audit_arch: int
    numbers: Mapping[str, int]
    x32_bit: int | None = None


# linux/audit.h: the bits for 64 bits and little-endian, and the number that ELF gives the machine.
_64BIT_LITTLE_ENDIAN = 0xC000_0000
MACHINES = {
    # asm/unistd.h: __X32_SYSCALL_BIT tells the x32 ABI from the usual one; `arch` is the same for both.
    "x86_64": Machine(_64BIT_LITTLE_ENDIAN | 62, numbers.X86_64, x32_bit=0x4000_0000),
    "aarch64": Machine(_64BIT_LITTLE_ENDIAN | 183, numbers.AARCH64),
}


class SystemCall(Protocol):
    """Makes one system call by its number."""

    def __call__(self, number: int, *arguments: int) -> int:
        """Return what the kernel returns. Buffers are passed as addresses; the caller keeps them alive.

        Raises:
            OSError: the kernel said no.
        """
        ...


class Kernel(NamedTuple):
    """A kernel that can be asked by name."""

    machine: Machine
    system_call: SystemCall

    def call(self, name: str, *arguments: int) -> int:
        """Make the system call *name* (see `SystemCall`)."""
        return self.bind(name, *arguments)()

    def bind(self, name: str, *arguments: int) -> Callable[[], int]:
        """Return a system call that is ready to be made."""
        return partial(self.system_call, self.machine.numbers[name], *arguments)


def this_kernel() -> Kernel | None:
    """Return the kernel that we run on; None where it is not Linux, or we know no numbers for it."""
    is_64bit = sys.maxsize > 1 << 32  # a 32-bit process has other numbers on the same kernel
    if sys.platform != "linux" or not is_64bit:
        return None
    machine = MACHINES.get(os.uname().machine)
    return machine and Kernel(machine, system_call)


def system_call(number: int, *arguments: int) -> int:
    """Make one system call (see `SystemCall`)."""
    # Without a type of their own, integers would be cut to 32 bits.
    result: int = _libc().syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
