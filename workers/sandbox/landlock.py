"""Which files may be read and written, as rules that the kernel holds a process to.

Rules belong to files and not to names: they follow a file that is renamed, and do not hold for a new one
of the same name. Numbers are from linux/landlock.h and landlock(7).
"""

import ctypes
import errno
import os
import stat
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox.step import Step
from workers.sandbox.syscalls import Kernel

_ASK_FOR_ABI = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH = 1  # LANDLOCK_RULE_PATH_BENEATH
_NET_PORT = 2  # LANDLOCK_RULE_NET_PORT

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_OR_REMOVE = 0b1_1111_1111 << 4
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

READ = _READ_FILE | _READ_DIR
READ_AND_EXECUTE = READ | _EXECUTE
WRITE = READ | _WRITE_FILE | _TRUNCATE | _REFER | (_MAKE_OR_REMOVE & ~_MAKE_CHAR & ~_MAKE_BLOCK)

_HANDLED_SINCE = {1: (1 << 13) - 1, 2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
_TCP_SINCE, _BIND_AND_CONNECT, _CONNECT = 4, 0b11, 0b10
_SCOPES_SINCE, _ABSTRACT_SOCKETS, _SIGNALS = 6, 0b01, 0b10
NEWEST_ABI = 7
"""The newest that we know; what later ones add is not asked for."""

_REASONS: Mapping[int | None, str] = {
    errno.ENOSYS: "not supported by this kernel",
    errno.EOPNOTSUPP: "not enabled in this kernel",
}


class Ruleset(NamedTuple):
    """An open set of rules, and the ABI that it was made for."""

    descriptor: int
    abi: int

    def guards_tcp(self) -> bool:
        """Tell whether this kernel's rulesets know of the network."""
        return self.abi >= _TCP_SINCE

    def steps(self, states: Mapping[str, str], kernel: Kernel) -> tuple[Step, ...]:
        """Return how to hold a thread, and all that it will start, to these rules for ever."""
        return (
            Step(states, kernel.bind("landlock_restrict_self", self.descriptor, 0)),
            # It is shared with all that will be forked: who kept it could open more to them.
            Step({}, partial(os.close, self.descriptor)),
        )

    def close(self) -> None:
        """Let go of the rules; whoever is held to them stays so."""
        os.close(self.descriptor)


class _Attributes(ctypes.Structure):
    """`struct landlock_ruleset_attr`: what is denied unless a rule allows it."""

    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    """`struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    """`struct landlock_net_port_attr`."""

    _fields_ = (("allowed_access", ctypes.c_uint64), ("port", ctypes.c_uint64))


def build(
    policy: SandboxPolicy, readable: Iterable[str], files: Iterable[str], kernel: Kernel
) -> Ruleset:
    """Return the ruleset of *policy*, with *readable* folders and *files* beside what it names.

    What does not exist gets no rule. Of *files*, only plain ones do; links among them are not followed.

    Raises:
        OSError: the kernel has no Landlock, or it is not enabled.
    """
    rules = _Rules(kernel, is_open=policy.network and not policy.tcp_ports)
    try:
        for path in (*readable, *policy.read):
            rules.allow(path, READ_AND_EXECUTE if policy.execute else READ)
        for path in policy.write:
            rules.allow(path, WRITE)
        rules.allow(os.devnull, READ | _WRITE_FILE)
        for path in files:
            rules.allow_plain_file(path)
        for port in policy.tcp_ports if policy.network else ():
            rules.allow_connections(port)
    except OSError:
        os.close(rules.descriptor)
        raise
    return Ruleset(rules.descriptor, rules.abi)


def reason(error: OSError) -> str:
    """Return why Landlock is not in force; the usual reasons in the words of landlock(7)."""
    return _REASONS.get(error.errno) or os.strerror(error.errno or 0)


def handled_access(abi: int) -> int:
    """Return every access to files that a ruleset of *abi* can deny."""
    return sum(access for first, access in _HANDLED_SINCE.items() if first <= abi)


def _attributes(abi: int, *, is_open: bool) -> tuple[_Attributes, int]:
    """Return what to deny, and the size of the structure in *abi*: it has grown twice."""
    tcp = 0 if is_open else _BIND_AND_CONNECT
    scoped = _SIGNALS if is_open else _SIGNALS | _ABSTRACT_SOCKETS
    size = 8 if abi < _TCP_SINCE else 16 if abi < _SCOPES_SINCE else 24
    return _Attributes(handled_access(abi), tcp, scoped), size


class _Rules:
    """A ruleset while it is filled."""

    def __init__(self, kernel: Kernel, *, is_open: bool) -> None:
        """*is_open*: the network is not restricted."""
        self.abi = min(kernel.call("landlock_create_ruleset", 0, 0, _ASK_FOR_ABI), NEWEST_ABI)
        self._kernel = kernel
        self._handled = handled_access(self.abi)
        attributes, size = _attributes(self.abi, is_open=is_open)
        address = ctypes.addressof(attributes)
        self.descriptor = kernel.call("landlock_create_ruleset", address, size, 0)

    def allow(self, path: str, access: int) -> None:
        """Allow *access* to what is at *path*, and to all below it; what is not there gets no rule."""
        with _opened(path, 0) as descriptor:
            if descriptor is not None:
                self._add(descriptor, access)

    def allow_plain_file(self, path: str) -> None:
        """Allow to read the file at *path*; a folder there, or a link, stays closed."""
        with _opened(path, os.O_NOFOLLOW) as descriptor:
            if descriptor is not None and stat.S_ISREG(os.fstat(descriptor).st_mode):
                self._add(descriptor, _READ_FILE)

    def allow_connections(self, port: int) -> None:
        """Allow to connect to *port* over TCP, wherever it is; a kernel that cannot tell allows all."""
        if self.abi >= _TCP_SINCE:
            rule = _NetPort(_CONNECT, port)
            address = ctypes.addressof(rule)
            self._kernel.call("landlock_add_rule", self.descriptor, _NET_PORT, address, 0)

    def _add(self, descriptor: int, access: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        possible = self._handled if is_folder else self._handled & _FOR_FILES
        rule = _PathBeneath(access & possible, descriptor)
        address = ctypes.addressof(rule)
        self._kernel.call("landlock_add_rule", self.descriptor, _PATH_BENEATH, address, 0)


@contextmanager
def _opened(path: str, flags: int) -> Generator[int | None]:
    """Open *path* as a name only; None if it does not exist, or is closed to us already."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | flags)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
