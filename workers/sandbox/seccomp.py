"""The list of system calls that no worker has any business with, as a filter program for the kernel.

A denied call fails with EPERM and the worker lives on. Numbers are from seccomp(2), linux/seccomp.h,
linux/filter.h and linux/bpf_common.h.
"""

import ctypes
import errno
import itertools
from collections.abc import Mapping
from typing import NamedTuple

from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox.syscalls import Kernel, Machine

_SET_MODE_FILTER = 1
# Before Linux 5.16 a filter turned on the costly mitigation of Speculative Store Bypass; it guards one part
# of a process against another, and a worker has no parts.
_FLAG_SPEC_ALLOW = 1 << 2

ALLOW = 0x7FFF_0000
_ERRNO = 0x0005_0000
DENY = _ERRNO | errno.EPERM
ABSENT = _ERRNO | errno.ENOSYS

LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
JUMP_IF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
RETURN = 0x06  # BPF_RET | BPF_K

_OFFSET_OF_NUMBER = 0  # struct seccomp_data
_OFFSET_OF_ARCH = 4
_OFFSET_OF_ARGUMENTS = 16

# linux/sched.h: CLONE_NEWNS, and CLONE_NEWCGROUP to CLONE_NEWNET; CLONE_NEWTIME is for clone3 and unshare.
_CLONE_NEW_ANYTHING = 0x0002_0000 | 0x7E00_0000
_READ_PERSONALITY = 0xFFFF_FFFF
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # types keys into the terminal; pastes into the console
_AF_UNIX, _SOCK_STREAM, _SOCK_SEQPACKET, _SOCK_TYPE = 1, 1, 5, 0xF

OTHER_PROCESSES = (
    "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp perf_event_open"
)
THE_KERNEL = (
    "bpf userfaultfd io_uring_setup io_uring_enter io_uring_register kexec_load kexec_file_load "
    "create_module init_module finit_module delete_module query_module get_kernel_syms uselib "
    "add_key request_key keyctl fanotify_init lookup_dcookie nfsservctl syslog"
)
FILE_SYSTEMS = (
    "mount umount2 move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick mount_setattr "
    "pivot_root chroot setns unshare open_by_handle_at quotactl quotactl_fd acct swapon swapoff"
)
THE_MACHINE = (
    "reboot iopl ioperm settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname "
    "vhangup"
)
NETWORK = "socket connect bind listen accept accept4"
SERVING = "listen accept accept4"
PROGRAMS = "execve execveat"
# Landlock does not guard these (see landlock(7)).
METADATA = (
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat "
    "setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat "
    "file_setattr"
)


class Instruction(NamedTuple):
    """One `struct sock_filter`; jumps count the instructions that are skipped."""

    code: int
    if_true: int
    if_false: int
    operand: int


Code = list[Instruction]


def denied(policy: SandboxPolicy) -> set[str]:
    """Return the names of the calls that fail whatever their arguments are."""
    lists = [OTHER_PROCESSES, THE_KERNEL, FILE_SYSTEMS, THE_MACHINE]
    if not policy.network:
        lists.append(NETWORK)
    elif policy.tcp_ports:
        lists.append(SERVING)
    if not policy.execute:
        # The programs of others copy files with their modes and times; our own kinds do not.
        lists += [PROGRAMS, METADATA]
    return {name for names in lists for name in names.split()}


def program(policy: SandboxPolicy, machine: Machine) -> Code:
    """Return the filter for *machine*.

    It is a binary search over the numbers, so that no call pays for the length of the list. Most do not
    even pay for that: the kernel (5.11+) remembers which numbers are allowed whatever their arguments are.
    """
    actions = _actions(policy, machine.numbers)
    if machine.x32_bit is not None:
        # Kernels before 5.4 take these for x32 calls even without the bit (see seccomp(2)).
        actions |= dict.fromkeys(range(512, 548), _return(DENY))
    search = _search(_intervals(actions))
    if machine.x32_bit is not None:
        search = _if(JUMP_IF_AT_LEAST, machine.x32_bit, _return(DENY), search)
    by_number = [_load(_OFFSET_OF_NUMBER), *search]
    is_ours = _if(JUMP_IF_EQUAL, machine.audit_arch, [], _return(DENY))
    return [_load(_OFFSET_OF_ARCH), *is_ours, *by_number]


