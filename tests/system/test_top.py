"""`toolcrew top` shows a running server, and nothing that anybody does at its socket harms the server."""

import contextlib
import json
import os
import signal
import socket
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from support.screens import Screen
from support.sources import SNIPPET
from support.starting import Starter
from support.toolcrew import Toolcrew, command, environment

LEAVE_FULL_SCREEN = b"\x1b[?1049l"
"""How xterm is told to show again what it showed before."""


class Top(Protocol):
    """Starts `toolcrew top` for a server on a terminal."""

    def __call__(
        self, server: Toolcrew, term: str = "xterm", interval_s: float = 0.2
    ) -> Screen: ...


@pytest.fixture
def top(start: Starter) -> Iterator[Top]:
    with contextlib.ExitStack() as stack:

        def on_terminal(server: Toolcrew, term: str = "xterm", interval_s: float = 0.2) -> Screen:
            stale = {"TERM": term, "LINES": "24", "COLUMNS": "80"}
            environ = environment(start.home, uuid.uuid4().hex, {}) | stale
            arguments = ["--pid", str(server.popen.pid), "--interval-s", str(interval_s)]
            screen = Screen([command(), "top", *arguments], environ)
            stack.callback(screen.close)
            return screen

        yield on_terminal


def folder_of(start: Starter) -> Path:
    return start.home / "toolcrew"


def socket_of(start: Starter, server: Toolcrew) -> Path:
    return folder_of(start) / f"{server.popen.pid}.sock"


