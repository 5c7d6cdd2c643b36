"""Where ignore rules come from: folders above, worktrees, nested repositories, the user's own."""

import errno
import os
from pathlib import Path

import pytest

from unit.workers.files.project import Project
from workers.files.repository import excludes_file


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", None),
        ("[core]\n\texcludesFile = ~/.ignore\n", "~/.ignore"),
        ('[CORE]\nexcludesfile="a b" # mine\n', "a b"),
        ("[core]\nexcludesFile = one\n[user]\nexcludesFile = two\n", "one"),
        ("[core]\nexcludesFile = one\nexcludesFile = two\n", "two"),
        ('[alias "core"]\nexcludesFile = one\n', None),
    ],
)
def test_the_users_own_file_is_named_in_the_core_section(config: str, expected: str | None) -> None:
    assert excludes_file(config) == expected


def test_a_configured_file_of_the_user_is_read(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.write_all("a.py", "b.py")
    (tmp_path / ".gitconfig").write_text("[core]\n\texcludesFile = ~/mine\n")
    (tmp_path / "mine").write_text("a.py\n")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert project.names(".") == ["b.py"]


def test_rules_between_the_repository_and_the_named_folder_hold(project: Project) -> None:
    project.write_all("src/deep/a.py", "src/deep/b.py", "src/deep/c.py", "src/deep/d.py")
    project.write(".git/info/exclude", "/src/deep/a.py\n")
    project.write(".gitignore", "b.py\n")
    project.write("src/.gitignore", "/deep/c.py\n")

    assert project.names("src/deep") == ["src/deep/d.py"]


def test_rules_of_a_repository_that_begins_above_the_root_hold(project: Project) -> None:
    project.write_all("inner/a.py", "inner/b.py", ".git/HEAD")
    project.write(".gitignore", "a.py\n")

    assert Project(project.top / "inner").names(".") == ["b.py"]


def test_an_ignored_folder_that_is_named_is_listed(project: Project) -> None:
    project.write_all("out/a.py", "out/deep/b.py", "out/deep/out/c.py")
    project.write(".gitignore", "out/\n*.py\n")

    assert project.names(".") == []
    assert project.names("out/deep") == ["out/deep/b.py", "out/deep/out/c.py"]
    assert project.names("out/**/b.py") == ["out/deep/b.py"]


def test_rules_end_where_another_repository_begins(project: Project) -> None:
    project.write_all("sub/a.py", "sub/b.py", "sub/.git/HEAD", "a.py")
    project.write(".gitignore", "a.py\n")
    project.write("sub/.git/info/exclude", "b.py\n")

    assert project.names(".") == ["sub/a.py"]
    assert project.names("sub") == ["sub/a.py"]


def test_a_worktree_shares_the_rules_of_its_repository(project: Project) -> None:
    project.write("main/.git/info/exclude", "a.py\n")
    project.write("main/.git/worktrees/w/commondir", "../..\n")
    project.write("w/.git", "gitdir: ../main/.git/worktrees/w\n")
    project.write_all("w/a.py", "w/b.py")

    assert project.names("w") == ["w/b.py"]


def test_without_a_repository_the_root_is_where_rules_begin(project: Project) -> None:
    project.write_all("src/a.py", "src/b.py")
    project.write(".gitignore", "/src/a.py\n")

    assert project.names("src") == ["src/b.py"]


def test_a_rule_file_that_cannot_be_read_has_no_rules(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("a.py")
    project.write(".gitignore", "a.py\n")

    def failing(descriptor: int, size: int) -> bytes:
        raise OSError(errno.EIO, f"{descriptor} {size}")

    monkeypatch.setattr(os, "read", failing)

    assert project.names(".") == ["a.py"]


def test_a_rule_file_that_is_no_plain_small_file_has_no_rules(project: Project) -> None:
    project.write_all("pipe/a.py", "link/a.py", "huge/a.py", "folder/a.py", "folder/.gitignore/x")
    os.mkfifo(project.top / "pipe/.gitignore")
    (project.top / "link/.gitignore").symlink_to(project.write("rules", "*.py"))
    project.write("huge/.gitignore", "*.py\n" + "#" * 300_000)

    assert project.names("pipe", "link", "huge", "folder") == [
        "pipe/a.py",
        "link/a.py",
        "huge/a.py",
        "folder/a.py",
    ]
