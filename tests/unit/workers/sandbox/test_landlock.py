"""Rulesets, as they are handed to a kernel that only takes notes."""

import errno
import os
import struct
import sys
from pathlib import Path

import pytest

from protocol.worker.sandbox import SandboxPolicy
from unit.workers.sandbox.fake_kernel import FakeKernel, Rule
from workers.sandbox import landlock
from workers.sandbox.landlock import Ruleset
from workers.sandbox.step import take

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

READ_FILE, READ_DIR, WRITE_FILE, EXECUTE = 1 << 2, 1 << 3, 1 << 1, 1 << 0
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
FIRST_ABI = (1 << 13) - 1
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11

NETWORK = SandboxPolicy(network=True)
PORTS = SandboxPolicy(network=True, tcp_ports=(53, 11434))
CONNECT = 0b10


def build(policy: SandboxPolicy, fake: FakeKernel, *files: str) -> Ruleset:
    ruleset = landlock.build(policy, (), files, fake.kernel())
    ruleset.close()
    return ruleset


def access_to(path: Path | str, fake: FakeKernel) -> int:
    """Return what all rules for *path* itself allow together."""
    status = os.stat(path)
    access = 0
    for rule in fake.rules:
        access |= rule.access if rule.identity == (status.st_dev, status.st_ino) else 0
    return access


@pytest.mark.parametrize(("abi", "ports"), [(3, {}), (4, {53: CONNECT, 11434: CONNECT})])
def test_ports_are_for_connecting_where_a_kernel_knows_of_them(
    abi: int, ports: dict[int, int]
) -> None:
    fake = FakeKernel(abi=abi)

    build(PORTS, fake)

    assert fake.ports == ports


@pytest.mark.parametrize(
    ("abi", "policy", "expected"),
    [
        (1, SandboxPolicy(), (FIRST_ABI,)),
        (2, SandboxPolicy(), (FIRST_ABI | REFER,)),
        (3, SandboxPolicy(), (FIRST_ABI | REFER | TRUNCATE,)),
        (4, SandboxPolicy(), (FIRST_ABI | REFER | TRUNCATE, 0b11)),
        (4, NETWORK, (FIRST_ABI | REFER | TRUNCATE, 0)),
        (5, SandboxPolicy(), (FIRST_ABI | REFER | TRUNCATE | IOCTL_DEV, 0b11)),
        (6, SandboxPolicy(), (FIRST_ABI | REFER | TRUNCATE | IOCTL_DEV, 0b11, 0b11)),
        (4, PORTS, (FIRST_ABI | REFER | TRUNCATE, 0b11)),
        (6, NETWORK, (FIRST_ABI | REFER | TRUNCATE | IOCTL_DEV, 0, 0b10)),
        (7, SandboxPolicy(), (FIRST_ABI | REFER | TRUNCATE | IOCTL_DEV, 0b11, 0b11)),
        (99, SandboxPolicy(), (FIRST_ABI | REFER | TRUNCATE | IOCTL_DEV, 0b11, 0b11)),
    ],
)
def test_a_kernel_is_asked_for_all_that_its_abi_has(
    abi: int, policy: SandboxPolicy, expected: tuple[int, ...]
) -> None:
    """One number too many, and an old kernel refuses the whole structure."""
    fake = FakeKernel(abi=abi)

    ruleset = build(policy, fake)

    assert ruleset.abi == min(abi, 7)
    assert struct.unpack(f"<{len(fake.attributes) // 8}Q", fake.attributes) == expected


@pytest.mark.parametrize("abi", range(1, 8))
def test_no_rule_allows_what_the_ruleset_does_not_handle(abi: int, tmp_path: Path) -> None:
    """The kernel would refuse it."""
    fake = FakeKernel(abi=abi)
    file = tmp_path / "file"
    file.touch()
    paths = (str(tmp_path), str(file))

    build(SandboxPolicy(read=paths, write=paths, execute=True), fake, str(file))

    (handled,) = struct.unpack_from("<Q", fake.attributes)
    assert [rule for rule in fake.rules if rule.access & ~handled] == []
    for_files = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
    assert access_to(file, fake) & ~for_files == 0


def test_reading_is_not_writing_and_neither_is_executing(tmp_path: Path) -> None:
    fake = FakeKernel()
    read, write = tmp_path / "read", tmp_path / "write"
    read.mkdir()
    write.mkdir()

    build(SandboxPolicy(read=(str(read),), write=(str(write),)), fake)

    assert access_to(read, fake) == READ_FILE | READ_DIR
    everything = (FIRST_ABI | REFER | TRUNCATE) & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK)
    assert access_to(write, fake) == everything


def test_where_programs_may_be_started_is_where_they_may_be_read(tmp_path: Path) -> None:
    fake = FakeKernel()

    build(SandboxPolicy(read=(str(tmp_path),), execute=True), fake)

    assert access_to(tmp_path, fake) == READ_FILE | READ_DIR | EXECUTE


def test_what_nobody_reads_can_always_be_thrown_away() -> None:
    fake = FakeKernel()

    build(SandboxPolicy(), fake)

    assert access_to(os.devnull, fake) == READ_FILE | WRITE_FILE


def test_of_single_files_only_plain_ones_become_readable(tmp_path: Path) -> None:
    fake = FakeKernel()
    file, folder, link = tmp_path / "file", tmp_path / "folder", tmp_path / "link"
    file.touch()
    folder.mkdir()
    link.symlink_to(file)
    build(SandboxPolicy(), fake)
    without = list(fake.rules)

    fake = FakeKernel()
    build(SandboxPolicy(), fake, *map(str, (file, folder, link, tmp_path / "nothing")))

    status = os.stat(file)
    assert fake.rules == [*without, Rule(READ_FILE, (status.st_dev, status.st_ino))]


def test_what_does_not_exist_has_no_rule(tmp_path: Path) -> None:
    fake = FakeKernel()

    build(SandboxPolicy(read=(str(tmp_path / "a"),), write=(str(tmp_path / "b"),)), fake)

    assert len(fake.rules) == 1  # of the null device


@pytest.mark.parametrize("failing", ["landlock_create_ruleset", "landlock_add_rule"])
def test_a_kernel_that_refuses_leaves_nothing_open(failing: str) -> None:
    fake = FakeKernel({failing: errno.EINVAL})
    before = len(os.listdir("/proc/self/fd"))

    with pytest.raises(OSError, match="Invalid argument"):
        build(SandboxPolicy(), fake)

    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("error", [None, errno.EPERM])
def test_the_ruleset_is_closed_to_whoever_has_entered_it(error: int | None) -> None:
    """It is shared with the other workers: a rule added to it would hold for the next of them."""
    fake = FakeKernel({} if error is None else {"landlock_restrict_self": error})
    ruleset = landlock.build(SandboxPolicy(), (), (), fake.kernel())

    in_force = take(ruleset.steps({"landlock": "on"}, fake.kernel()), {})

    assert in_force == {"landlock": "on" if error is None else "off: Operation not permitted"}
    assert fake.calls[-1] == "landlock_restrict_self"
    assert fake.is_closed()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSYS, "not supported by this kernel"),
        (errno.EOPNOTSUPP, "not enabled in this kernel"),
        (errno.EPERM, "Operation not permitted"),
    ],
)
def test_the_reason_is_said_in_the_words_of_the_manual(number: int, expected: str) -> None:
    assert landlock.reason(OSError(number, "")) == expected
