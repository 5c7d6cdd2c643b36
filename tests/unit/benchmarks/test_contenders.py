"""Who is measured: what is installed, and nobody else."""

from pathlib import Path

import contenders
import pytest
from contenders import Choice, chosen, node, toolcrew_echo, typescript_versions


def _names(choice: Choice) -> list[str]:
    return [server.name for server in chosen(choice)]


def _find_nothing(name: str) -> None:
    del name


def test_toolcrew_comes_first_and_the_floor_is_always_there() -> None:
    assert _names(Choice())[:2] == ["toolcrew", "floor"]


def test_without_peers_there_is_toolcrew_and_what_the_command_line_names() -> None:
    assert _names(Choice(peers=False)) == ["toolcrew"]
    assert _names(Choice(peers=False, command=("x",), label="mine")) == ["mine", "toolcrew"]


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(contenders, "_TYPESCRIPT_ECHO", tmp_path)
    monkeypatch.setattr(contenders, "find_spec", _find_nothing)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert _names(Choice()) == ["toolcrew", "floor"]
    assert typescript_versions() == {}
    assert node() is None


def test_an_installed_typescript_sdk_is_run_by_the_node_that_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "node_modules" / "@modelcontextprotocol" / "sdk"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "1.2.3"}')
    program = tmp_path / "node"
    program.touch(mode=0o755)
    monkeypatch.setattr(contenders, "_TYPESCRIPT_ECHO", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    (server,) = [one for one in chosen(Choice()) if one.name.startswith("TypeScript")]

    assert server.command == (str(program), str(tmp_path / "sdk_echo.js"))
    assert typescript_versions() == {"@modelcontextprotocol/sdk": "1.2.3"}


def test_a_python_path_that_is_there_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")

    assert toolcrew_echo().command[1].endswith("peers:/mine")
