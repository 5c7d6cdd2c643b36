"""Workers are killed, stopped and kept from finishing; every call is answered once, and the crew recovers."""

import signal
import time

import psutil
import pytest

from support.conversation import DEADLINE_S
from support.messages import Message, snippet_call
from support.sources import SNIPPET, distinct, endless_bash, write
from support.starting import Starter, crew_of
from support.toolcrew import Toolcrew, running, wait_until_gone

CALLS = 400
ENDLESS = {"FILES_PARSE_BUDGET_S": 60}


def send_many(server: Toolcrew, count: int = CALLS) -> None:
    server.talk.send(*(snippet_call(n, distinct(n)) for n in range(count)))


def error_of(result: Message) -> str:
    code: str = result["_meta"]["toolcrew/error"]["code"]
    return code


def require_all_answered(server: Toolcrew, count: int = CALLS) -> None:
    """Every call has one good answer of its own, and nothing else is said."""
    answers = server.talk.answers(range(count))
    names = [a["result"]["structuredContent"]["files"][0]["symbols"][0]["name"] for a in answers]
    assert names == [f"function_{n}" for n in range(count)]
    assert server.talk.synchronise() == []


def wait_for_restarts(server: Toolcrew, reason: str, count: int) -> Message:
    end = time.monotonic() + DEADLINE_S
    while (metrics := server.metrics())["restarts"].get(reason, 0) < count:
        assert time.monotonic() < end, metrics["restarts"]
    return metrics


def test_the_workers_that_the_metrics_name_are_the_processes_there_are(start: Starter) -> None:
    server = start(**crew_of(3))

    ready = server.ready_workers(3)

    assert {worker["pid"] for worker in ready} == {process.pid for process in server.workers()}
    assert server.metrics()["server"]["pid"] == server.process.pid
    assert all(worker["rss_bytes"] > 0 and worker["kind"] == "parse" for worker in ready)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_is_killed_while_calls_run_and_all_are_answered(
    start: Starter, workers: int
) -> None:
    server = start(**crew_of(workers))
    victim = psutil.Process(server.ready_workers(workers)[0]["pid"])

    send_many(server)
    victim.kill()

    require_all_answered(server)
    metrics = wait_for_restarts(server, "died", 1)
    assert victim.pid not in {worker["pid"] for worker in metrics["workers"]}
    assert {w["pid"] for w in server.ready_workers(workers)} == {p.pid for p in server.workers()}


def test_all_workers_are_killed_while_calls_run_and_all_are_answered(start: Starter) -> None:
    server = start(**crew_of(2))
    server.ready_workers(2)

    send_many(server)
    for victim in server.workers():
        victim.kill()

    require_all_answered(server)
    wait_for_restarts(server, "died", 2)
    server.ready_workers(2)


def test_workers_that_are_killed_one_after_the_other_do_not_stop_the_server(start: Starter) -> None:
    server = start(CREW_RESTART_INTENSITY=100, CREW_BACKOFF_MAX_S=0.1)

    for number in range(8):
        server.parse(code=distinct(number), language="python")
        server.workers()[0].kill()
        wait_for_restarts(server, "died", number + 1)

    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1


def test_a_stopped_worker_is_replaced_while_calls_run_and_all_are_answered(start: Starter) -> None:
    server = start(**crew_of(2))
    victim = psutil.Process(server.ready_workers(2)[0]["pid"])

    send_many(server)
    victim.suspend()

    require_all_answered(server)
    wait_for_restarts(server, "stopped", 1)
    wait_until_gone([victim])
    server.ready_workers(2)


def test_an_idle_worker_that_is_stopped_is_replaced(start: Starter) -> None:
    server = start()
    victim = psutil.Process(server.ready_workers(1)[0]["pid"])

    victim.suspend()

    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1
    wait_until_gone([victim])


def test_the_whole_crew_is_stopped_while_calls_run_and_all_are_answered(start: Starter) -> None:
    server = start(**crew_of(2))
    server.ready_workers(2)

    send_many(server)
    for victim in server.workers():
        victim.suspend()

    require_all_answered(server)


def test_a_worker_dies_in_a_run_over_a_folder_and_no_file_is_missing(start: Starter) -> None:
    write(start.project, {f"m{n:03}.py": distinct(n) for n in range(300)})
    write(start.project, {"m000_slow.sh": endless_bash()})
    server = start(**crew_of(2), FILES_PARSE_BUDGET_S=1, FILES_BATCH_FILES=10)

    server.talk.send(
        snippet_call("before", SNIPPET), {**snippet_call("run", ""), **folder_call("run")}
    )
    server.talk.answer("before")
    server.busy_worker().kill()

    result = server.talk.answer("run")["result"]["structuredContent"]
    assert result["totals"]["files"] == 300
    assert [file["path"] for file in result["files"]] == [f"m{n:03}.py" for n in range(300)]
    assert [failure["code"] for failure in result["failed"]] == ["parse_budget"]


