"""Operators look at the crew, replace a worker and send a kind home, and no call is lost."""

import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from support.conversation import DEADLINE_S
from support.messages import modern, tool_params
from support.sources import SNIPPET, distinct, endless_bash, write
from support.starting import Starter
from support.toolcrew import Toolcrew, wait_until_gone

TOOLS = {"admin_drain", "admin_list_workers", "admin_restart_worker"}


@pytest.fixture
def operated(start: Starter) -> Toolcrew:
    """A server with one worker, whose client is an operator."""
    return start(SERVER_ADMIN_TOOLS="true", FILES_PARSE_BUDGET_S=1)


def structured(server: Toolcrew, tool: str, **arguments: object) -> dict[str, Any]:
    result = server.call(tool, **arguments)
    assert not result["isError"], result
    answer: dict[str, Any] = result["structuredContent"]
    return answer


def the_worker(server: Toolcrew) -> dict[str, Any]:
    worker: dict[str, Any]
    (worker,) = structured(server, "admin_list_workers", kind="parse")["workers"]
    return worker


def wait_for_worker(server: Toolcrew, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the server, and not only the system, knows its worker to be so."""
    end = time.monotonic() + DEADLINE_S
    while not is_so(worker := the_worker(server)):
        assert time.monotonic() < end, worker
    return worker


def refused(server: Toolcrew, tool: str, **arguments: object) -> tuple[str, str]:
    """Return the code and the words of an error."""
    result = server.call(tool, **arguments)
    assert result["isError"], result
    return result["_meta"]["toolcrew/error"]["code"], result["content"][0]["text"]


def begin(server: Toolcrew, message_id: int, **arguments: object) -> None:
    """Begin a call that takes its whole budget, and wait until a worker is at it."""
    server.talk.send(modern(message_id, "tools/call", tool_params("code_parse", arguments)))
    server.busy_worker()


# --- who may


def test_the_tools_are_neither_listed_nor_run_unless_they_are_wanted(start: Starter) -> None:
    server = start()

    listed = {tool["name"] for tool in server.ask("tools/list")["result"]["tools"]}
    answers = [server.ask("tools/call", tool_params(tool, {"kind": "parse"})) for tool in TOOLS]

    assert not listed & TOOLS
    assert all("Unknown tool" in answer["error"]["message"] for answer in answers)
    assert server.metrics()["workers"]


def test_wanted_tools_say_what_they_may_destroy(operated: Toolcrew) -> None:
    tools = {tool["name"]: tool for tool in operated.ask("tools/list")["result"]["tools"]}

    hints = {name: tools[name]["annotations"] for name in TOOLS}
    assert {name: hint["destructiveHint"] for name, hint in hints.items()} == {
        "admin_drain": True,
        "admin_list_workers": False,
        "admin_restart_worker": True,
    }
    assert [hint["readOnlyHint"] for hint in hints.values()] == [
        not hint["destructiveHint"] for hint in hints.values()
    ]


# --- looking


def test_a_worker_is_listed_as_the_system_knows_it(operated: Toolcrew) -> None:
    operated.parse(code=SNIPPET, language="python")

    worker = the_worker(operated)

    process = psutil.Process(worker["pid"])
    assert operated.process in process.parents()
    assert (worker["kind"], worker["number"], worker["state"]) == ("parse", 1, "idle")
    assert (worker["jobs"], worker["jobs_done"], worker["restarts"]) == (1, 1, 0)
    assert 0 < worker["ready_s"] <= worker["age_s"]
    assert worker["sandbox"] == operated.metrics()["sandbox"]["parse"]
    assert worker["running"] == []


def test_a_worker_at_work_is_listed_with_what_it_does(operated: Toolcrew) -> None:
    begin(operated, 1, code=endless_bash(), language="bash")

    worker = the_worker(operated)
    text = operated.call("admin_list_workers")["content"][0]["text"]

    (job,) = worker["running"]
    assert worker["state"] == "busy"
    assert (job["tool"], job["attempt"]) == ("code_parse", 1)
    assert text.startswith(f"parse-1: busy, pid {worker['pid']}, code_parse for ")
    operated.talk.answer(1)


def test_the_text_says_what_sandbox_is_in_force_on_one_line(operated: Toolcrew) -> None:
    operated.ready_workers(1)

    for tool in ("admin_list_workers", "admin_get_metrics"):
        lines = operated.call(tool)["content"][0]["text"].split("\n")

        (line,) = [line for line in lines if line.startswith("sandbox ")]
        assert line.startswith("sandbox parse: ")
        assert "memory" in line


# --- restarting


@pytest.mark.parametrize("at_once", [False, True])
def test_a_restarted_worker_is_another_process_in_the_same_place(
    operated: Toolcrew, at_once: bool
) -> None:
    before = operated.ready_workers(1)[0]
    old = psutil.Process(before["pid"])

    answer = structured(operated, "admin_restart_worker", pid=old.pid, at_once=at_once)
    wait_until_gone([old])
    after = wait_for_worker(operated, lambda w: w["pid"] != old.pid and w["state"] == "idle")

    assert answer["action"] == ("killed" if at_once else "asked_to_go")
    assert after["pid"] != old.pid
    assert (after["number"], after["restarts"]) == (1, 1)
    operated.parse(code=SNIPPET, language="python")
    assert operated.metrics()["restarts"] == {"operator": 1}


def test_a_call_ends_as_it_would_have_when_its_worker_is_replaced_after_it(
    operated: Toolcrew,
) -> None:
    begin(operated, 1, code=endless_bash(), language="bash")

    answer = operated.call("admin_restart_worker", kind="parse", number=1)

    assert "finishes code_parse for " in answer["content"][0]["text"]
    assert "1 s" in operated.talk.answer(1)["result"]["content"][0]["text"]
    wait_for_worker(operated, lambda w: w["restarts"] == 1 and w["state"] == "idle")


def test_a_call_whose_worker_is_killed_is_run_again_and_answered_once(operated: Toolcrew) -> None:
    begin(operated, 1, code=endless_bash(), language="bash")
    old = the_worker(operated)["pid"]

    structured(operated, "admin_restart_worker", pid=old, at_once=True)
    worker = wait_for_worker(operated, lambda w: w["pid"] != old and w["running"] != [])

    assert worker["running"][0]["attempt"] == 2
    assert "1 s" in operated.talk.answer(1)["result"]["content"][0]["text"]
    assert operated.leave() == (0, [])


def test_a_worker_that_is_restarted_over_and_over_loses_no_call(operated: Toolcrew) -> None:
    ids = range(1, 41)
    for number in ids:
        params = tool_params("code_parse", {"code": distinct(number), "language": "python"})
        operated.talk.send(modern(number, "tools/call", params))
        if number % 4 == 0:
            operated.call("admin_restart_worker", kind="parse", number=1, at_once=number % 8 == 0)

    results = [operated.talk.answer(number)["result"] for number in ids]

    assert [result["isError"] for result in results] == [False] * len(ids)
    assert operated.metrics()["quarantined"] == 0


def test_a_worker_that_does_not_exist_is_refused_with_those_that_do(operated: Toolcrew) -> None:
    pid = operated.ready_workers(1)[0]["pid"]

    code, text = refused(operated, "admin_restart_worker", pid=operated.popen.pid)

    assert code == "not_found"
    assert text == (
        f"There is no worker with pid {operated.popen.pid}. There are: parse-1 (pid {pid})."
    )
    assert refused(operated, "admin_restart_worker", kind="parse")[0] == "invalid_arguments"


# --- draining


def test_a_drained_kind_has_no_process_and_refuses_calls_until_it_is_resumed(
    operated: Toolcrew,
) -> None:
    operated.parse(code=SNIPPET, language="python")
    worker = psutil.Process(the_worker(operated)["pid"])

    answer = structured(operated, "admin_drain", kind="parse")
    wait_until_gone([worker])

    assert (answer["drained"], answer["idle"], answer["busy"]) == (True, 1, 0)
    code, text = refused(operated, "code_parse", code=distinct(1), language="python")
    assert (code, "drained by an operator" in text) == ("kind_down", True)
    operated.parse(code=SNIPPET, language="python")  # which the cache knows
    wait_for_worker(operated, lambda w: w["state"] == "drained")

    assert structured(operated, "admin_drain", kind="parse", resume=True)["changed"]
    operated.parse(code=distinct(1), language="python")
    assert the_worker(operated)["pid"] not in {0, worker.pid}


def test_draining_lets_a_call_finish_and_refuses_what_waits(operated: Toolcrew) -> None:
    begin(operated, 1, code=endless_bash(), language="bash")
    params = tool_params("code_parse", {"code": distinct(2), "language": "python"})
    operated.talk.send(modern(2, "tools/call", params))

    answer = structured(operated, "admin_drain", kind="parse")

    assert (answer["busy"], answer["idle"], answer["refused"]) == (1, 0, 1)
    waiting, running = (operated.talk.answer(number)["result"] for number in (2, 1))
    assert "drained by an operator" in waiting["content"][0]["text"]
    assert "1 s" in running["content"][0]["text"]


def test_a_whole_folder_ends_with_one_answer_when_its_kind_is_drained(
    start: Starter, operated: Toolcrew
) -> None:
    write(start.project, {f"{n}.sh": endless_bash(n) for n in range(6)})
    begin(operated, 1, path=".")

    structured(operated, "admin_drain", kind="parse")

    assert "result" in operated.talk.answer(1)
    assert operated.leave() == (0, [])


def test_draining_over_and_over_ends_as_the_last_word_was(operated: Toolcrew) -> None:
    operated.ready_workers(1)
    for _ in range(20):
        structured(operated, "admin_drain", kind="parse")
        structured(operated, "admin_drain", kind="parse", resume=True)

    operated.parse(code=SNIPPET, language="python")
    assert len(operated.ready_workers(1)) == 1


def test_a_drained_server_shuts_down_as_any_other(operated: Toolcrew) -> None:
    operated.ready_workers(1)
    structured(operated, "admin_drain", kind="parse")

    assert operated.leave() == (0, [])
