"""Workers that anybody may write: how their tools come and go, and what they can do."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.messages import (
    SUBSCRIPTION_KEY,
    cancelled,
    modern,
    request,
    tool_params,
)
from support.output_schemas import require_conforming
from support.starting import Starter
from support.third_parties import (
    CHANGED,
    error_of,
    logged,
    ready_file,
    ready_line,
    require_serving,
    strange,
    text_of,
    tools_of,
    wait_until,
    wait_until_busy,
    wait_until_logged,
    with_tool,
    write_config,
)
from support.toolcrew import Toolcrew

MANY: list[list[int]] = [[0] * 100] * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the configuration is, and what it needs."""
    return tmp_path / "configuration"


@pytest.fixture(scope="module")
def patient_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `patient` lives."""
    return tmp_path_factory.mktemp("patient")


@pytest.fixture(scope="module")
def patient(patient_folder: Path) -> Iterator[Toolcrew]:
    """A server with one strange worker, which no test leaves in trouble."""
    starter = Starter(patient_folder)
    folder = starter.home / "configuration"
    yield with_tool(starter("--config", write_config(folder, {"strange": strange()})))
    starter.end_all()


@pytest.fixture
def server(patient: Toolcrew) -> Iterator[Toolcrew]:
    """The same; nothing may be left unsaid."""
    yield patient
    assert patient.talk.synchronise() == []


@pytest.fixture
def notes(patient: Toolcrew, patient_folder: Path) -> Path:
    """A file that the worker may write to."""
    del patient
    folder = patient_folder / "home" / "configuration"
    return folder / f"notes-{len(list(folder.iterdir()))}"


# --- tools that come and go


def test_a_tool_is_listed_as_it_was_offered(server: Toolcrew) -> None:
    tool = tools_of(server)["shout"]

    assert tool["description"] == "Say it louder."
    assert tool["inputSchema"]["properties"] == {"text": {"type": "string", "maxLength": 20}}
    assert tool["annotations"] == {
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": False,
        "openWorldHint": True,
    }
    assert "outputSchema" not in tool


def test_the_tools_of_all_kinds_are_one_list_in_pages(start: Starter, folder: Path) -> None:
    offers = [{"name": f"tool-{number:03}"} for number in range(30)]
    second = strange(ready_file(folder, ready_line(*offers)))
    file = write_config(folder, {"first": strange(), "second": second})
    server = start("--config", file, SERVER_PAGE_SIZE=7)
    names: list[str] = []

    def read_all() -> bool:
        names.clear()
        cursor = ""
        while True:
            result = server.ask("tools/list", {"cursor": cursor})["result"]
            names.extend(tool["name"] for tool in result["tools"])
            if "nextCursor" not in result:
                return {"shout", "tool-029"} <= set(names)
            cursor = result["nextCursor"]

    wait_until(server, read_all, "not all tools come")
    assert names == sorted(set(names))


def test_clients_are_told_of_tools_that_come_and_go(start: Starter, folder: Path) -> None:
    file = write_config(folder, {"strange": strange()})
    server = start("--config", file, CREW_RESTART_INTENSITY=1, CREW_COOL_DOWN_S=0.5)
    server.open()
    server.talk.send(
        modern("s", "subscriptions/listen", {"notifications": {"toolsListChanged": True}}),
        modern("t", "subscriptions/listen", {"notifications": {"promptsListChanged": True}}),
    )
    tagged = {"_meta": {SUBSCRIPTION_KEY: "s"}}
    granted, nothing = server.talk.receive(), server.talk.receive()
    assert granted["params"] == {**tagged, "notifications": {"toolsListChanged": True}}
    assert nothing["params"]["notifications"] == {}
    both = [
        {"jsonrpc": "2.0", "method": CHANGED},
        {"jsonrpc": "2.0", "method": CHANGED, "params": tagged},
    ]

    assert [server.talk.receive(), server.talk.receive()] == both, "they have come"
    server.talk.send(request(1, "tools/list"))
    assert "shout" in [tool["name"] for tool in server.talk.answer(1)["result"]["tools"]]
    good = Path(folder, "strange.py").read_text()
    Path(folder, "strange.py").write_text("raise SystemExit(3)")
    os.kill(next(w["pid"] for w in server.metrics()["workers"] if w["kind"] == "strange"), 9)

    assert [server.talk.receive(), server.talk.receive()] == both, "they have gone"
    assert "shout" not in tools_of(server)
    assert error_of(server.call("shout", text="a")) == "kind_down"
    require_serving(server)
    Path(folder, "strange.py").write_text(good)

    assert [server.talk.receive(), server.talk.receive()] == both, "they are back"
    assert server.call("shout", text="a")["structuredContent"] == {"text": "A"}
    assert server.talk.synchronise() == []


def test_the_name_of_another_tool_cannot_be_taken(start: Starter, folder: Path) -> None:
    table = strange(ready_file(folder, ready_line({"name": "code_parse"}, {"name": "mine"})))
    server = start("--config", write_config(folder, {"first": table, "second": table}))

    for kind in ("first", "second"):
        wait_until_logged(server, "tool_refused", kind)
    wait_until(
        server,
        lambda: sum(len(logged(server, "tool_refused", kind)) for kind in ("first", "second")) == 3,
        "not all are refused",
    )

    lines = [line for kind in ("first", "second") for line in logged(server, "tool_refused", kind)]
    assert [line["reason"] for line in lines].count("it is a built-in tool") == 2
    (taken,) = [line for line in lines if line["tool"] == "mine"]
    other = {"first": "second", "second": "first"}[taken["kind"]]
    assert taken["reason"] == f"kind {other} offers it already"
    require_serving(server)


def test_a_kind_that_is_drained_takes_its_tools_along(start: Starter, folder: Path) -> None:
    server = start(
        "--config", write_config(folder, {"strange": strange()}), SERVER_ADMIN_TOOLS="true"
    )
    with_tool(server)

    server.call("admin_drain", kind="strange")

    assert "shout" not in tools_of(server)
    assert error_of(server.call("shout", text="a")) == "kind_down"
    server.call("admin_drain", kind="strange", resume=True)
    with_tool(server)
    require_serving(server)


# --- calls


def test_a_call_is_answered_with_text_and_structure(server: Toolcrew) -> None:
    result = server.call("shout", text="hello")

    assert result["structuredContent"] == {"text": "HELLO"}
    assert json.loads(text_of(result)) == {"text": "HELLO"}
    assert result["isError"] is False


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('"a\\nb"', "a\nb"),
        ("7", "7"),
        ("[1,\r {}]", "[1,{}]"),
        ("null", "null"),
        ("true", "true"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_what_is_no_object_is_answered_with_text_alone(
    server: Toolcrew, raw: str, text: str
) -> None:
    result = server.call("say", raw=raw)

    assert text_of(result) == text
    assert "structuredContent" not in result


def test_what_was_promised_is_held_to(server: Toolcrew) -> None:
    kept = server.call("typed", result={"n": 1})["structuredContent"]

    require_conforming(tools_of(server)["typed"]["outputSchema"], kept)
    for wrong in ({}, {"n": "1"}, 1, None):
        result = server.call("typed", result=wrong)
        assert error_of(result) == "internal"
        assert "of the strange worker does not fit the tool's output schema" in text_of(result)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Wrong arguments: `text` is missing."),
        ({"text": 1}, "`text`: expected a string, got an integer, 1."),
        ({"text": "x" * 21}, "expected at most 20 characters"),
        ({"txt": "a", "text": "a"}, "unknown argument `txt`, did you mean `text`?"),
        (None, "`text` is missing"),
        ('{"text": 2}', "`text`: expected a string"),
        ("{", "not valid JSON"),
        ([1], "the whole: expected an object, got an array"),
        ({"text": MANY}, "`text`: expected a string, got an array"),
    ],
)
def test_wrong_arguments_never_reach_the_worker(
    server: Toolcrew, arguments: object, said: str
) -> None:
    def jobs_done() -> Any:
        return [w["jobs_done"] for w in server.metrics()["workers"] if w["kind"] == "strange"]

    before = jobs_done()

    result = server.ask("tools/call", tool_params("shout", arguments))["result"]

    assert error_of(result) == "invalid_arguments"
    assert said in text_of(result)
    assert len(text_of(result)) < 300
    assert jobs_done() == before


def test_arguments_that_are_not_given_are_none(server: Toolcrew) -> None:
    result = server.ask("tools/call", {"name": "kept"})["result"]

    assert result["structuredContent"]["count"] > 0


def test_progress_is_told_as_it_comes(server: Toolcrew) -> None:
    server.talk.send(
        modern(1, "tools/call", tool_params("shout", {"text": "slow"}), {"progressToken": "p"})
    )

    server.talk.answer(1)

    progress = [message["params"] for message in server.talk.synchronise()]
    assert progress[0] == {"progressToken": "p", "progress": 1, "total": 3, "message": "step 1"}
    assert [params["progress"] for params in progress] == sorted({p["progress"] for p in progress})


def test_only_what_may_be_kept_is_kept_and_for_as_long(server: Toolcrew) -> None:
    def count(**arguments: object) -> int:
        number: int = server.call("kept", **arguments)["structuredContent"]["count"]
        return number

    first = count(keep=60)

    assert count(keep=60) == first
    assert [count(keep=0), count(keep=0)] == [first + 1, first + 2]
    assert [count(keep=None), count(keep=None)] == [first + 3, first + 3]
    assert count(keep=60) == first


def test_a_failure_is_the_tools_own(server: Toolcrew) -> None:
    strange_one = server.call("fail", code="E42", message="No such city.")
    known = server.call("fail", code="not_found", message="No such file.")
    silent = server.call("fail", code="", message="")

    assert (error_of(strange_one), text_of(strange_one)) == ("tool_failed", "No such city.")
    assert (error_of(known), text_of(known)) == ("not_found", "No such file.")
    assert error_of(silent) == "tool_failed"
    assert text_of(silent)


def test_what_takes_too_long_is_ended_and_its_worker_replaced(start: Starter, folder: Path) -> None:
    quick = strange(deadline_s=1.5, cancel_grace_s=0.05)
    server = with_tool(start("--config", write_config(folder, {"strange": quick})))

    assert error_of(server.call("sleep", s=60)) == "deadline"
    server.talk.send(modern(1, "tools/call", tool_params("sleep", {"s": 61})))
    wait_until_busy(server)
    server.talk.send(cancelled(1))

    assert server.call("kept")["structuredContent"] == {"count": 1}
    assert server.talk.synchronise() == []


# --- workers that die


def runs(file: Path) -> int:
    return len(file.read_text().splitlines())


def test_what_may_be_repeated_is_run_again(server: Toolcrew, notes: Path) -> None:
    result = server.call("again", file=str(notes), times=1)

    assert result["structuredContent"] == {"runs": 2}


def test_what_kills_two_workers_is_refused_for_a_while(server: Toolcrew, notes: Path) -> None:
    poison = {"file": str(notes), "times": 100}

    first = server.call("again", **poison)
    second = server.call("again", **poison)

    assert [error_of(first), error_of(second)] == ["worker_lost", "worker_lost"]
    assert "refused for" in text_of(second)
    assert second["_meta"]["toolcrew/error"]["retryAfterMs"] > 0
    assert runs(notes) == 2
    assert server.call("again", file=str(notes), times=0)["structuredContent"] == {"runs": 3}


def test_what_must_not_be_repeated_is_run_once_and_its_outcome_is_unknown(
    server: Toolcrew, notes: Path
) -> None:
    result = server.call("once", file=str(notes), times=1)

    assert error_of(result) == "outcome_unknown"
    assert "once had begun" in text_of(result)
    assert runs(notes) == 1


# --- how they are started


def test_a_worker_is_started_beside_its_configuration_and_not_in_the_project(
    start: Starter, folder: Path
) -> None:
    """`python strange.py` must not find a file of that name in the folder of somebody's project."""
    (start.project / "strange.py").write_text("raise SystemExit('hostile')")

    server = with_tool(start("--config", write_config(folder, {"strange": strange()})))

    assert "hostile" not in server.logged()


