"""A server without settings answers `initialize` before it is all there; nobody can tell but by the clock."""

import json
import signal
import subprocess
import uuid
from collections.abc import Sequence

import msgspec
import pytest

from support.fakes_client import FakeClient
from support.fakes_runs import Rig
from support.fakes_time import fake_time
from support.messages import (
    HANDSHAKE_VERSIONS,
    MODERN,
    VERSION_KEY,
    Message,
    initialize,
    notification,
    request,
    tool_params,
)
from support.starting import Starter
from support.toolcrew import command, environment, running, wait_until_gone

DEADLINE_S = 30
PING = msgspec.json.encode(request("p", "ping"))
LINE = msgspec.json.encode(initialize())
LARGE: Message = initialize()
LARGE["params"]["clientInfo"]["name"] = "x" * 100_000
META: Message = initialize()
META["params"]["_meta"] = {VERSION_KEY: MODERN}

DIALOGUES: dict[str, list[bytes]] = {
    "as it should be": [LINE, msgspec.json.encode(notification("notifications/initialized")), PING],
    "twice": [LINE, LINE, PING],
    "garbage first": [b"\xff{", LINE, PING],
    "a blank line first": [b"", LINE, PING],
    "a byte order mark": ["\ufeff".encode() + LINE, PING],
    "a notification first": [msgspec.json.encode(notification("notifications/x")), LINE, PING],
    "a request first": [msgspec.json.encode(request(1, "tools/list")), LINE, PING],
    "a batch": [b"[" + LINE + b"]", LINE, PING],
    "in the modern era": [msgspec.json.encode(META), LINE, PING],
    "a large one": [msgspec.json.encode(LARGE), PING],
    "without an id": [LINE.replace(b'"id":0,', b""), PING],
    "an odd id": [LINE.replace(b'"id":0', b'"id":1.5'), LINE, PING],
    "an unknown version": [LINE.replace(HANDSHAKE_VERSIONS[-1].encode(), b"1999-01-01"), PING],
    "nothing else": [LINE],
    "nothing else, and its newline": [LINE, b""],
    "nothing": [],
}


def connection_says(lines: Sequence[bytes]) -> list[bytes]:
    """Return what a connection answers to *lines*."""
    with fake_time() as loop:
        client = FakeClient(Rig(loop))
        for line in lines:
            client.say_raw(line)
        return client.lines


def popen(start: Starter, mark: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [command()],
        cwd=start.project,
        env=environment(start.home, mark, {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_client_that_leaves_at_once_is_answered_as_by_a_connection(
    start: Starter, name: str
) -> None:
    lines, mark = DIALOGUES[name], uuid.uuid4().hex

    with popen(start, mark) as server:
        # The last line has no newline, and is a line all the same.
        answers, log = server.communicate(b"\n".join(lines), timeout=DEADLINE_S)

    assert answers.splitlines() == connection_says(lines)
    assert (server.returncode, b"Traceback" in log) == (0, False)
    wait_until_gone(running(mark))


def test_the_first_answer_needs_no_second_line_and_no_end_of_input(start: Starter) -> None:
    mark = uuid.uuid4().hex
    with popen(start, mark) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(LINE[:20])
        server.stdin.write(LINE[20:] + b"\n")
        first = server.stdout.readline()
        server.stdin.write(msgspec.json.encode(notification("notifications/initialized")) + b"\n")
        call = request(
            1, "tools/call", tool_params("code_parse", {"code": "x", "language": "python"})
        )
        server.stdin.write(msgspec.json.encode(call) + b"\n")
        second = server.stdout.readline()
        server.stdin.close()

    assert [first.rstrip()] == connection_says([LINE])
    assert json.loads(second)["result"]["isError"] is False
    assert server.returncode == 0
    wait_until_gone(running(mark))


def test_a_client_that_is_gone_before_the_first_answer_ends_the_server(start: Starter) -> None:
    mark = uuid.uuid4().hex
    with popen(start, mark) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.close()
        server.stdin.write(LINE + b"\n")
        assert server.wait(DEADLINE_S) == 0

    wait_until_gone(running(mark))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_right_after_the_first_answer_ends_the_server(
    start: Starter, number: signal.Signals
) -> None:
    mark = uuid.uuid4().hex
    with popen(start, mark) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdin.write(LINE + b"\n")
        assert server.stdout.readline()
        server.send_signal(number)
        log = server.stderr.read()

    assert (server.returncode, b"Traceback" in log) == (0, False)
    wait_until_gone(running(mark))


def test_a_setting_that_is_wrong_comes_before_the_first_answer(start: Starter) -> None:
    file = start.home / ".config" / "toolcrew" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[server]\nno_such = 1\n")

    with popen(start, uuid.uuid4().hex) as server:
        answers, log = server.communicate(LINE + b"\n", timeout=DEADLINE_S)

    assert (server.returncode, answers) == (2, b"")
    assert log.decode().count("\n") == 1
    assert "no_such" in log.decode()
