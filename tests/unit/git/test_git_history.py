"""Real repositories, compared with what was committed: each file gets the version that it had."""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from coordinator.git import repository
from coordinator.git.history import GitLimits, History, Question, history
from coordinator.git.process import GitProcesses
from protocol.errors import CallRefused
from protocol.tools.files import Skipped, Source
from support.git_projects import ENVIRONMENT, Project, has_git

pytestmark = has_git


class Compared(NamedTuple):
    """What became of each file: its earlier text, None for what is new."""

    before: dict[str, str | None]
    gone: dict[str, str]
    unchanged: int
    skipped: dict[str, str]
    notes: Sequence[str]


class Asker:
    """Asks git on behalf of a server in one folder."""

    def __init__(self, processes: GitProcesses) -> None:
        self._processes = processes

    async def history(
        self, directory: Path, question: Question, root: Path | None = None, most: int = 10_000
    ) -> History:
        limits = GitLimits(
            directory=str(directory), roots=(str(root or directory),), max_file_bytes=most
        )
        return await history(self._processes, question, limits)

    async def compare(
        self,
        directory: Path,
        revision: str = "HEAD",
        paths: Sequence[str] = (".",),
        root: Path | None = None,
        most: int = 10_000,
    ) -> Compared:
        """Compare every file that *paths* lead to."""
        question = Question(paths=paths, revision=revision)
        found = await self.history(directory, question, root, most)
        before: dict[str, str | None] = {}
        skipped: dict[str, str] = {}
        for name in _listed(directory, paths):
            paired = found.pair(Source(path=name, fingerprint="x"), 1)
            if isinstance(paired, Skipped):
                skipped[name] = paired.code
            elif paired is not None:
                text = paired.source.before
                before[name] = None if text is None else text.decode()
        gone: dict[str, str] = {}
        for each in found.gone():
            if isinstance(each, Skipped):
                skipped[each.path] = each.code
            else:
                assert each.source.is_gone
                assert each.source.path is not None
                gone[each.source.path] = (each.source.before or b"").decode()
        remarks = found.remarks()
        assert remarks.unchanged is not None
        return Compared(before, gone, remarks.unchanged, skipped, remarks.notes)

    async def commits(self, directory: Path, *names: str, days: int = 1000) -> dict[str, int]:
        found = await self.history(directory, Question(paths=["."], days=days))
        return found.commits(names)


def _listed(directory: Path, paths: Sequence[str]) -> list[str]:
    found = [path for each in paths for path in sorted((directory / each).rglob("*.py"))]
    found += [directory / each for each in paths if (directory / each).is_file()]
    return [str(path.relative_to(directory)) for path in found if not path.is_symlink()]


@pytest.fixture
async def git() -> AsyncIterator[Asker]:
    processes = GitProcesses()
    yield Asker(processes)
    assert processes.pids() == set()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.commit(a="a1", b="b1", sub__c="c1", sub__d="d1")
    return project


async def test_only_what_differs_is_compared(git: Asker, project: Project) -> None:
    project.commit(a="a2")

    found = await git.compare(project.folder, "HEAD~1")

    assert found == ({"a.py": "a1"}, {}, 3, {}, ())


async def test_the_working_tree_is_the_new_version(git: Asker, project: Project) -> None:
    project.write("a.py", "a2, not added")
    project.write("b.py", "b2, added")
    project.git("add", "b.py")
    project.write("new.py", "untracked")
    project.write("staged.py", "staged")
    project.git("add", "staged.py")
    (project.folder / "sub/c.py").unlink()
    project.git("rm", "-q", "--cached", "sub/d.py")

    found = await git.compare(project.folder)

    assert found.before == {
        "a.py": "a1",
        "b.py": "b1",
        "new.py": None,
        "staged.py": None,
        "sub/d.py": "d1",
    }
    assert found.gone == {"sub/c.py": "c1"}
    assert found.unchanged == 0


async def test_a_folder_is_compared_alone(git: Asker, project: Project) -> None:
    project.commit(a="a2", sub__c="c2")
    (project.folder / "b.py").unlink()
    (project.folder / "sub/d.py").unlink()

    found = await git.compare(project.folder, "HEAD~1", ["sub"])

    assert found == ({"sub/c.py": "c1"}, {"sub/d.py": "d1"}, 0, {}, ())


async def test_one_file_is_compared_alone(git: Asker, project: Project) -> None:
    project.commit(a="a2", b="b2")

    assert (await git.compare(project.folder, "HEAD~1", ["a.py"])).before == {"a.py": "a1"}


async def test_a_file_that_is_gone_can_be_asked_for(git: Asker, project: Project) -> None:
    (project.folder / "a.py").unlink()
    found = await git.history(project.folder, Question(paths=["a.py"], revision="HEAD"))

    paired = found.pair(Source(path="a.py", named=True), 0)

    assert not isinstance(paired, Skipped)
    assert paired is not None
    assert (paired.source.is_gone, paired.source.before) == (True, b"a1")