def test_a_worker_gets_its_variables_and_they_are_not_shown(start: Starter, folder: Path) -> None:
    table = strange({"SECRET_OF_OURS": "hush"})
    server = with_tool(start("--config", write_config(folder, {"strange": table})))
    (worker,) = [w for w in server.metrics()["workers"] if w["kind"] == "strange"]

    environment = Path(f"/proc/{worker['pid']}/environ")

    if environment.exists():  # there is none on macOS
        assert b"SECRET_OF_OURS=hush" in environment.read_bytes().split(b"\0")
    shown = json.dumps(server.ask("resources/read", {"uri": "toolcrew://config"}))
    assert "SECRET_OF_OURS" in shown
    assert "hush" not in shown


def test_a_kind_may_be_a_module_of_somebody(start: Starter, folder: Path) -> None:
    module = folder / "library" / "their_package" / "kind.py"
    module.parent.mkdir(parents=True)
    module.write_text(
        "from protocol.worker.messages import ToolOffer\n"
        "OFFERS = (ToolOffer('double', 'Twice.', read_only=True, cacheable=True),)\n"
        "TOOLS = {'double': lambda arguments, context: b'[%b,%b]' % ((bytes(arguments),) * 2)}\n"
    )
    (module.parent / "__init__.py").touch()
    table = {
        "module": "their_package.kind",
        "environment": {"PYTHONPATH": str(folder / "library")},
        "network": False,
    }
    server = with_tool(start("--config", write_config(folder, {"theirs": table})), "double")

    result = server.call("double", a=1)

    assert text_of(result) == '[{"a":1},{"a":1}]'
    if sys.platform == "linux":
        assert wait_until_logged(server, "zygote_started", "theirs")