def folder_call(message_id: object) -> Message:
    call = snippet_call(message_id, "")
    call["params"]["arguments"] = {
        "path": ".",
        "detail": "summary",
        "limit": 1000,
        "max_chars": 400_000,
    }
    return call


def test_what_kills_two_workers_is_refused_and_all_else_goes_on(start: Starter) -> None:
    server = start(**ENDLESS)
    server.talk.send(snippet_call(1, endless_bash(), "bash"))

    first = server.busy_worker()
    first.kill()
    server.busy_worker(besides=first).kill()

    lost = server.talk.answer(1)["result"]
    refused = server.call("code_parse", code=endless_bash(), language="bash")
    assert (lost["isError"], error_of(lost)) == (True, "worker_lost")
    assert "Two workers died" in lost["content"][0]["text"]
    assert (refused["isError"], error_of(refused)) == (True, "worker_lost")
    assert server.metrics()["quarantined"] == 1
    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1


def test_what_cannot_be_parsed_within_its_budget_is_an_error_and_the_worker_lives(
    start: Starter,
) -> None:
    server = start(FILES_PARSE_BUDGET_S=0.3)
    workers = server.ready_workers(1)

    result = server.call("code_parse", code=endless_bash(), language="bash")

    assert (result["isError"], error_of(result)) == (True, "parse_budget")
    assert "0.3 s" in result["content"][0]["text"]
    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1
    assert server.metrics()["workers"][0]["pid"] == workers[0]["pid"]


def test_what_cannot_be_done_within_its_deadline_is_an_error_and_the_worker_is_replaced(
    start: Starter,
) -> None:
    server = start(CREW_DEADLINE_S=0.5, **ENDLESS)

    server.talk.send(snippet_call(1, endless_bash(), "bash"), snippet_call(2, distinct(2)))
    late, queued = server.talk.answers([1, 2])

    assert (late["result"]["isError"], error_of(late["result"])) == (True, "deadline")
    assert error_of(queued["result"]) == "deadline"
    server.ready_workers(1)
    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1


def test_a_file_that_cannot_be_parsed_in_time_does_not_fail_the_others(start: Starter) -> None:
    write(start.project, {"a.py": SNIPPET, "b.sh": endless_bash(), "c.py": SNIPPET})
    server = start(FILES_PARSE_BUDGET_S=0.3)

    result = server.parse(path=".")

    assert [file["path"] for file in result["files"]] == ["a.py", "c.py"]
    assert [(one["path"], one["code"]) for one in result["failed"]] == [("b.sh", "parse_budget")]
    assert result["complete"] is False


def test_a_worker_that_is_worn_out_is_replaced_unnoticed(start: Starter) -> None:
    server = start(CREW_MAX_JOBS=5)

    send_many(server, 60)

    require_all_answered(server, 60)
    wait_for_restarts(server, "worn_out", 1)


def test_a_kind_that_keeps_dying_is_down_and_comes_up_again(start: Starter) -> None:
    server = start(CREW_RESTART_INTENSITY=1, CREW_COOL_DOWN_S=0.5, CREW_BACKOFF_BASE_S=0.001)
    deaths = 0
    while server.metrics()["workers"][0]["state"] != "down":
        for victim in server.workers():
            victim.kill()
        deaths += 1
        assert deaths < 5000

    refused = server.call("code_parse", code=SNIPPET, language="python")

    if refused["isError"]:  # it may have come up in between
        assert error_of(refused) == "kind_down"
        assert refused["_meta"]["toolcrew/error"]["retryAfterMs"] >= 0
    server.ready_workers(1)
    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_no_worker_outlives_a_coordinator_that_was_killed(start: Starter, is_busy: bool) -> None:
    server = start(**crew_of(2), **ENDLESS)
    server.ready_workers(2)
    if is_busy:
        server.talk.send(*(snippet_call(n, endless_bash(n), "bash") for n in range(2)))
        server.busy_worker()

    server.popen.kill()

    assert server.wait() == -signal.SIGKILL
    wait_until_gone(running(server.mark))


def test_a_coordinator_that_was_stopped_kills_nobody_when_it_goes_on(start: Starter) -> None:
    server = start(**crew_of(2), CREW_BEAT_S=0.05)
    before = {worker["pid"] for worker in server.ready_workers(2)}

    server.process.suspend()
    with pytest.raises(psutil.TimeoutExpired):
        server.process.wait(1.5)
    server.process.resume()

    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1
    assert {worker["pid"] for worker in server.ready_workers(2)} == before
    assert server.metrics()["restarts"] == {}
