"""Whatever the ignore files say, we list what git lists."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unit.workers.files.project import Project

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NAMES = [
    *["a", "b", "ab", "abc", "a.b", ".a", "é", "[a]", "a b"],
    *["A", "#a", "!a", " a", "a ", "a\\b", "-", "]", "^", "a-b", "{a,b}", "a\tb", "a*"],
]
GLOBS = [
    *["a", "b", "ab", ".a", "é", "*", "**", "?", "a*", "*b", "*.b", "a?", "*b*", "a*c", "*?"],
    *["[ab]", "[!a]", "[^a]", "[a-b]", "[]a]", "[[:alpha:]]", "[[:alpha:]b]*", "[a-", "[a/b]"],
    *["a**", "**b", "***", "\\a", "a\\*", "\\[a\\]", "a\\ ", "*.py", "a.py", "?.py", "*a*.py"],
    *[
        "A",
        "#a",
        "\\#a",
        "\\!a",
        "a\\",
        "a\\\\",
        "a\\\\b",
        "[\\]a]",
        "[a\\-b]",
        "[z-a]",
        "[--a]",
        "[!-]",
    ],
    *["[[:digit:]]", "[[:upper:][:digit:]]", "[[:foo:]]", "[[.a.]]", "[[:alpha:]-z]*", "[a-c-e]"],
    *["{a,b}", "a\tb", "[]-a]", "[[a]", "a[", "**a**", "[!]a]", "[*]", "\\*", "*[!/]b", ".", ""],
]


class Rules(NamedTuple):
    """One .gitignore: the number picks its folder."""

    folder: int
    content: str


@st.composite
def lines(draw: st.DrawFn) -> str:
    glob = "/".join(draw(st.lists(st.sampled_from(GLOBS), min_size=1, max_size=3)))
    before = draw(st.sampled_from(["", "", "", "!", "!", "/", "!/"]))
    after = draw(st.sampled_from(["", "", "", "", "/", "/", " ", "\r", "\t", "/ "]))
    return before + glob + after


folders = st.lists(st.sampled_from(NAMES), max_size=3).map("/".join)
files = st.tuples(folders, st.sampled_from(NAMES)).map("/".join).map(lambda path: path + ".py")
rules = st.builds(Rules, st.integers(0, 100), st.lists(lines(), max_size=5).map("\n".join))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("git").resolve())
    git(project, "init", "--quiet")
    return project


def git(project: Project, *arguments: str) -> bytes:
    isolated = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(project.top), *arguments]
    return subprocess.run(command, check=True, capture_output=True, env=isolated).stdout


def listed_by_git(project: Project) -> set[str]:
    flags = ("-z", "--cached", "--others", "--exclude-standard")
    paths = git(project, "ls-files", *flags).decode().split("\0")
    return {path for path in paths if path.endswith(".py")}


def plant(project: Project, paths: list[str], ignores: list[Rules]) -> None:
    for child in project.top.iterdir():
        if child.name != ".git":
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    for path in paths:
        project.write(path.removeprefix("/"))
    homes = [Path(), *sorted({folder for path in paths for folder in Path(path[1:]).parents})]
    for folder, content in ignores:
        project.write(str(homes[folder % len(homes)] / ".gitignore"), content)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    paths=st.lists(files.map(lambda path: "/" + path.removeprefix("/")), min_size=3, max_size=12),
    ignores=st.lists(rules, min_size=1, max_size=4),
    tracked=st.integers(0, 3),
)
def test_what_is_listed_is_what_git_lists(
    repository: Project, paths: list[str], ignores: list[Rules], tracked: int
) -> None:
    """The first few files are tracked, and so they are listed whatever the rules say."""
    plant(repository, paths, ignores)
    git(repository, "read-tree", "--empty")
    names = [path.removeprefix("/") for path in paths[:tracked]]
    git(repository, "--literal-pathspecs", "add", "--force", "--", *names)

    assert set(repository.names(".")) == listed_by_git(repository)


def test_rules_of_the_repository_and_of_the_user_count_after_those_of_folders(
    repository: Project,
) -> None:
    plant(repository, ["/a.py", "/b.py", "/c.py", "/d.py"], [Rules(0, "!c.py")])
    repository.write(".git/info/exclude", "a.py\nc.py\n")
    ours = Path(os.environ["HOME"], ".config", "git", "ignore")
    ours.parent.mkdir(parents=True, exist_ok=True)
    ours.write_text("b.py\nc.py\n")
    try:
        assert set(repository.names(".")) == listed_by_git(repository) == {"c.py", "d.py"}
    finally:
        ours.unlink()
        repository.write(".git/info/exclude", "")
