"""However a server is told to go, it goes: promptly, with exit code 0, and leaving nobody behind."""

import os
import signal

import psutil
import pytest

from support.messages import Message, modern, parse_call, snippet_call
from support.sources import SNIPPET, distinct, endless_bash, write
from support.starting import Starter, crew_of

PATIENT = {"SERVER_GRACE_S": 300}
"""Whoever sits out this grace for nothing fails the test."""


def busy(message_id: object, number: int = 0) -> Message:
    return snippet_call(message_id, endless_bash(number), "bash")


def require_reaped(workers: list[psutil.Process]) -> None:
    """The coordinator has reaped its workers: they are not even zombies."""
    assert [worker for worker in workers if psutil.pid_exists(worker.pid)] == []


@pytest.mark.parametrize("workers", [1, 3])
def test_the_end_of_input_ends_an_idle_server(start: Starter, workers: int) -> None:
    server = start(**crew_of(workers), **PATIENT)
    server.ready_workers(workers)
    processes = server.workers()

    assert server.leave() == (0, [])

    require_reaped(processes)


def test_the_end_of_input_may_come_before_anything_else(start: Starter) -> None:
    server = start()

    assert server.leave() == (0, [])


def test_what_was_asked_before_the_end_of_input_is_answered(start: Starter) -> None:
    server = start()

    server.talk.send(*(snippet_call(n, distinct(n)) for n in range(200)))
    code, last_words = server.leave()

    assert code == 0
    assert sorted(answer["id"] for answer in last_words) == list(range(200))
    assert not [answer for answer in last_words if answer["result"]["isError"]]


def test_a_call_that_runs_at_the_end_of_input_is_answered_within_the_grace(start: Starter) -> None:
    server = start(FILES_PARSE_BUDGET_S=1)
    server.talk.send(busy(1))
    server.busy_worker()

    code, last_words = server.leave()

    assert code == 0
    assert [answer["id"] for answer in last_words] == [1]
    assert last_words[0]["result"]["_meta"]["toolcrew/error"]["code"] == "parse_budget"


def test_a_call_that_outlasts_the_grace_is_told_that_the_server_goes(start: Starter) -> None:
    write(start.project, {"a.sh": endless_bash(1), "b.sh": endless_bash(2)})
    server = start(FILES_PARSE_BUDGET_S=60, SERVER_GRACE_S=0.2)
    server.talk.send(busy(1), busy(2), parse_call(3, path="."))
    server.busy_worker()
    processes = server.workers()

    code, last_words = server.leave()

    assert code == 0
    codes = {one["id"]: one["result"]["_meta"]["toolcrew/error"]["code"] for one in last_words}
    assert codes == dict.fromkeys((1, 2, 3), "shutting_down")
    require_reaped(processes)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_whose_input_stays_open(
    start: Starter, number: signal.Signals
) -> None:
    server = start(**crew_of(2), **PATIENT)
    server.ready_workers(2)
    processes = server.workers()

    server.popen.send_signal(number)

    assert server.wait() == 0
    assert server.talk.rest() == []
    require_reaped(processes)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_call_that_runs_when_a_signal_comes_is_answered(
    start: Starter, number: signal.Signals
) -> None:
    server = start(FILES_PARSE_BUDGET_S=1)
    server.talk.send(busy(1))
    server.busy_worker()

    server.popen.send_signal(number)

    assert server.wait() == 0
    assert [answer["id"] for answer in server.talk.rest()] == [1]


def test_a_second_signal_ends_the_grace(start: Starter) -> None:
    server = start(FILES_PARSE_BUDGET_S=200, SERVER_GRACE_S=300)
    server.talk.send(busy(1))
    server.busy_worker()
    processes = server.workers()

    server.popen.send_signal(signal.SIGTERM)
    with pytest.raises(psutil.TimeoutExpired):
        server.process.wait(0.3)
    server.popen.send_signal(signal.SIGTERM)

    assert server.wait() == 0
    require_reaped(processes)


def test_a_signal_during_the_start_leaves_nobody_behind(start: Starter) -> None:
    """The fixture sees to it; before the server listens to signals the system's way is good enough."""
    servers = [start() for _ in range(4)]

    for server in servers:
        server.popen.send_signal(signal.SIGTERM)

    assert {server.wait() for server in servers} <= {0, -signal.SIGTERM}


def test_workers_that_do_not_listen_do_not_keep_the_server(start: Starter) -> None:
    server = start(**crew_of(2), **PATIENT)
    server.ready_workers(2)
    processes = server.workers()
    for process in processes:
        process.suspend()

    assert server.leave() == (0, [])

    require_reaped(processes)


def test_a_server_that_starts_its_workers_still_ends(start: Starter) -> None:
    server = start(**crew_of(4))
    server.metrics()

    assert server.leave() == (0, [])


def test_an_interrupt_at_the_terminal_does_not_reach_the_workers_first(start: Starter) -> None:
    """Ctrl-C goes to the whole foreground group; a worker in it would die with its call."""
    server = start()
    server.ready_workers(1)

    (worker,) = server.workers()

    assert worker.ppid() == server.popen.pid
    assert os.getpgid(worker.pid) != os.getpgid(server.popen.pid)


def test_a_server_that_is_left_while_it_answers_a_folder_run_ends(start: Starter) -> None:
    write(start.project, {f"m{n}.py": SNIPPET for n in range(300)})
    server = start(FILES_BATCH_FILES=5)

    server.talk.send(modern(1, "tools/call", parse_call(1, path=".")["params"]))
    code, last_words = server.leave()

    assert code == 0
    assert [answer["id"] for answer in last_words if "id" in answer] == [1]
    assert last_words[-1]["result"]["structuredContent"]["totals"]["files"] == 300
