"""Tests of the sandbox skip, with the reason, what the kernel that is here does not offer."""

import pytest

from integration.locked_in import attempts
from protocol.worker.sandbox import SandboxPolicy


@pytest.fixture(scope="session")
def in_force() -> dict[str, str]:
    return attempts(SandboxPolicy()).in_force


@pytest.fixture
def landlock(in_force: dict[str, str]) -> None:
    if not in_force["landlock"].startswith("on"):
        pytest.skip(f"Landlock is {in_force['landlock']}")


@pytest.fixture
def seccomp(in_force: dict[str, str]) -> None:
    if in_force["seccomp"] != "on":
        pytest.skip(f"seccomp is {in_force['seccomp']}")


@pytest.fixture
def scopes(in_force: dict[str, str]) -> None:
    if in_force["landlock"] not in ("on (ABI 6)", "on (ABI 7)"):
        pytest.skip(f"Landlock is {in_force['landlock']}, and has scopes since ABI 6")
