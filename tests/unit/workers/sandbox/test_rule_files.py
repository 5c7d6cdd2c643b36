"""Which files above the roots stay readable: what tells what is ignored, and nothing else."""

import os
from pathlib import Path

import pytest

from workers.sandbox.rule_files import rule_files


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home").resolve()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


@pytest.fixture
def top(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def write(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def below(top: Path, *roots: Path) -> set[str]:
    """Return the files in *top*, by their relative names, that *roots* need."""
    found = (Path(path) for path in rule_files(map(str, roots)))
    return {str(path.relative_to(top)) for path in found if path.is_relative_to(top)}


def test_without_a_repository_only_its_beginning_is_watched(top: Path) -> None:
    assert below(top, folder(top / "a/root")) == {".git", "a/.git", "a/root/.git"}


def test_of_a_repository_above_its_rules_and_those_in_between_are_named(top: Path) -> None:
    folder(top / "a/.git")

    assert below(top, folder(top / "a/b/root")) == {
        "a/b/root/.git",
        "a/b/.git",
        "a/b/.gitignore",
        "a/.git",
        "a/.gitignore",
        "a/.git/commondir",
        "a/.git/info/exclude",
    }


def test_of_a_repository_that_is_a_root_everything_is_readable_anyway(top: Path) -> None:
    folder(top / "root/.git/modules/sub")

    assert below(top, top / "root") == {"root/.git"}


def test_a_root_below_another_root_needs_nothing_of_its_own(top: Path) -> None:
    folder(top / "outer/.git")

    assert below(top, top / "outer", folder(top / "outer/inner")) == {
        "outer/.git",
        "outer/inner/.git",
    }


def test_a_worktree_leads_to_the_repository_that_it_belongs_to(top: Path) -> None:
    write(top / "main/.git/worktrees/w/commondir", "../..\n")
    write(top / "w/.git", f"gitdir: {top}/main/.git/worktrees/w\n")

    found = below(top, top / "w")

    assert found >= {"w/.git", "main/.git/worktrees/w/commondir", "main/.git/info/exclude"}
    assert not any(name.startswith("main/.gitignore") for name in found)


def test_the_parts_of_a_repository_above_are_found_however_deep(top: Path) -> None:
    """A submodule or worktree below the root has its data where the repository has its own."""
    git = top / ".git"
    write(git / "modules/one/HEAD")
    write(git / "modules/one/modules/inner/HEAD")
    write(git / "modules/libs/two/HEAD")
    write(git / "worktrees/w/commondir", "../..\n")
    folder(git / "modules/one/refs")

    found = below(top, folder(top / "root"))

    assert {name for name in found if "modules" in name or "worktrees" in name} == {
        ".git/modules/one/info/exclude",
        ".git/modules/one/modules/inner/info/exclude",
        ".git/modules/libs/two/info/exclude",
        ".git/worktrees/w/commondir",
    }


def test_the_users_own_files_are_named_and_what_links_lead_to(top: Path, home: Path) -> None:
    dotfiles = write(top / "dotfiles/gitconfig", "[core]\nexcludesFile = ~/mine\n")
    (home / ".gitconfig").symlink_to(dotfiles)

    found = set(rule_files([str(folder(top / "root"))]))

    assert found >= {
        str(home / ".gitconfig"),
        str(dotfiles),
        str(home / ".config/git/config"),
        str(home / "mine"),
    }


def test_a_link_in_place_of_a_gitignore_leads_nowhere(top: Path) -> None:
    """Git does not follow it, so neither do we: it may lead to a secret."""
    folder(top / ".git")
    secret = write(top / "secret")
    (top / ".gitignore").symlink_to(secret)

    found = below(top, folder(top / "root"))

    assert ".gitignore" in found
    assert "secret" not in found


def test_no_folder_with_what_was_committed_is_named_but_as_a_place_where_rules_begin(
    top: Path,
) -> None:
    write(top / ".git/HEAD")
    write(top / ".git/config")
    write(top / ".git/objects/pack/a")

    named = {path for path in rule_files([str(folder(top / "root"))]) if os.path.isdir(path)}

    assert {os.path.basename(path) for path in named} <= {".git"}


def test_no_roots_leave_the_users_own_files(home: Path) -> None:
    assert rule_files([]) == (
        str(home / ".gitconfig"),
        str(home / ".config/git/config"),
        str(home / ".config/git/ignore"),
    )
