"""Folders that are nobody's own source."""

import pytest

from unit.workers.files.project import Project
from workers.files.vendored import is_leftover, vendored_by_content, vendored_by_name


@pytest.mark.parametrize("name", ["node_modules", "third_party", ".venv", "site-packages"])
def test_some_names_are_enough(name: str) -> None:
    assert vendored_by_name(name, set())


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("build", "pyproject.toml"),
        ("dist", "package.json"),
        ("target", "Cargo.toml"),
        ("vendor", "go.mod"),
    ],
)
def test_other_names_need_evidence_beside_them(name: str, maker: str) -> None:
    assert vendored_by_name(name, set()) is None
    assert vendored_by_name(name, {"src", maker}) == f"is made by the tool of {maker}"


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "CACHEDIR.TAG", "CMakeCache.txt"])
def test_some_folders_are_given_away_by_what_is_in_them(mark: str) -> None:
    assert vendored_by_content({"a.py", mark})
    assert vendored_by_content({"a.py"}) is None


def test_vendored_folders_are_said_and_leftovers_are_not(project: Project) -> None:
    project.write_all("a.py", "node_modules/b.js", "env/pyvenv.cfg", "env/c.py")
    project.write_all("__pycache__/d.py", ".git/e.py", "build/f.py")

    assert is_leftover("__pycache__")
    assert project.names(".") == ["a.py", "build/f.py"]
    assert project.skips(".") == {"node_modules": "vendored", "env": "vendored"}


def test_a_vendored_folder_that_is_named_is_listed_and_not_called_left_out(
    project: Project,
) -> None:
    project.write_all("a.py", "node_modules/b.js", "env/c.py", "env/pyvenv.cfg")

    for paths in ([".", "node_modules", "env"], ["env", "node_modules", "."]):
        assert set(project.names(*paths)) == {"a.py", "node_modules/b.js", "env/c.py"}
        assert project.skips(*paths) == {}


def test_a_message_says_why_and_what_to_do(project: Project) -> None:
    project.write_all("target/a.rs", "Cargo.toml")

    (skipped,) = project.listing(".").skipped

    assert skipped.message == "'target' is made by the tool of Cargo.toml; name it to work on it."
