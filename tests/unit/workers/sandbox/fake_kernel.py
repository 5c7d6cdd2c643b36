"""A kernel that locks nobody in: it notes what it is asked, and says no where a test wants it to."""

import ctypes
import os
import struct
from collections.abc import Mapping
from typing import NamedTuple

from workers.sandbox.syscalls import MACHINES, Kernel, Machine


class Rule(NamedTuple):
    """A rule as it was added: the access, and the device and inode that it is for."""

    access: int
    identity: tuple[int, int]


class FakeKernel:
    """Offers Landlock in version *abi*; a call that *errors* names fails with that number."""

    def __init__(
        self,
        errors: Mapping[str, int] | None = None,
        abi: int = 7,
        machine: Machine = MACHINES["x86_64"],
    ) -> None:
        self.machine = machine
        self.calls: list[str] = []
        self.attributes = b""
        self.rules: list[Rule] = []
        self.ports: dict[int, int] = {}
        """What is allowed over TCP, by port."""
        self.descriptor: int | None = None
        self._errors = dict(errors or {})
        self._abi = abi
        self._names = {number: name for name, number in machine.numbers.items()}

    def kernel(self) -> Kernel:
        return Kernel(self.machine, self)

    def __call__(self, number: int, *arguments: int) -> int:
        name = self._names[number]
        self.calls.append(name)
        if name in self._errors:
            raise OSError(self._errors[name], os.strerror(self._errors[name]))
        if name == "landlock_create_ruleset":
            return self._create(*arguments)
        if name == "landlock_add_rule":
            self._add(*arguments)
        return 0

    def is_closed(self) -> bool:
        """Tell whether the ruleset's descriptor was opened, and closed again."""
        try:
            os.fstat(self.descriptor if self.descriptor is not None else 0)
        except OSError:
            return True
        return False

    def _create(self, attributes: int, size: int, flags: int) -> int:
        if flags == 1:
            assert (attributes, size) == (0, 0)
            return self._abi
        self.attributes = ctypes.string_at(attributes, size)
        self.descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        return self.descriptor

    def _add(self, ruleset: int, kind: int, rule: int, flags: int) -> None:
        assert (ruleset, flags) == (self.descriptor, 0)
        if kind == 2:  # LANDLOCK_RULE_NET_PORT
            tcp, port = struct.unpack("<QQ", ctypes.string_at(rule, 16))
            self.ports[port] = tcp
            return
        assert kind == 1
        data = ctypes.string_at(rule, 12)
        status = os.fstat(int.from_bytes(data[8:], "little"))
        access = int.from_bytes(data[:8], "little")
        assert access, "the kernel refuses a rule that allows nothing"
        self.rules.append(Rule(access, (status.st_dev, status.st_ino)))
