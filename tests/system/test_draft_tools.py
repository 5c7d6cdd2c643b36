"""Drafts as clients use them: files change only when a draft is submitted, whoever dies meanwhile."""

import fcntl
import itertools
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from support.messages import Message, cancelled, modern, tool_params
from support.output_schemas import require_conforming
from support.starting import Shared, Starter
from support.third_parties import error_of, text_of, tools_of, wait_until
from support.toolcrew import Toolcrew

TEXT = "one\ntwo\nthree\n"
NAMES = [
    "draft_diff",
    "draft_discard",
    "draft_list",
    "draft_patch",
    "draft_read",
    "draft_request",
    "draft_submit",
    "draft_write",
]
_ids = itertools.count(1)


@pytest.fixture
def file(project: Path) -> Path:
    """A file of the project of a server of its own."""
    path = project / "a.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def known(shared: Shared) -> Path:
    """A file of the project of the server that many tests talk to."""
    path = shared.starter.project / "a.txt"
    path.write_text(TEXT)
    return path


def call(server: Toolcrew, tool: str, **arguments: object) -> Message:
    """Call a tool that must succeed, and return what programs get."""
    result = server.call(f"draft_{tool}", **arguments)
    assert not result["isError"], result
    structured: Message = result["structuredContent"]
    return structured


def ask(server: Toolcrew, tool: str, **arguments: object) -> int:
    """Call a tool without waiting for it."""
    message_id = next(_ids)
    server.talk.send(modern(message_id, "tools/call", tool_params(f"draft_{tool}", arguments)))
    return message_id


def answer(server: Toolcrew, message_id: int) -> Message:
    result: Message = server.talk.answer(message_id)["result"]
    return result


def folder_of(start: Starter) -> Path:
    (folder,) = (start.home / ".local/state/toolcrew/drafts").iterdir()
    return folder


def worker_of(server: Toolcrew) -> psutil.Process:
    (pid,) = [w["pid"] for w in server.metrics()["workers"] if w["kind"] == "draft" and w["pid"]]
    return psutil.Process(pid)


def busy_with_drafts(server: Toolcrew) -> bool:
    workers = server.metrics()["workers"]
    return any(w["kind"] == "draft" and w["state"] == "busy" for w in workers)


