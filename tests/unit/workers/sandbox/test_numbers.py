"""The tables of system calls, against the C headers of the machine where there are any."""

import re
from pathlib import Path

import pytest

from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox import numbers
from workers.sandbox.seccomp import denied
from workers.sandbox.syscalls import MACHINES, this_kernel

X86_64_HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC_HEADER = Path("/usr/include/asm-generic/unistd.h")


def defined_in(header: Path) -> dict[str, int]:
    """Return the numbers in a header; the first definition of a name is the 64-bit one."""
    if not header.exists():
        pytest.skip(f"no {header} here")
    found: dict[str, int] = {}
    pattern = r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$"
    for name, number in re.findall(pattern, header.read_text(), re.MULTILINE):
        found.setdefault(name, int(number))
    return found


@pytest.mark.parametrize(
    ("header", "table"),
    [(X86_64_HEADER, numbers.X86_64), (GENERIC_HEADER, numbers.AARCH64)],
    ids=["x86-64", "arm64"],
)
def test_every_number_is_that_of_the_c_headers(header: Path, table: dict[str, int]) -> None:
    """Headers may be older than the newest calls, which have the same number everywhere."""
    known = defined_in(header)

    newest = max(known.values())
    assert {name: number for name, number in table.items() if number <= newest} == {
        name: known[name] for name, number in table.items() if number <= newest
    }


@pytest.mark.parametrize("table", [numbers.X86_64, numbers.AARCH64], ids=["x86-64", "arm64"])
def test_no_two_calls_have_the_same_number(table: dict[str, int]) -> None:
    assert len(set(table.values())) == len(table)


def test_every_call_that_is_denied_has_a_number() -> None:
    assert denied(SandboxPolicy()) <= set(numbers.X86_64)


def test_arm64_lacks_only_what_it_never_had() -> None:
    assert set(numbers.X86_64) - set(numbers.AARCH64) == {
        *("chmod", "chown", "lchown", "utime", "utimes", "futimesat"),
        *("create_module", "query_module", "get_kernel_syms", "uselib", "ioperm", "iopl"),
    }


@pytest.mark.parametrize(
    ("platform", "largest", "name", "expected"),
    [
        ("linux", 2**63 - 1, "x86_64", "x86_64"),
        ("linux", 2**63 - 1, "aarch64", "aarch64"),
        ("linux", 2**31 - 1, "x86_64", None),
        ("linux", 2**63 - 1, "riscv64", None),
        ("darwin", 2**63 - 1, "x86_64", None),
    ],
)
def test_a_kernel_is_known_by_its_platform_its_word_and_its_name(
    platform: str,
    largest: int,
    name: str,
    expected: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Name:
        machine = name

    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("sys.maxsize", largest)
    monkeypatch.setattr("os.uname", Name)

    kernel = this_kernel()

    assert (kernel and kernel.machine) == (expected and MACHINES[expected])