async def test_of_a_glob_only_what_it_admits_is_gone(git: Asker, project: Project) -> None:
    for name in ("a.py", "sub/c.py", "sub/d.py"):
        (project.folder / name).unlink()

    found = await git.history(project.folder, Question(paths=["**/[!d]*.py"], revision="HEAD"))

    gone = [each.source.path for each in found.gone() if not isinstance(each, Skipped)]
    assert gone == ["a.py", "sub/c.py"]


@pytest.mark.parametrize("revision", ["HEAD~1", "main~1", "v1", "old", ":/first", "HEAD@{1}"])
async def test_revisions_are_named_as_git_names_them(
    git: Asker, tmp_path: Path, revision: str
) -> None:
    project = Project(tmp_path / "p")
    project.write("a.py", "a1")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "first")
    project.git("tag", "-a", "v1", "-m", "annotated")
    project.git("branch", "old")
    first = project.git("rev-parse", "HEAD")
    project.commit(a="a2")

    for name in (revision, first[:8]):
        assert (await git.compare(project.folder, name)).before == {"a.py": "a1"}


@pytest.mark.parametrize("revision", ["nowhere", "HEAD~99", "HEAD:a.py", "main..main", "^main"])
async def test_what_is_no_commit_is_not_found(git: Asker, project: Project, revision: str) -> None:
    with pytest.raises(CallRefused, match="is no commit") as refused:
        await git.compare(project.folder, revision)
    assert refused.value.code == "not_found"


async def test_what_was_renamed_is_compared_with_what_it_was(git: Asker, project: Project) -> None:
    text = "".join(f"line {number}\n" for number in range(50))
    project.commit(long=text)
    project.git("mv", "long.py", "sub/other.py")
    project.write("sub/other.py", text + "more\n")

    found = await git.compare(project.folder)

    assert found.before == {"sub/other.py": text}
    assert found.gone == {}


async def test_a_rename_from_outside_the_roots_is_a_new_file(git: Asker, project: Project) -> None:
    project.git("mv", "a.py", "sub/a.py")

    found = await git.compare(project.folder / "sub")

    assert found.before == {"a.py": None}
    assert found.unchanged == 2


async def test_the_top_may_lie_above_the_roots(git: Asker, project: Project) -> None:
    project.commit(a="a2", sub__c="c2")

    found = await git.compare(project.folder / "sub", "HEAD~1")

    assert found.before == {"c.py": "c1"}
    with pytest.raises(CallRefused, match="outside") as refused:
        await git.compare(project.folder / "sub", "HEAD~1", [".."])
    assert refused.value.code == "not_allowed"


async def test_an_index_that_knows_no_times_costs_time_and_no_truth(
    git: Asker, project: Project
) -> None:
    for path in project.folder.rglob("*.py"):
        os.utime(path, (1, 1))

    found = await git.compare(project.folder)

    assert {name: text for name, text in found.before.items() if text is not None} == found.before
    assert found.gone == {}


async def test_line_endings_that_git_converts_are_no_matter(git: Asker, project: Project) -> None:
    project.git("config", "core.autocrlf", "true")
    project.commit(crlf="a\r\nb\r\n")
    project.write("crlf.py", "a\r\nc\r\n")

    assert (await git.compare(project.folder)).before == {"crlf.py": "a\nb\n"}


async def test_a_link_is_no_file(git: Asker, project: Project) -> None:
    (project.folder / "link.py").symlink_to("a.py")
    project.commit()
    (project.folder / "link.py").unlink()

    assert (await git.compare(project.folder)).gone == {}


async def test_what_is_no_source_is_not_read(git: Asker, project: Project) -> None:
    project.write("picture.png", b"\x89PNG")
    project.write("script", "#!/usr/bin/env python3\n")
    project.write("notes", "nothing")
    project.commit()
    for name in ("picture.png", "script", "notes"):
        (project.folder / name).unlink()

    assert list((await git.compare(project.folder)).gone) == ["script"]


async def test_only_files_of_the_language_are_gone(git: Asker, project: Project) -> None:
    project.write("x.js", "x")
    project.commit()
    for name in ("x.js", "a.py"):
        (project.folder / name).unlink()

    found = await git.history(project.folder, Question(paths=["."], revision="HEAD", language="js"))

    assert [each.source.path for each in found.gone() if not isinstance(each, Skipped)] == ["x.js"]


async def test_an_earlier_version_that_is_too_large_is_said_to_be(
    git: Asker, project: Project
) -> None:
    project.commit(a="x" * 101)
    project.write("a.py", "small")

    assert (await git.compare(project.folder, most=100)).skipped == {"a.py": "too_large"}


