"""What git tracks is listed, whatever the rules say; git itself is the witness."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.workers.files.project import Project
from workers.files.tracked import tracked_in

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(top: Path, *arguments: str) -> str:
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_CONFIG_NOSYSTEM": "1"}
    identity |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    command = ["git", "-c", "protocol.file.allow=always", "-C", str(top), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, env={**os.environ, **identity})
    return done.stdout.decode()


def listed_by_git(top: Path) -> set[str]:
    """Return what one repository holds; what lies in others below it is theirs to say."""
    paths = git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return {path for path in paths if path.endswith(".py")}


@pytest.fixture
def repository(project: Project) -> Project:
    git(project.top, "init", "--quiet")
    return project


def test_a_tracked_file_is_listed_though_a_rule_names_it(repository: Project) -> None:
    repository.write_all("lib/a.py", "lib/b.py", "lib/deep/c.py", "lib/other/d.py", "e.py", "f.py")
    repository.write(".gitignore", "lib/\ne.py\nf.py\n")
    git(repository.top, "add", "--force", "lib/a.py", "lib/deep/c.py", "e.py")

    assert repository.names(".") == ["e.py", "lib/a.py", "lib/deep/c.py"]
    assert set(repository.names(".")) == listed_by_git(repository.top)


def test_the_rules_in_an_ignored_folder_take_nothing_back(repository: Project) -> None:
    repository.write_all("lib/a.py", "lib/b.py")
    repository.write(".gitignore", "lib/\n")
    repository.write("lib/.gitignore", "!b.py\n")
    git(repository.top, "add", "--force", "lib/a.py")

    assert repository.names(".") == ["lib/a.py"]
    assert set(repository.names(".")) == listed_by_git(repository.top)


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
def test_every_format_of_the_index_is_read(project: Project, version: int, hashes: str) -> None:
    git(project.top, "init", "--quiet", f"--object-format={hashes}")
    names = [
        "a.py",
        "lib/" + "long" * 40 + "/a.py",
        *(f"lib/{n:03}.py" for n in range(300)),
        "é.py",
    ]
    project.write_all(*names)
    project.write(".gitignore", "*\n")
    git(project.top, "add", "--force", *names[:200])
    if version == 3:  # which git writes only if it needs to
        git(project.top, "add", "--force", "--intent-to-add", *names[200:210])
    git(project.top, "update-index", "--index-version", str(version))

    assert set(project.names(".")) == listed_by_git(project.top)
    assert len(project.names(".")) == (210 if version == 3 else 200)


def test_a_conflict_is_one_file(repository: Project) -> None:
    repository.write("a.py", "first\n")
    repository.write(".gitignore", "a.py\n")
    git(repository.top, "add", "--force", "a.py")
    git(repository.top, "commit", "--quiet", "-m", "first")
    git(repository.top, "checkout", "--quiet", "-b", "other")
    repository.write("a.py", "other\n")
    git(repository.top, "commit", "--quiet", "-am", "other")
    git(repository.top, "checkout", "--quiet", "-")
    repository.write("a.py", "third\n")
    git(repository.top, "commit", "--quiet", "-am", "third")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository.top, "merge", "other")

    assert repository.names(".") == ["a.py"]


def test_a_changed_index_is_read_again(repository: Project) -> None:
    repository.write_all("a.py", "b.py")
    repository.write(".gitignore", "*.py\n")
    git(repository.top, "add", "--force", "a.py")
    before = repository.names(".")

    git(repository.top, "add", "--force", "b.py")

    assert (before, repository.names(".")) == (["a.py"], ["a.py", "b.py"])


def test_submodules_and_worktrees_have_rules_and_an_index_of_their_own(
    repository: Project, tmp_path: Path
) -> None:
    origin = Project(tmp_path.resolve() / "origin")
    git(origin.top, "init", "--quiet")
    origin.write_all("kept.py", "lib/tracked.py")
    origin.write(".gitignore", "lib/\nout.py\n")
    git(origin.top, "add", "--force", ".")
    git(origin.top, "commit", "--quiet", "-m", "first")
    repository.write(".gitignore", "kept.py\nsub/inner.py\nhidden/\n")
    for name in ("sub", "hidden"):
        git(repository.top, "submodule", "--quiet", "add", "--force", str(origin.top), name)
    repository.write(".git/modules/sub/info/exclude", "excluded.py\n")
    git(origin.top, "worktree", "add", "--quiet", str(repository.top / "tree"))
    repository.write_all(
        *(f"{f}/{n}.py" for f in ("sub", "hidden", "tree") for n in ("out", "inner", "excluded")),
        *(f"{f}/lib/new.py" for f in ("sub", "hidden", "tree")),
    )

    expected = {
        f"{folder}/{path}"
        for folder in ("sub", "hidden", "tree")
        for path in listed_by_git(repository.top / folder)
    }
    assert set(repository.names(".")) == expected | listed_by_git(repository.top)
    assert {"sub/lib/tracked.py", "hidden/kept.py", "tree/inner.py"} <= expected
    assert not expected & {"sub/excluded.py", "sub/lib/new.py", "tree/out.py"}


def test_an_ignored_folder_that_is_named_is_listed_whole(repository: Project) -> None:
    repository.write_all("lib/a.py", "lib/b.py")
    repository.write(".gitignore", "lib/\n")
    git(repository.top, "add", "--force", "lib/a.py")

    assert repository.names("lib") == ["lib/a.py", "lib/b.py"]


@given(st.binary(max_size=400), st.binary(max_size=20))
def test_whatever_is_no_index_tracks_nothing_or_something(content: bytes, path: bytes) -> None:
    for index in (content, b"DIRC\0\0\0\2\0\0\0\1" + content, b"DIRC\0\0\0\4\0\0\0\3" + content):
        assert tracked_in(index).holds(path) in {True, False}


@given(st.data())
def test_a_damaged_index_never_fails(data: st.DataObject) -> None:
    entry = bytearray(b"DIRC\0\0\0\2\0\0\0\1" + bytes(60) + b"\0\4a.py" + bytes(8) + bytes(20))
    assert tracked_in(bytes(entry)).holds(b"a.py")
    entry[data.draw(st.integers(0, len(entry) - 1))] = data.draw(st.integers(0, 255))
    del entry[data.draw(st.integers(0, len(entry))) :]

    tracked_in(bytes(entry)).holds(b"a.py")