@contextmanager
def held_up(start: Starter) -> Generator[None]:
    """Let every call of a draft tool wait, as if another server used the same folder."""
    with (folder_of(start) / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_from_request_to_submit(enduring: Toolcrew, known: Path) -> None:
    draft = call(enduring, "request", path="a.txt")["draft"]
    edits = [{"start": 1, "end": 1, "text": "eins"}, {"start": 4, "end": 3, "text": "vier"}]
    call(enduring, "patch", draft=draft, edits=edits)
    assert known.read_text() == TEXT

    dry = call(enduring, "submit", draft=draft, dry_run=True)
    assert (dry["submitted"], known.read_text()) == (False, TEXT)
    result = call(enduring, "submit", draft=draft)

    assert known.read_text() == "eins\ntwo\nthree\nvier\n"
    assert result["diff"] == dry["diff"]
    assert Path(result["backup"]).read_text() == TEXT


def test_each_answer_is_what_its_schema_says(enduring: Toolcrew, known: Path) -> None:
    tools = tools_of(enduring)
    draft = call(enduring, "request", path=known.name)["draft"]

    assert [name for name in tools if name.startswith("draft_")] == NAMES
    for name, arguments in {
        "draft_list": {},
        "draft_read": {"draft": draft},
        "draft_write": {"draft": draft, "text": "x"},
        "draft_patch": {"draft": draft, "edits": [{"start": 1, "end": 1, "text": "y"}]},
        "draft_diff": {"draft": draft},
        "draft_submit": {"draft": draft},
    }.items():
        result = enduring.call(name, **arguments)
        assert not result["isError"], result
        require_conforming(tools[name]["outputSchema"], result["structuredContent"])


def test_clients_are_told_what_is_safe_and_what_is_not(enduring: Toolcrew) -> None:
    hints = {name: tool["annotations"] for name, tool in tools_of(enduring).items()}

    assert hints["draft_submit"] == {
        "readOnlyHint": False,
        "destructiveHint": True,
        "idempotentHint": False,
        "openWorldHint": False,
    }
    assert hints["draft_read"]["readOnlyHint"]


def test_where_there_shall_be_none_there_are_none(start: Starter, file: Path) -> None:
    server = start(DRAFTS_ENABLED="false")

    assert not [name for name in tools_of(server) if name.startswith("draft_")]
    assert "error" in server.ask("tools/call", tool_params("draft_request", {"path": file.name}))
    assert not (start.home / ".local").exists()


def test_nothing_is_made_before_somebody_wants_a_draft(start: Starter, server: Toolcrew) -> None:
    server.parse(code="x", language="python")

    assert not (start.home / ".local").exists()
    assert not [w for w in server.metrics()["workers"] if w["kind"] == "draft" and w["pid"]]


def test_drafts_are_where_they_shall_be(start: Starter, file: Path, tmp_path: Path) -> None:
    server = start(DRAFTS_FOLDER=str(tmp_path / "mine"))

    draft = call(server, "request", path=file.name)["draft"]

    assert (tmp_path / "mine" / f"{draft}.json").exists()
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700


def test_drafts_of_who_works_at_home_are_not_in_the_workspace(
    start: Starter, file: Path, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    file.rename(start.home / "a.txt")
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(temporary)
    try:
        server = start(SERVER_ROOTS=str(start.home))
    finally:
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before

    call(server, "request", path=str(start.home / "a.txt"))

    assert not (start.home / ".local/state/toolcrew/drafts").exists()
    assert list(temporary.glob(f"toolcrew-{os.getuid()}/drafts/*/*.json"))


def test_what_is_refused_says_why(enduring: Toolcrew, known: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/b.txt").write_text("secret")
    (known.parent / "link").symlink_to(tmp_path / "outside")
    (known.parent / ".env").write_text("KEY=1")

    for path, code, says in (
        ("link/b.txt", "not_allowed", "symbolic link"),
        ("../outside/b.txt", "not_allowed", "without `..`"),
        (str(tmp_path / "outside/b.txt"), "not_allowed", "outside the allowed roots"),
        (".env", "not_allowed", "secrets"),
        ("missing.txt", "not_found", "No such file"),
    ):
        result = enduring.call("draft_request", path=path)
        assert error_of(result) == code, result
        assert says in text_of(result)


def test_wrong_arguments_are_explained(enduring: Toolcrew) -> None:
    result = enduring.call("draft_read", draft="../../etc/passwd")

    assert error_of(result) == "invalid_arguments"
    assert "`draft`" in text_of(result)


def test_of_two_submits_at_once_one_is_done(
    shared: Shared, enduring: Toolcrew, known: Path
) -> None:
    draft = call(enduring, "request", path=known.name)["draft"]
    call(enduring, "write", draft=draft, text="new")
    with held_up(shared.starter):
        ids = [ask(enduring, "submit", draft=draft) for _ in range(2)]

    results = [answer(enduring, message_id) for message_id in ids]

    assert [result["isError"] for result in results] == [False, True]
    assert error_of(results[1]) == "not_found"
    assert known.read_text() == "new"


# --- workers die


def test_drafts_outlive_their_worker_and_their_server(start: Starter, file: Path) -> None:
    server = start()
    draft = call(server, "request", path=file.name)["draft"]
    call(server, "write", draft=draft, text="new")

    worker_of(server).kill()
    assert call(server, "read", draft=draft)["text"] == "new"
    assert server.leave()[0] == 0

    assert call(start(), "read", draft=draft)["text"] == "new"


def test_a_submit_is_not_run_twice_and_its_caller_is_told_to_find_out(
    start: Starter, server: Toolcrew, file: Path
) -> None:
    draft = call(server, "request", path=file.name)["draft"]
    call(server, "write", draft=draft, text="new")
    with held_up(start):
        submit = ask(server, "submit", draft=draft)
        server.busy_worker()
        worker_of(server).kill()
        result = answer(server, submit)

    assert error_of(result) == "outcome_unknown"
    assert "find out before you call it again" in text_of(result)
    assert call(server, "list")["drafts"][0]["state"] == "changed"  # which is how to find out
    assert file.read_text() == TEXT


def test_what_does_no_harm_is_run_again(start: Starter, server: Toolcrew, file: Path) -> None:
    draft = call(server, "request", path=file.name)["draft"]
    with held_up(start):
        write = ask(server, "write", draft=draft, text="new")
        server.busy_worker()
        worker_of(server).kill()

    assert answer(server, write)["structuredContent"]["state"] == "changed"


def test_a_call_that_nobody_waits_for_any_more_lets_go_of_its_worker(
    start: Starter, server: Toolcrew, file: Path
) -> None:
    draft = call(server, "request", path=file.name)["draft"]
    call(server, "write", draft=draft, text="new")
    worker = worker_of(server)
    with held_up(start):
        submit = ask(server, "submit", draft=draft)
        server.busy_worker()
        server.talk.send(cancelled(submit))
        wait_until(server, lambda: not busy_with_drafts(server), "it does not let go")

    assert call(server, "list")["drafts"][0]["state"] == "changed"
    assert worker_of(server) == worker
    assert file.read_text() == TEXT


def test_the_worker_is_locked_in(start: Starter, file: Path) -> None:
    server = start(SERVER_ADMIN_TOOLS="true")
    call(server, "request", path=file.name)

    result = server.call("admin_list_workers", kind="draft")["structuredContent"]

    (worker,) = [worker for worker in result["workers"] if worker["pid"]]
    assert worker["sandbox"].get("network", "").startswith("on")
    assert "seccomp" in worker["sandbox"]