# --- the command line


def test_offered_tools_can_be_listed_and_called_from_the_command_line(
    start: Starter, folder: Path
) -> None:
    file = write_config(folder, {"strange": strange()})

    listed = start.run("--config", file, "tools")
    called = start.run("--config", file, "call", "shout", '{"text": "hi"}')
    plain = start.run("--config", file, "call", "--json", "say", '{"raw": "7"}')
    wrong = start.run("--config", file, "call", "shout")
    unknown = start.run("--config", file, "call", "shoot")

    assert "shout\n  Say it louder.\n  arguments: text\n" in listed.stdout
    assert "fail\n  Fail with `code` and `message`.\n  arguments: none\n" in listed.stdout
    assert called.stdout == '{"text":"HI"}\n'
    assert json.loads(plain.stdout) == [{"type": "text", "text": "7"}]
    assert wrong.returncode == 1
    assert wrong.stderr == "toolcrew: Wrong arguments: `text` is missing.\n"
    assert (unknown.returncode, "did you mean shout?" in unknown.stderr) == (2, True)


def test_a_kind_that_does_not_come_up_is_not_waited_for_for_ever(
    start: Starter, folder: Path
) -> None:
    missing = {"command": ["no-such-program-anywhere"]}
    file = write_config(folder, {"strange": missing})

    done = start.run("--config", file, "tools", CREW_RESTART_INTENSITY=1)
    call = start.run("--config", file, "call", "shout", CREW_RESTART_INTENSITY=1)

    assert "code_parse" in done.stdout
    assert (call.returncode, call.stderr) == (2, "toolcrew: Unknown tool: shout\n")


def test_what_a_tool_says_does_nothing_to_a_terminal(start: Starter, folder: Path) -> None:
    file = write_config(folder, {"strange": strange()})

    done = start.run("--config", file, "call", "say", json.dumps({"raw": '"a\\u001b[2Jb"'}))

    assert done.stdout == "a\ufffd[2Jb\n"