async def test_texts_that_are_too_large_together_are_refused(
    git: Asker, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_TEXT", 3)
    project.write("a.py", "a2")
    assert (await git.compare(project.folder)).before == {"a.py": "a1"}
    project.write("b.py", "b2")

    with pytest.raises(CallRefused, match="narrow with paths"):
        await git.compare(project.folder)


async def test_a_name_that_is_not_utf8_is_skipped(git: Asker, project: Project) -> None:
    path = project.write(os.fsdecode(b"\xff.py"), "x")
    project.commit()
    path.unlink()

    assert (await git.compare(project.folder)).skipped == {"?.py": "bad_name"}


async def test_names_may_hold_what_git_and_shells_find_special(
    git: Asker, project: Project
) -> None:
    names = ["sp ace.py", "new\nline.py", 'quo"te.py', ":(top)x.py", "st*r.py", "é.py"]
    for name in names:
        project.write(f"dir [1]/{name}", "1")
    project.commit()
    for name in names:
        project.write(f"dir [1]/{name}", "2")

    found = await git.compare(project.folder, paths=["dir [1]"])

    assert found.before == {f"dir [1]/{name}": "1" for name in names}


async def test_submodules_and_repositories_within_are_left_out(
    git: Asker, project: Project, tmp_path: Path
) -> None:
    inner = Project(tmp_path / "inner")
    inner.commit(i="i1")
    project.git("submodule", "add", "-q", str(inner.folder), "module")
    project.commit()
    Project(project.folder / "sub/own").commit(o="o1")
    project.write("module/i.py", "i2")
    project.write("sub/own/deep/o.py", "o2")

    found = await git.compare(project.folder)

    assert found.before == {}
    assert found.unchanged == 4
    assert found.notes == ("3 files of submodules or other repositories have no history here.",)
    within = await git.compare(project.folder, paths=["module", "a.py"])
    assert within.before == {"module/i.py": "i1"}


async def test_a_worktree_is_a_repository(git: Asker, project: Project, tmp_path: Path) -> None:
    project.git("worktree", "add", "-q", str(tmp_path / "tree"))
    (tmp_path / "tree/a.py").write_text("a2")

    assert (await git.compare(tmp_path / "tree")).before == {"a.py": "a1"}


async def test_a_shallow_clone_says_that_it_is_one(
    git: Asker, project: Project, tmp_path: Path
) -> None:
    project.commit(a="a2")
    project.git("clone", "-q", "--depth=1", f"file://{project.folder}", str(tmp_path / "clone"))

    found = await git.compare(tmp_path / "clone")

    assert found.notes == ("The clone is shallow: older commits are not there.",)
    with pytest.raises(CallRefused, match="shallow"):
        await git.compare(tmp_path / "clone", "HEAD~1")


@pytest.mark.parametrize("options", [[], ["--bare"]])
async def test_where_nothing_can_be_compared_it_is_said_why(
    git: Asker, tmp_path: Path, options: list[str]
) -> None:
    with pytest.raises(CallRefused, match="in no git repository"):
        await git.compare(tmp_path)

    project = Project(tmp_path / "p", *options)

    with pytest.raises(CallRefused, match="bare" if options else "is no commit"):
        await git.compare(project.folder)


async def test_somebody_elses_repository_is_refused_with_a_way_out(
    git: Asker, project: Project
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for path in (project.folder, project.folder / ".git"):
        os.chown(path, 12345, 12345)

    with pytest.raises(CallRefused, match=r"safe\.directory") as refused:
        await git.compare(project.folder)
    assert refused.value.code == "not_allowed"


async def test_commits_are_counted_without_merges_and_across_renames(
    git: Asker, project: Project
) -> None:
    project.commit(a="a2" * 20)
    project.git("mv", "a.py", "sub/a.py")
    project.commit()
    project.git("checkout", "-q", "-b", "side", "HEAD~1")
    project.commit(b="b2")
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "side", "-m", "merge")
    project.commit(sub__a="a3")

    assert await git.commits(project.folder, "sub/a.py", "b.py", "sub/c.py", "new.py") == {
        "sub/a.py": 4,
        "b.py": 2,
        "sub/c.py": 1,
    }


async def test_old_commits_are_not_counted(
    git: Asker, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Project(project.folder.parent / "old")
    monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    old.commit(a="1")
    monkeypatch.delitem(ENVIRONMENT, "GIT_COMMITTER_DATE")
    old.commit(a="2")

    assert await git.commits(old.folder, "a.py", days=30) == {"a.py": 1}


async def test_without_commits_there_is_no_churn(git: Asker, tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    project.write("a.py", "1")

    assert await git.commits(project.folder, "a.py") == {}


@pytest.mark.parametrize(
    "setting",
    ["diff.relative=true", "diff.noprefix=true", "log.showRoot=false", "diff.renames=false",
     "diff.orderFile=x", "core.quotePath=true", "format.pretty=oneline", "color.ui=always",
     "diff.mnemonicPrefix=true", "log.decorate=full", "core.useReplaceRefs=true"],
)  # fmt: skip
async def test_no_setting_of_a_repository_changes_the_answer(
    git: Asker, project: Project, setting: str
) -> None:
    name, _, value = setting.partition("=")
    project.commit(sub__c="c2")
    project.git("config", name, value)

    assert await git.commits(project.folder / "sub", "c.py", "d.py") == {"c.py": 2, "d.py": 1}
    assert (await git.compare(project.folder / "sub", "HEAD~1")).before == {"c.py": "c1"}
