"""What every worker may read: enough for Python, and not what is nobody's business."""

import os
import sys
from pathlib import Path

import pytest

import protocol
import workers
from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox.readable import readable

OURS = SandboxPolicy()
ANY = SandboxPolicy(execute=True, network=True)


def is_covered(path: str) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in readable(OURS))


def test_the_standard_library_and_what_is_installed_can_be_read() -> None:
    for module in ("decimal", "msgspec", "tree_sitter", "protocol.errors", "workers.launch"):
        spec = __import__("importlib.util").util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        assert is_covered(spec.origin), module


def test_our_packages_can_be_read_even_if_no_path_names_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [])

    assert set(readable(OURS)) >= {*protocol.__path__, *workers.__path__}


def test_the_working_directory_is_no_part_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", "relative", "/somewhere"])

    found = readable(OURS)

    assert "/somewhere" in found
    assert not {"", "relative"} & set(found)


def test_a_python_installed_at_the_top_does_not_open_the_whole_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix"):
        monkeypatch.setattr(sys, name, "/")

    assert "/" not in readable(ANY)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/etc",
        "/home",
        "/root",
        "/proc",
        "/tmp",
        "/var",
        "/dev",
        "/etc/ssl",
        "/etc/ssl/private",
    ],
)
def test_nothing_is_opened_where_secrets_lie(path: str) -> None:
    assert path not in readable(ANY)


def test_more_is_readable_only_for_programs_and_for_the_network() -> None:
    ours, any_policy = set(readable(OURS)), set(readable(ANY))

    programs = set(readable(SandboxPolicy(execute=True))) - ours
    network = set(readable(SandboxPolicy(network=True))) - ours
    assert {"/bin", "/etc/ssl/openssl.cnf"} <= programs
    assert {"/etc/resolv.conf", "/etc/ssl/certs"} <= network
    assert programs.isdisjoint(network)
    assert any_policy == ours | programs | network


def test_every_path_is_absolute() -> None:
    assert all(os.path.isabs(path) for path in readable(ANY))
