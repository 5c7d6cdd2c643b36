"""`code_analyze` with an earlier version, through a real server and real git."""

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from support.git_projects import Project, has_git
from support.messages import cancelled, modern, tool_params
from support.starting import Starter
from support.toolcrew import Toolcrew

pytestmark = has_git

SIMPLE = "def f(a):\n    return a\n"
WORSE = "def f(a):\n    if a:\n        return a\n    return 0\n"
SOON_S = 10.0
CALL = 77


@pytest.fixture
def repository(project: Path) -> Project:
    repository = Project(project)
    repository.commit(a=SIMPLE, b=SIMPLE, sub__c=SIMPLE, sub__gone=SIMPLE)
    return repository


@pytest.fixture
def slow_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Git that waits at a door before it answers; the file beside it holds its pid."""
    folder = tmp_path / "bin"
    folder.mkdir()
    real = shutil.which("git")
    (folder / "git").write_text(
        f"#!/bin/sh\necho $$ > {folder}/pid\nwhile [ -e {folder}/closed ]; do sleep 0.01; done\n"
        f'exec {real} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    (folder / "closed").touch()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def analyze(server: Toolcrew, **arguments: object) -> dict[str, Any]:
    result = server.call("code_analyze", **arguments)
    assert not result["isError"], result
    structured: dict[str, Any] = result["structuredContent"]
    return structured


def refusal(server: Toolcrew, **arguments: object) -> str:
    result = server.call("code_analyze", **arguments)
    assert result["isError"], result
    text: str = result["content"][0]["text"]
    return text


def send(server: Toolcrew, **arguments: object) -> None:
    """Call without waiting for the answer."""
    params = tool_params("code_analyze", arguments)
    server.talk.send(modern(CALL, "tools/call", params))


def changes(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {
        file["path"]: [f"{row['status']} {row['qualified_name']}" for row in file["changes"]]
        for file in answer["files"]
    }


def git_in(slow_git: Path) -> psutil.Process:
    """Wait until git stands at the door."""
    end = time.monotonic() + SOON_S
    while time.monotonic() < end:
        if (slow_git / "pid").exists() and (word := (slow_git / "pid").read_text().strip()):
            return psutil.Process(int(word))
        time.sleep(0.005)
    raise AssertionError("git was not started in time")


def test_a_folder_since_a_revision(server: Toolcrew, repository: Project) -> None:
    repository.commit(a=WORSE)
    repository.write("new.py", SIMPLE)
    (repository.folder / "sub/gone.py").unlink()

    answer = analyze(server, path=".", compare_revision="HEAD~1")

    assert changes(answer) == {
        "a.py": ["worse f"],
        "new.py": ["added f"],
        "sub/gone.py": ["removed f"],
    }
    totals = answer["totals"]
    assert [totals[name] for name in ("files", "unchanged", "changes", "better", "worse")] == [
        3,
        2,
        3,
        0,
        1,
    ]
    assert answer["overview"]["revision"] == repository.git("rev-parse", "HEAD~1")
    assert answer["complete"]


def test_the_same_call_after_a_commit_has_another_answer(
    server: Toolcrew, repository: Project
) -> None:
    repository.write("a.py", WORSE)
    asked = {"path": "a.py", "compare_revision": "HEAD"}

    before = analyze(server, **asked)
    repeated = analyze(server, **asked)
    repository.commit()
    after = analyze(server, **asked)

    assert changes(before) == changes(repeated) == {"a.py": ["worse f"]}
    assert changes(after) == {}
    assert (after["totals"]["files"], after["totals"]["unchanged"]) == (0, 1)


def test_a_second_look_is_answered_from_the_cache_as_long_as_nothing_changes(
    server: Toolcrew, repository: Project
) -> None:
    repository.write("a.py", WORSE)
    os.utime(repository.folder / "a.py", (1, 1))
    time.sleep(0.1)
    asked = {"path": ".", "compare_revision": "main"}

    first = analyze(server, **asked)
    second = analyze(server, **asked)

    assert (first["totals"]["cached"], second["totals"]["cached"]) == (0, 1)
    assert changes(first) == changes(second)


def test_another_folder_and_another_file(server: Toolcrew, project: Path) -> None:
    for folder, files in {
        "old": {"a.py": SIMPLE, "deep/gone.py": SIMPLE, "same.py": SIMPLE},
        "new": {"a.py": WORSE, "deep/come.py": SIMPLE, "same.py": SIMPLE},
    }.items():
        for name, text in files.items():
            path = project / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    folders = analyze(server, path="new", compare_path="old")
    files = analyze(server, path="old/a.py", compare_path="new/a.py")
    back = analyze(server, path="new/a.py", compare_code=SIMPLE)
    snippets = analyze(server, code=SIMPLE, language="python", compare_path="new/a.py")

    assert changes(folders) == {
        "new/a.py": ["worse f"],
        "new/deep/come.py": ["added f"],
        "new/deep/gone.py": ["removed f"],
    }
    assert changes(files) == {"old/a.py": ["better f"]}
    assert changes(back) == {"new/a.py": ["worse f"]}
    assert changes(snippets) == {None: ["better f"]}
    (project / "new/a.py").write_text(SIMPLE)
    assert changes(analyze(server, path="old/a.py", compare_path="new/a.py")) == {}


def test_churn_ranks_by_commits(server: Toolcrew, repository: Project) -> None:
    repository.commit(a=WORSE, b=WORSE)
    for number in range(3):
        repository.commit(b=f"{WORSE}# {number}\n")

    answer = analyze(server, path=".", detail="hotspots", churn_days=30)

    ranked = [(row["path"], row["commits"], row["score"]) for row in answer["hotspots"]]
    assert ranked == [("b.py", 5, 5.0), ("a.py", 2, 2.0)]
    assert answer["overview"]["revision"] == repository.git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"path": ".", "compare_revision": "nowhere"}, "is no commit"),
        ({"path": ".", "compare_revision": "--output=x"}, "names no revision"),
        ({"path": "..", "compare_revision": "HEAD"}, "outside the allowed roots"),
        ({"code": "x", "compare_revision": "HEAD"}, "needs a file or folder"),
        ({"code": "x", "detail": "hotspots", "churn_days": 3}, "no history"),
        ({"path": ".", "compare_path": "a.py"}, "no folder"),
        ({"path": ".", "compare_path": "."}, "same folder"),
        ({"path": "a.py", "compare_path": "sub"}, "is a folder"),
        ({"path": "a.py", "compare_path": "nowhere.py"}, "earlier version"),
        ({"path": ".", "compare_code": "x"}, "one file"),
        ({"paths": ["."], "compare_path": "sub"}, "one `path`"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(
    server: Toolcrew, repository: Project, asked: dict[str, Any], said: str
) -> None:
    del repository
    assert said in refusal(server, **asked)


def test_where_there_is_no_repository_it_is_said(server: Toolcrew, project: Path) -> None:
    (project / "a.py").write_text(SIMPLE)

    assert "in no git repository" in refusal(server, path=".", compare_revision="HEAD")
    assert "in no git repository" in refusal(server, path=".", detail="hotspots", churn_days=1)


def test_without_git_it_is_said(
    start: Starter, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a.py").write_text(SIMPLE)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "git is not installed" in refusal(start(), path=".", compare_revision="HEAD")


def test_git_is_not_taken_for_what_a_worker_left_behind(
    start: Starter, repository: Project, slow_git: Path
) -> None:
    """Whenever a child ends, the children that nobody knows are killed: git is not one of them."""
    repository.commit(a=WORSE)
    server = start()
    send(server, path=".", compare_revision="HEAD~1")
    git = git_in(slow_git)
    server.parse(path="a.py")
    for worker in server.metrics()["workers"]:
        psutil.Process(worker["pid"]).kill()
    server.parse(path="b.py")

    assert git.is_running()
    (slow_git / "closed").unlink()
    result = server.talk.answer(CALL)["result"]
    assert changes(result["structuredContent"]) == {"a.py": ["worse f"]}


def test_a_cancelled_call_ends_its_git(start: Starter, repository: Project, slow_git: Path) -> None:
    del repository
    server = start()
    send(server, path=".", compare_revision="HEAD")
    git = git_in(slow_git)
    server.talk.send(cancelled(CALL))

    git.wait(SOON_S)
    assert server.leave()[0] == 0


def test_a_server_that_ends_leaves_no_git(
    start: Starter, repository: Project, slow_git: Path
) -> None:
    del repository
    server = start(SERVER_GRACE_S=0.05)
    send(server, path=".", compare_revision="HEAD")
    git = git_in(slow_git)
    server.popen.terminate()

    assert server.wait() == 0
    assert not git.is_running()


def test_git_has_the_deadline_of_a_call(
    start: Starter, repository: Project, slow_git: Path
) -> None:
    del repository
    server = start(CREW_DEADLINE_S=0.3)

    said = refusal(server, path=".", compare_revision="HEAD")

    assert "git did not answer within the deadline" in said
    with contextlib.suppress(psutil.NoSuchProcess):
        git_in(slow_git).wait(SOON_S)
