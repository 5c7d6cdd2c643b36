"""A repository whose configuration names programs at every corner: none of them is ever run."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from coordinator.git.history import GitLimits, History, Question, history
from coordinator.git.process import GitProcesses
from protocol.errors import CallRefused
from support.git_projects import Project, has_git

pytestmark = has_git

NEW, OLD = "def f(a):\n    return a + 1\n", "def f(a):\n    return a\n"


class Trap:
    """A program that leaves a mark when somebody runs it."""

    def __init__(self, folder: Path) -> None:
        self._marks = folder / "marks"
        self._marks.mkdir()
        self._program = folder / "trap.sh"
        self._program.write_text(f'#!/bin/sh\necho "$0 $*" > "{self._marks}/$$"\ncat\n')
        self._program.chmod(0o755)

    def __str__(self) -> str:
        return str(self._program)

    def victims(self) -> list[str]:
        return [mark.read_text() for mark in self._marks.iterdir()]

    def reset(self) -> None:
        for mark in self._marks.iterdir():
            mark.unlink()


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.commit(a=OLD, sub__moved=OLD * 5)
    return project


async def asked(project: Project) -> History:
    """Ask everything that is ever asked of git."""
    limits = GitLimits(
        directory=str(project.folder), roots=(str(project.folder),), max_file_bytes=1_000_000
    )
    processes = GitProcesses()
    await history(processes, Question(paths=["."], days=100), limits)
    found = await history(processes, Question(paths=["."], revision="HEAD~1"), limits)
    await processes.close()
    return found


def make_racy(project: Project) -> None:
    """Make the index as young as the files, so that git has to read them to know whether they changed."""
    index = project.folder / ".git" / "index"
    seen = index.stat()
    for path in project.folder.glob("**/*.py"):
        os.utime(path, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
    project.git("update-index", "--refresh", "-q")
    for path in [*project.folder.glob("**/*.py"), index]:
        os.utime(path, ns=(seen.st_mtime_ns, seen.st_mtime_ns))


def set_traps(project: Project, trap: Trap) -> None:
    """Name the program wherever a configuration can name one."""
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "credential.helper",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "filter.e.v.i.l.clean",
        "gpg.program",
        "gpg.ssh.program",
        "pager.log",
        "pager.diff-index",
        "sequence.editor",
        "alias.log",
        "alias.ls-tree",
        "uploadpack.packObjectsHook",
        "trace2.eventTarget",
        "remote.origin.uploadpack",
        "remote.origin.vcs",
    ):
        value = f"!{trap}" if key.startswith(("alias", "credential")) else str(trap)
        project.git("config", key, value)
    for key, value in (
        ("core.hooksPath", str(project.folder / "hooks")),
        ("core.fsmonitorHookVersion", "2"),
        ("log.showSignature", "true"),
        ("filter.evil.required", "true"),
        ("diff.evil.cachetextconv", "true"),
        ("remote.origin.url", f"ext::{trap} %S"),
        ("protocol.ext.allow", "always"),
        ("status.submoduleSummary", "true"),
        ("diff.ignoreSubmodules", "none"),
    ):
        project.git("config", key, value)
    attributes = "*.py filter=evil diff=evil\nsub/* filter=e.v.i.l\n"
    project.write(".gitattributes", attributes)
    project.write(".git/info/attributes", attributes)
    for hook in ("post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"):
        for folder in ("hooks", ".git/hooks"):
            path = project.write(f"{folder}/{hook}", f"#!/bin/sh\nexec {trap}\n")
            path.chmod(0o755)


@pytest.fixture
def hostile(project: Project, trap: Trap) -> Iterator[Project]:
    project.git("mv", "sub/moved.py", "sub/here.py")
    project.commit(a=NEW)
    make_racy(project)
    set_traps(project, trap)
    yield project
    assert trap.victims() == []


async def test_no_program_of_a_configuration_is_run(hostile: Project) -> None:
    found = await asked(hostile)

    assert found.remarks().revision == hostile.git("rev-parse", "HEAD~1")


def no_settings(keys: Iterable[str]) -> list[str]:
    del keys
    return []


async def test_the_trap_works(
    hostile: Project, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files as young as the index are hashed, and hashing runs filters, if nothing switches them off."""
    monkeypatch.setattr("coordinator.git.repository.filters_off", no_settings)

    with contextlib.suppress(CallRefused):  # it says nothing that git understands
        await asked(hostile)

    assert any("trap.sh" in victim for victim in trap.victims())
    trap.reset()


async def test_a_filter_whose_name_hides_it_is_a_reason_to_refuse(hostile: Project) -> None:
    hostile.git("config", "filter.a=b.clean", "touch ran")

    with pytest.raises(CallRefused, match="hides"):
        await asked(hostile)


async def test_nothing_is_fetched_for_a_partial_clone(hostile: Project, trap: Trap) -> None:
    blob = hostile.git("rev-parse", "HEAD~1:a.py")
    hostile.git("config", "core.repositoryformatversion", "1")
    hostile.git("config", "extensions.partialClone", "origin")
    hostile.git("config", "remote.origin.promisor", "true")
    (hostile.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    trap.reset()

    await asked(hostile)

    assert trap.victims() == []


async def test_a_hostile_submodule_is_not_looked_into(trap: Trap, tmp_path: Path) -> None:
    inner = Project(tmp_path / "inner")
    inner.commit(b=OLD)
    plain = Project(tmp_path / "plain")
    plain.commit(a=OLD)
    plain.git("submodule", "add", "-q", str(inner.folder), "module")
    plain.commit(a=NEW)
    module = plain.folder / "module"
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process"):
        plain.git("-C", str(module), "config", key, str(trap))
    (module / ".gitattributes").write_text("* filter=evil\n")
    (module / "b.py").write_text(NEW)

    await asked(plain)

    assert trap.victims() == []


async def test_variables_for_git_are_not_handed_on(
    project: Project, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_EXTERNAL_DIFF", "GIT_SSH", "GIT_PAGER", "GIT_ASKPASS", "GIT_EDITOR"):
        monkeypatch.setenv(name, str(trap))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor'='{trap}'")
    project.commit(a=NEW)

    await asked(project)

    assert trap.victims() == []


async def test_a_program_called_git_in_the_folder_is_not_git(
    project: Project, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit(a=NEW)
    project.write("git", f"#!/bin/sh\nexec {trap}\n").chmod(0o755)
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("PATH", f":.:{os.environ['PATH']}")

    await asked(project)

    assert trap.victims() == []