def connect(start: Starter, server: Toolcrew) -> socket.socket:
    """Connect to a server's socket; it listens by the time that it answers anything else."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(socket_of(start, server)))
    client.settimeout(10)
    return client


def status(start: Starter, server: Toolcrew) -> dict[str, Any]:
    with connect(start, server) as client:
        client.sendall(b"status\n")
        with client.makefile("rb") as lines:
            answer: dict[str, Any] = json.loads(lines.readline())
    return answer


# --- the socket


def test_only_the_owner_of_a_server_may_look_at_it(start: Starter) -> None:
    server = start()
    server.open()

    assert stat.S_IMODE(folder_of(start).stat().st_mode) == 0o700
    assert stat.S_IMODE(socket_of(start, server).stat().st_mode) == 0o600
    assert folder_of(start).stat().st_uid == os.geteuid()


def test_the_socket_says_what_the_metrics_say_and_what_workers_run(start: Starter) -> None:
    server = start()
    server.parse(code=SNIPPET, language="python")

    seen = status(start, server)

    assert seen["folder"] == str(start.project)
    assert seen["metrics"]["server"]["pid"] == server.popen.pid
    assert seen["metrics"].keys() == server.metrics().keys()
    (worker,) = seen["workers"]
    assert (worker["state"], worker["jobs"], worker["running"]) == ("idle", 1, [])
    assert worker["sandbox"] == seen["metrics"]["sandbox"]["parse"]


def test_the_rates_are_since_somebody_last_looked(start: Starter) -> None:
    server = start()
    server.open()
    assert status(start, server)["rates"] is None
    for _ in range(3):
        server.parse(code=SNIPPET, language="python")

    rates: dict[str, Any] | None = None
    while not rates or not rates["calls"]:  # a look is good enough for a tenth of a second
        rates = status(start, server)["rates"]

    told = {call["outcome"]: call["per_s"] * rates["over_s"] for call in rates["calls"]}
    assert told == pytest.approx({"done": 1, "hit": 2})
    assert rates["hit_rate"] == pytest.approx(2 / 3)


def test_no_socket_is_made_if_none_is_wanted(start: Starter) -> None:
    server = start(SERVER_STATUS_SOCKET="false")
    server.open()

    assert not folder_of(start).exists()


@pytest.mark.parametrize("how", ["end of input", "SIGTERM"])
def test_the_socket_goes_with_its_server(start: Starter, how: str) -> None:
    server = start()
    server.open()
    with connect(start, server) as client:
        if how == "SIGTERM":
            server.popen.send_signal(signal.SIGTERM)
        else:
            server.talk.close_input()
        assert server.wait() == 0

        assert client.recv(1) == b""
    assert os.listdir(folder_of(start)) == []


def test_a_killed_server_leaves_a_socket_that_the_next_one_removes(start: Starter) -> None:
    killed = start()
    killed.open()
    killed.popen.kill()
    killed.wait()
    assert socket_of(start, killed).exists()

    server = start()
    server.open()

    assert os.listdir(folder_of(start)) == [f"{server.popen.pid}.sock"]


def test_a_killed_server_leaves_a_socket_that_top_removes(start: Starter) -> None:
    killed = start()
    killed.open()
    killed.popen.kill()
    killed.wait()

    done = start.run("top", "--pid", str(killed.popen.pid))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"toolcrew: no server of yours with pid {killed.popen.pid} runs here\n"
    assert os.listdir(folder_of(start)) == []


def test_a_folder_that_is_a_link_is_not_used_and_the_server_serves_without(
    start: Starter, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder_of(start).symlink_to(tmp_path / "elsewhere")
    server = start()

    server.parse(code=SNIPPET, language="python")
    assert server.leave() == (0, [])

    (line,) = [line for line in server.logged().splitlines() if "status_socket" in line]
    assert json.loads(line)["reason"] == f"{folder_of(start)} is not a folder"
    assert os.listdir(tmp_path / "elsewhere") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_used(start: Starter) -> None:
    folder_of(start).mkdir(mode=0o700)
    os.chown(folder_of(start), 4242, 4242)
    server = start()

    server.parse(code=SNIPPET, language="python")

    (line,) = [line for line in server.logged().splitlines() if "status_socket" in line]
    assert "belongs to somebody else" in line
    assert os.listdir(folder_of(start)) == []


# --- hostile clients


def test_a_server_serves_on_whatever_is_said_to_its_socket(start: Starter) -> None:
    server = start()
    server.open()
    for garbage in (b"", b"x", b"\0" * 100_000, b"status\n" * 50_000, b"status", b"{}\n\xff\n"):
        with connect(start, server) as client, contextlib.suppress(OSError):
            client.sendall(garbage)
            client.shutdown(socket.SHUT_WR)
            while client.recv(1 << 16):
                pass

    server.parse(code=SNIPPET, language="python")
    assert status(start, server)["metrics"]["server"]["pid"] == server.popen.pid


def test_ten_thousand_connections_leave_nothing_behind(start: Starter) -> None:
    server = start(CACHE_DISK="false")  # its store opens files of its own, a moment after the start
    server.ready_workers(1)
    status(start, server)
    before = server.process.num_fds()
    for number in range(10_000):
        with connect(start, server) as client:
            if number % 10 == 0:
                client.sendall(b"stat")

    server.parse(code=SNIPPET, language="python")
    status(start, server)
    while server.process.num_fds() > before:  # the last ones are just being let go
        server.metrics()


def test_clients_that_never_read_or_never_speak_do_not_hold_a_server_up(start: Starter) -> None:
    server = start()
    server.open()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(start, server)) for _ in range(10)]
        for number, client in enumerate(clients):
            client.sendall(b"status\n" if number % 2 else b"sta")

        server.parse(code=SNIPPET, language="python")
        assert server.leave() == (0, [])


# --- once


def test_a_pipe_is_given_one_look(start: Starter) -> None:
    server = start()
    server.parse(code=SNIPPET, language="python")

    done = start.run("top", "--pid", str(server.popen.pid), "--interval-s", "0.2")

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("toolcrew ")
    assert f"pid {server.popen.pid}" in lines[0]
    assert lines[0].endswith(str(start.project))
    assert [line.split()[0] for line in lines if line.isupper()] == [
        "CALLS",
        "QUEUE",
        "WORKER",
        "EVENTS",
    ]
    (row,) = [line for line in lines if line.startswith("parse-1 ")]
    assert row.split()[1] == str(server.ready_workers(1)[0]["pid"])


def test_a_terminal_may_be_given_one_look_too(start: Starter) -> None:
    server = start()
    server.open()

    done = start.run("top", "--once", "--pid", str(server.popen.pid), "--interval-s", "0.1")

    assert done.returncode == 0
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "arguments", [("--interval-s", "0"), ("--interval-s", "nan"), ("--pid", "x"), ("x",)]
)
def test_a_bad_argument_is_a_usage_error(start: Starter, arguments: tuple[str, ...]) -> None:
    done = start.run("top", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


# --- live


def test_the_live_view_shows_new_figures_and_ends_with_q(start: Starter, top: Top) -> None:
    server = start()
    server.parse(code=SNIPPET, language="python")
    screen = top(server)
    screen.wait_for(b"toolcrew", b"code_parse", b"parse-1", b"worker_ready", b"idle")

    server.parse(code=SNIPPET, language="python")
    screen.wait_for(b"hit")  # a row that was not there before
    screen.press(b"q")

    assert screen.wait() == 0
    assert LEAVE_FULL_SCREEN in screen.shown
    assert screen.settings() == screen.before


def test_the_live_view_follows_the_size_of_its_terminal_at_once(start: Starter, top: Top) -> None:
    server = start()
    server.parse(code=SNIPPET, language="python")
    screen = top(server, interval_s=60)
    screen.wait_for(b"worker_ready")

    screen.forget()
    screen.resize(20, 5)
    screen.wait_for(b"toolcrew", b"~")
    assert b"worker_ready" not in screen.shown

    screen.resize(120, 40)
    screen.wait_for(b"worker_ready")
    screen.press(b"Q")
    assert screen.wait() == 0


@pytest.mark.parametrize(
    ("end", "code"), [("Ctrl-C", 0), ("SIGTERM", 128 + 15), ("SIGHUP", 128 + 1)]
)
def test_the_terminal_is_left_as_it_was_however_the_view_ends(
    start: Starter, top: Top, end: str, code: int
) -> None:
    server = start()
    server.open()
    screen = top(server)
    screen.wait_for(b"parse-1")
    assert screen.settings() != screen.before

    if end == "Ctrl-C":
        screen.press(b"\x03")
    else:
        screen.popen.send_signal(signal.Signals[end])

    assert screen.wait() == code
    assert LEAVE_FULL_SCREEN in screen.shown
    assert b"Traceback" not in screen.shown
    assert screen.settings() == screen.before
    assert server.leave()[0] == 0


def test_the_view_says_so_at_once_when_its_server_dies(start: Starter, top: Top) -> None:
    server = start()
    server.open()
    screen = top(server, interval_s=60)
    screen.wait_for(b"parse-1")

    server.popen.kill()

    assert screen.wait() == 1
    assert screen.settings() == screen.before
    last = screen.shown.rpartition(LEAVE_FULL_SCREEN)[2].decode()
    assert f"toolcrew: server {server.popen.pid} has ended" in last
    assert "Traceback" not in last


def test_a_terminal_that_nobody_knows_is_given_one_look(start: Starter, top: Top) -> None:
    server = start()
    server.open()

    screen = top(server, term="no-such-terminal")

    assert screen.wait() == 0
    assert b"parse-1" in screen.shown
    assert b"\x1b" not in screen.shown