class Filter:
    """A program in memory, as the kernel takes it."""

    def __init__(self, code: Code) -> None:
        self._filters = (_SockFilter * len(code))(*(_SockFilter(*each) for each in code))
        self._program = _SockProgram(len(code), ctypes.addressof(self._filters))

    def install(self, kernel: Kernel) -> None:
        """Put the calling thread, and all that it will start, under this filter for ever.

        Raises:
            OSError: the kernel has no filters, or no_new_privs is not set.
        """
        address = ctypes.addressof(self._program)
        kernel.call("seccomp", _SET_MODE_FILTER, _FLAG_SPEC_ALLOW, address)


class _SockFilter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _SockProgram(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _actions(policy: SandboxPolicy, numbers: Mapping[str, int]) -> dict[int, Code]:
    """Return what is done about each number that is not simply allowed."""
    actions = {numbers[name]: _return(DENY) for name in sorted(denied(policy)) if name in numbers}
    actions[numbers["clone"]] = _clone()
    # Its flags lie in memory, where a filter cannot look; without it the C library calls clone.
    actions[numbers["clone3"]] = _return(ABSENT)
    actions[numbers["personality"]] = _personality()
    actions[numbers["ioctl"]] = _ioctl()
    if not policy.network:
        actions[numbers["socketpair"]] = _socketpair()
    return actions


def _clone() -> Code:
    return [_argument(0), *_if(JUMP_IF_ANY_BIT, _CLONE_NEW_ANYTHING, _return(DENY), _return(ALLOW))]


def _personality() -> Code:
    return [_argument(0), *_if(JUMP_IF_EQUAL, _READ_PERSONALITY, _return(ALLOW), _return(DENY))]


def _ioctl() -> Code:
    allowed = _if(JUMP_IF_EQUAL, _TIOCLINUX, _return(DENY), _return(ALLOW))
    return [_argument(1), *_if(JUMP_IF_EQUAL, _TIOCSTI, _return(DENY), allowed)]


def _socketpair() -> Code:
    """Allow connected streams only: a datagram socket could be pointed at somebody else's address."""
    is_stream = _if(
        JUMP_IF_EQUAL,
        _SOCK_STREAM,
        _return(ALLOW),
        _if(JUMP_IF_EQUAL, _SOCK_SEQPACKET, _return(ALLOW), _return(DENY)),
    )
    by_type = [_argument(1), Instruction(AND, 0, 0, _SOCK_TYPE), *is_stream]
    return [_argument(0), *_if(JUMP_IF_EQUAL, _AF_UNIX, by_type, _return(DENY))]


def _intervals(actions: Mapping[int, Code]) -> list[tuple[int, Code]]:
    """Return from which number on each action holds, from 0 to the last number there is."""
    everywhere = dict(actions)
    for number in actions:
        everywhere.setdefault(number + 1, _return(ALLOW))
    everywhere.setdefault(0, _return(ALLOW))
    runs = itertools.groupby(sorted(everywhere.items()), key=lambda item: item[1])
    return [next(run) for _, run in runs]


def _search(intervals: list[tuple[int, Code]]) -> Code:
    """Return the code that halves the *intervals* until one is left."""
    if len(intervals) == 1:
        return intervals[0][1]
    middle = len(intervals) // 2
    first = intervals[middle][0]
    return _if(JUMP_IF_AT_LEAST, first, _search(intervals[middle:]), _search(intervals[:middle]))


def _if(jump: int, operand: int, then: Code, otherwise: Code) -> Code:
    """Return the two branches behind their jump; each ends in a return, or is empty and falls out."""
    if then:
        return [Instruction(jump, 0, len(then), operand), *then, *otherwise]
    return [Instruction(jump, len(otherwise), 0, operand), *otherwise]


def _load(offset: int) -> Instruction:
    return Instruction(LOAD_WORD, 0, 0, offset)


def _argument(index: int) -> Instruction:
    """Load the low half of an argument; the kernel looks at no more of any that we check."""
    return _load(_OFFSET_OF_ARGUMENTS + 8 * index)


def _return(verdict: int) -> Code:
    return [Instruction(RETURN, 0, 0, verdict)]
