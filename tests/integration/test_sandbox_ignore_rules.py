"""A listing behind a sandbox is the listing without one, wherever the ignore rules lie."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integration import locked_in
from integration.locked_in import attempt, attempts
from protocol.worker.sandbox import SandboxPolicy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def rules_at_the_top(top: Path, _home: Path) -> None:
    (top / ".git").mkdir()
    write(top / ".gitignore", "ignored.py\n")


def rules_in_between(top: Path, _home: Path) -> None:
    (top / ".git").mkdir()
    write(top / "middle/.gitignore", "/root/ignored.py\n")


def rules_of_the_repository(top: Path, _home: Path) -> None:
    write(top / ".git/info/exclude", "ignored.py\n")


def rules_of_a_worktrees_repository(top: Path, _home: Path) -> None:
    write(top / "main/.git/worktrees/w/commondir", "../..\n")
    write(top / "main/.git/info/exclude", "ignored.py\n")
    write(top / "middle/.git", "gitdir: ../main/.git/worktrees/w\n")


def rules_of_a_root_that_is_a_worktree(top: Path, _home: Path) -> None:
    write(top / "main/.git/worktrees/w/commondir", "../..\n")
    write(top / "main/.git/info/exclude", "ignored.py\n")
    write(top / "middle/root/.git", f"gitdir: {top}/main/.git/worktrees/w\n")


def rules_of_a_submodule(top: Path, _home: Path) -> None:
    write(top / ".git/modules/libs/sub/HEAD", "")
    write(top / ".git/modules/libs/sub/info/exclude", "ignored.py\n")
    write(top / "middle/root/sub/.git", "gitdir: ../../../.git/modules/libs/sub\n")
    (top / "middle/root/ignored.py").rename(top / "middle/root/sub/ignored.py")


def rules_of_the_user(_top: Path, home: Path) -> None:
    write(home / ".config/git/ignore", "ignored.py\n")


def rules_that_the_user_names(_top: Path, home: Path) -> None:
    write(home / "dotfiles/gitconfig", "[core]\nexcludesFile = ~/dotfiles/ignore\n")
    write(home / "dotfiles/ignore", "ignored.py\n")
    (home / ".gitconfig").symlink_to("dotfiles/gitconfig")


PLACES = [
    rules_at_the_top,
    rules_in_between,
    rules_of_the_repository,
    rules_of_a_worktrees_repository,
    rules_of_a_root_that_is_a_worktree,
    rules_of_a_submodule,
    rules_of_the_user,
    rules_that_the_user_names,
]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "top"
    write(folder / "middle/root/ignored.py", "")
    write(folder / "middle/root/listed.py", "")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "home"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_rules_hold_behind_a_sandbox_as_without_one(
    place: Callable[[Path, Path], None], top: Path, home: Path
) -> None:
    place(top, home)
    root = str(top / "middle/root")
    policy = SandboxPolicy(read=(root,))

    report = attempts(policy, (locked_in.names_listed, root), HOME=str(home), XDG_CONFIG_HOME="")

    assert report.outcomes == [["listed.py"]]


@pytest.mark.usefixtures("landlock")
def test_all_else_of_the_repository_above_stays_closed(top: Path, home: Path) -> None:
    rules_at_the_top(top, home)
    closed = [
        top / ".git/config",
        top / ".git/HEAD",
        top / "secret",
        top / "middle/secret",
        top / "middle/other/.gitignore",
        home / ".git-credentials",
        home / ".config/git/credentials",
    ]
    for path in closed:
        write(path, "secret")
    root = str(top / "middle/root")

    report = attempts(
        SandboxPolicy(read=(root,)),
        (locked_in.read, str(top / ".gitignore")),
        *((locked_in.read, str(path)) for path in closed),
        (locked_in.listed, str(top / ".git")),
        (locked_in.listed, str(top)),
        HOME=str(home),
    )

    assert report.outcomes == ["ignored.py\n", *["EACCES"] * (len(closed) + 2)]


@pytest.mark.usefixtures("landlock")
def test_a_link_in_place_of_a_gitignore_opens_nothing(top: Path) -> None:
    (top / ".git").mkdir()
    write(top / "secret", "secret")
    (top / ".gitignore").symlink_to(top / "secret")
    policy = SandboxPolicy(read=(str(top / "middle/root"),))

    assert attempt(policy, locked_in.read, str(top / "secret")) == "EACCES"
