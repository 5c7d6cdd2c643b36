"""Whatever stdin, stdout and stderr are, and whoever stops reading them, the server works on and ends."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import uuid
from pathlib import Path
from typing import Any

from support.conversation import Conversation
from support.messages import Message, initialize, modern, parse_call, request, snippet_call
from support.sources import SNIPPET, distinct, endless_bash
from support.starting import Starter
from support.terminals import raw_terminal
from support.toolcrew import Toolcrew

MIB = 1 << 20
A_PIPE = 4096
"""The smallest pipe there is."""

LONG_ANSWER = {
    "code": "\n".join(f"def f{n}(): pass" for n in range(500)),
    "language": "python",
    "limit": 5000,
    "max_chars": 400_000,
}
"""About 150 KB."""


def lines(*messages: Message) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def over_terminal(start: Starter, **settings: object) -> Toolcrew:
    ours, theirs = raw_terminal()
    try:
        return start.over(theirs, theirs, Conversation(ours, ours), **settings)
    finally:
        os.close(theirs)


# --- what they are


def test_stdin_may_be_a_regular_file(start: Starter, tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.write_bytes(lines(*(snippet_call(n, distinct(n)) for n in range(50)), request(50, "ping")))

    done = from_file(start, said)

    assert done.returncode == 0
    assert sorted(json.loads(line)["id"] for line in done.stdout.splitlines()) == list(range(51))


def test_stdin_and_stdout_may_both_be_regular_files(start: Starter, tmp_path: Path) -> None:
    said, heard = tmp_path / "said", tmp_path / "heard"
    said.write_bytes(lines(snippet_call(1, SNIPPET)) * 1 + lines(request(2, "ping")))

    with said.open("rb") as stdin, heard.open("wb") as stdout:
        popen = start.popen(
            [], uuid.uuid4().hex, stdin.fileno(), stdout.fileno(), subprocess.DEVNULL
        )
        assert popen.wait(20) == 0

    assert {json.loads(line)["id"] for line in heard.read_text().splitlines()} == {1, 2}


def test_stdin_may_be_nothing_at_all(start: Starter) -> None:
    done = from_file(start, Path(os.devnull))

    assert (done.returncode, done.stdout) == (0, b"")


def from_file(start: Starter, path: Path) -> subprocess.CompletedProcess[bytes]:
    with path.open("rb") as stdin:
        popen = start.popen([], uuid.uuid4().hex, stdin.fileno(), subprocess.PIPE, subprocess.PIPE)
    stdout, stderr = popen.communicate(timeout=20)
    assert b"Traceback" not in stderr
    return subprocess.CompletedProcess([], popen.returncode, stdout, stderr)


def test_one_socket_may_be_both(start: Starter) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        server = start.over(
            theirs.fileno(), theirs.fileno(), Conversation(ours.fileno(), ours.detach())
        )

    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1
    server.talk.close_input()
    assert server.wait() == 0


def test_the_mode_of_a_shared_socket_is_left_alone(start: Starter) -> None:
    """Whoever else has this socket, such as the shell, must not find it non-blocking."""
    ours, theirs = socket.socketpair()
    with theirs:
        server = start.over(
            theirs.fileno(), theirs.fileno(), Conversation(ours.fileno(), ours.detach())
        )
        server.metrics()
        assert os.get_blocking(theirs.fileno())


def test_the_mode_of_shared_pipes_is_left_alone(start: Starter) -> None:
    stdin, to_server = os.pipe()
    from_server, stdout = os.pipe()
    try:
        server = start.over(stdin, stdout, Conversation(to_server, from_server))
        server.metrics()
        assert os.get_blocking(stdin)
        assert os.get_blocking(stdout)
    finally:
        os.close(stdin)
        os.close(stdout)


def test_a_terminal_may_be_both(start: Starter) -> None:
    server = over_terminal(start)

    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1
    server.talk.send(initialize())
    assert server.talk.answer(0)["result"]["protocolVersion"]
    server.popen.send_signal(signal.SIGTERM)
    assert server.wait() == 0


def test_a_terminal_that_goes_away_ends_the_server(start: Starter) -> None:
    server = over_terminal(start)
    server.metrics()

    server.talk.close_input()

    assert server.wait() == 0


def test_a_terminal_that_nobody_reads_does_not_stop_a_signal(start: Starter) -> None:
    server = over_terminal(start, SERVER_MAX_OUTPUT_BYTES=1024, SERVER_GRACE_S=0.3)
    server.metrics()
    call = lines(modern(1, "resources/read", {"uri": "toolcrew://config"}))

    server.talk.send_unread(call * 20, patience_s=0.5)
    server.popen.send_signal(signal.SIGTERM)

    assert server.wait() == 0


# --- who does not read


def test_a_client_that_is_gone_ends_the_server(start: Starter) -> None:
    server = start(FILES_PARSE_BUDGET_S=60, SERVER_GRACE_S=300)
    server.talk.send(snippet_call(1, endless_bash(), "bash"))
    server.busy_worker()

    server.talk.close_output()
    server.talk.send_unread(lines(request(2, "ping")))

    assert server.wait() == 0


def test_a_slow_reader_costs_no_memory_and_gets_every_answer(start: Starter) -> None:
    server = start(SERVER_MAX_OUTPUT_BYTES=MIB)
    size = len(json.dumps(server.parse(**LONG_ANSWER)))
    before = peak_of(server)
    calls = lines(*(parse_call(n, **LONG_ANSWER) for n in range(400)))

    left = server.talk.send_unread(calls)

    assert 400 * size > 32 * MIB
    assert left
    server.talk.send_bytes(left)
    answers = server.talk.answers(range(400))
    assert {answer["result"]["isError"] for answer in answers} == {False}
    assert peak_of(server) - before < 16 * MIB


def test_identical_calls_that_are_answered_at_once_cost_no_more_memory_than_one_answer(
    start: Starter,
) -> None:
    """A client that sends a thousand of them in one go may well be slow to read a thousand answers."""
    server = start(SERVER_MAX_OUTPUT_BYTES=MIB, FILES_PARSE_BUDGET_S=1)
    size = len(json.dumps(server.parse(**LONG_ANSWER, detail="tree")))
    server.talk.send(snippet_call("first", endless_bash(), "bash"))
    server.busy_worker()
    before = peak_of(server)

    server.talk.send(*(parse_call(n, **LONG_ANSWER) for n in range(400)))

    server.talk.answers(["first", *range(400)])
    assert 400 * size > 32 * MIB
    assert server.metrics()["cache"]["shared"] > 0
    assert peak_of(server) - before < 20 * MIB


def peak_of(server: Toolcrew) -> int:
    """Return the most memory that the coordinator has ever had at once, in bytes."""
    status = Path(f"/proc/{server.popen.pid}/status").read_text()
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(peak) * 1024


def test_a_reader_who_never_reads_does_not_keep_the_server_from_ending(start: Starter) -> None:
    server = start(SERVER_MAX_OUTPUT_BYTES=MIB, SERVER_GRACE_S=0.3)
    server.metrics()
    call = lines(modern(1, "resources/read", {"uri": "toolcrew://config"}))
    server.talk.send_unread(call * 5000)

    server.popen.send_signal(signal.SIGTERM)

    assert server.wait() == 0


def test_other_calls_go_on_while_a_long_answer_is_read_slowly(start: Starter) -> None:
    server = start(SERVER_MAX_OUTPUT_BYTES=64 * MIB)
    fcntl.fcntl(server.talk.read_fd, fcntl.F_SETPIPE_SZ, A_PIPE)
    code = "\n".join(f"def f{n}(): pass" for n in range(1400))

    result = server.parse(code=code, language="python", limit=5000, max_chars=400_000)

    assert len(result["files"][0]["symbols"]) == 1400
    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1


def test_a_server_whose_stderr_nobody_reads_goes_on(start: Starter) -> None:
    unread, stderr = os.pipe()
    fcntl.fcntl(stderr, fcntl.F_SETPIPE_SZ, A_PIPE)
    settings: dict[str, Any] = {
        "SERVER_LOG_LEVEL": "debug",
        "CREW_MAX_JOBS": 1,
        "CREW_RESTART_INTENSITY": 1000,
    }

    server = with_stderr(start, stderr, **settings)
    os.close(stderr)

    for number in range(40):  # each is a worker's whole life, and about 600 bytes of log
        assert server.parse(code=distinct(number), language="python")["totals"]["files"] == 1
    assert server.leave() == (0, [])
    os.close(unread)


def test_a_server_whose_stderr_is_closed_goes_on(start: Starter) -> None:
    unread, stderr = os.pipe()
    os.close(unread)

    server = with_stderr(start, stderr)
    os.close(stderr)

    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1
    server.workers()[0].kill()
    assert server.parse(code=distinct(1), language="python")["totals"]["files"] == 1
    assert server.leave() == (0, [])


def with_stderr(start: Starter, stderr: int, **settings: object) -> Toolcrew:
    stdin, to_server = os.pipe()
    from_server, stdout = os.pipe()
    mark = uuid.uuid4().hex
    popen = start.popen([], mark, stdin, stdout, stderr, **settings)
    os.close(stdin)
    os.close(stdout)
    return start.adopt(
        Toolcrew(popen, Conversation(to_server, from_server), Path(os.devnull), mark)
    )
