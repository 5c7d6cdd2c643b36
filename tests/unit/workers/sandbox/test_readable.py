"""What every worker may read: enough for Python, and not what is nobody's business."""

import os
import sys
from pathlib import Path

import pytest

import protocol
import workers
from workers.sandbox.readable import needed_by_programs, needed_by_python


def is_covered(path: str) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in needed_by_python())


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

    assert set(needed_by_python()) >= {*protocol.__path__, *workers.__path__}


def test_the_working_directory_is_no_part_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", "relative", "/somewhere"])

    found = needed_by_python()

    assert "/somewhere" in found
    assert not {"", "relative"} & set(found)


def test_a_python_installed_at_the_top_does_not_open_the_whole_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix"):
        monkeypatch.setattr(sys, name, "/")

    assert "/" not in needed_by_python()


@pytest.mark.parametrize("path", ["/", "/etc", "/home", "/root", "/proc", "/tmp", "/var", "/dev"])
def test_nothing_is_opened_where_secrets_lie(path: str) -> None:
    assert path not in needed_by_programs()


def test_programs_get_the_folders_of_programs() -> None:
    assert set(needed_by_programs()) >= {*needed_by_python(), "/usr", "/bin"}
    assert not {"/usr", "/bin"} & set(needed_by_python()) or sys.base_prefix == "/usr"
    assert all(os.path.isabs(path) for path in needed_by_programs())
