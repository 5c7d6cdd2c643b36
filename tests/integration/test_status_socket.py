"""Whoever may look gets one line for one line; whoever misbehaves is dropped, and the server serves on."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Self, cast

import msgspec
import psutil
import pytest

from coordinator import status_socket
from coordinator.status_socket import LONGEST_REQUEST, MOST_CLIENTS, SILENT_S, StatusSocket

LARGE = b'"' + b"x" * 4_000_000 + b'"\n'
SOON_S = 10.0


class FakeLog:
    """Keeps what would be logged."""

    def __init__(self) -> None:
        self.warnings: list[dict[str, Any]] = []

    def warning(self, event: str, **keys: Any) -> None:
        self.warnings.append({"event": event, **keys})


class Client:
    """Somebody who looks at a server."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.setblocking(False)

    async def __aenter__(self) -> Self:
        while True:
            try:
                self._socket.connect(self._path)
            except BlockingIOError:  # the server, which shares our loop, lets in a few at a time
                await asyncio.sleep(0)
            else:
                return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def line(self) -> bytes:
        """Return what is said up to the end of the line, or to the end of all."""
        said = b""
        async with asyncio.timeout(SOON_S):
            while not said.endswith(b"\n") and (more := await self._receive()):
                said += more
        return said

    async def rest(self) -> bytes:
        """Return what is said until the other side hangs up."""
        said = b""
        async with asyncio.timeout(SOON_S):
            while more := await self._receive():
                said += more
        return said

    async def _receive(self) -> bytes:
        try:
            return await asyncio.get_running_loop().sock_recv(self._socket, 1 << 20)
        except ConnectionResetError:  # it hung up on us with something of ours unread
            return b""


class Served:
    """A status socket, and what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "toolcrew"
        self.path = self.folder / f"{os.getpid()}.sock"
        self.line = b'{"ok":1}\n'
        self.asked = 0
        self.found = 0
        self.status = StatusSocket(self._find)

    def _find(self) -> Callable[[float], bytes]:
        self.found += 1
        return self._report

    def _report(self, now: float) -> bytes:
        assert now > 0
        self.asked += 1
        return self.line

    def client(self) -> Client:
        return Client(self.path)

    def clients(self) -> list[Any]:
        """Return whoever is looking, as the socket knows them."""
        return list(cast("Any", self.status)._clients)

    async def alone(self) -> None:
        """Wait until nobody looks any more."""
        async with asyncio.timeout(SOON_S):
            while self.clients():  # noqa: ASYNC110 - nothing tells us
                await asyncio.sleep(0)

    async def ask(self, request: bytes = b"status\n") -> bytes:
        """Ask on a connection of its own."""
        async with self.client() as client:
            await client.send(request)
            return await client.line()

    async def busy_clients(self, stack: contextlib.AsyncExitStack) -> list[Client]:
        """Connect as many as may look at a time; each has asked once."""
        clients = [await stack.enter_async_context(self.client()) for _ in range(MOST_CLIENTS)]
        for client in clients:
            await client.send(b"status\n")
            assert await client.line() == self.line
        return clients


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> FakeLog:
    log = FakeLog()
    monkeypatch.setattr(status_socket, "log", log)
    return log


@pytest.fixture
async def served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: FakeLog
) -> AsyncIterator[Served]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    served = Served(tmp_path)
    await served.status.open()
    yield served
    served.status.close()
    await asyncio.sleep(0)  # the loop lets go of what was closed
    assert log.warnings == []


# --- its life


async def test_only_its_owner_may_reach_it(served: Served) -> None:
    assert stat.S_IMODE(served.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(served.path.stat().st_mode) == 0o600
    assert os.listdir(served.folder) == [served.path.name]


async def test_it_is_gone_once_closed_and_so_are_its_clients(served: Served) -> None:
    async with served.client() as client:
        await client.send(b"status\n")
        await client.line()

        served.status.close()

        assert os.listdir(served.folder) == []
        assert await client.rest() == b""


async def test_what_was_never_opened_can_be_closed(tmp_path: Path) -> None:
    Served(tmp_path).status.close()

    assert os.listdir(tmp_path) == []


async def test_nothing_is_looked_up_until_somebody_asks(served: Served) -> None:
    async with served.client() as client:
        await client.send(b"sta")
        await asyncio.sleep(0.01)
        assert (served.found, served.asked) == (0, 0)

        await client.send(b"tus\n")
        await client.line()
        await served.ask()

        assert (served.found, served.asked) == (1, 2)


async def test_what_an_earlier_process_of_this_pid_left_over_is_in_nobodys_way(
    served: Served, tmp_path: Path
) -> None:
    served.status.close()
    for name in (served.path.name, f"{served.path.name}.new"):
        touch(served.folder / name)
    again = Served(tmp_path)

    await again.status.open()

    assert await again.ask() == again.line
    again.status.close()


def touch(path: Path) -> None:
    path.touch()


def sockets_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_socket()]


def block_by_a_link(folder: Path) -> str:
    (folder / "elsewhere").mkdir(mode=0o700)
    (folder / "toolcrew").symlink_to(folder / "elsewhere")
    return "is not a folder"


def block_by_its_mode(folder: Path) -> str:
    (folder / "toolcrew").mkdir(mode=0o700)
    (folder / "toolcrew").chmod(0o755)
    return "mode 755, not 700"


def block_by_a_folder_of_its_name(folder: Path) -> str:
    (folder / "toolcrew").mkdir(mode=0o700)
    (folder / "toolcrew" / f"{os.getpid()}.sock").mkdir()
    return "directory"


@pytest.mark.parametrize(
    "block", [block_by_a_link, block_by_its_mode, block_by_a_folder_of_its_name]
)
async def test_a_place_that_is_not_to_be_used_is_one_log_line_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: FakeLog, block: Callable[[Path], str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    why = block(tmp_path)
    served = Served(tmp_path)

    await served.status.open()
    served.status.close()

    (line,) = log.warnings
    assert line["event"] == "status_socket_unavailable"
    assert why in line["reason"]
    assert not sockets_below(tmp_path)


async def test_a_path_too_long_for_a_socket_is_one_log_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: FakeLog
) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))

    await Served(deep).status.open()

    (line,) = log.warnings
    assert "too long" in line["reason"]


# --- questions and answers


@pytest.mark.parametrize("request_line", [b"status\n", b"status\r\n", b"  status \n"])
async def test_one_line_in_is_one_line_out(served: Served, request_line: bytes) -> None:
    assert await served.ask(request_line) == served.line


async def test_a_line_may_come_in_pieces(served: Served) -> None:
    async with served.client() as client:
        for piece in (b"st", b"atus", b"\n"):
            await client.send(piece)
            await asyncio.sleep(0.01)

        assert await client.line() == served.line


async def test_a_connection_may_ask_again_and_again(served: Served) -> None:
    served.line = LARGE
    async with served.client() as client:
        for _ in range(5):
            await client.send(b"status\n")
            assert await client.line() == LARGE


@pytest.mark.parametrize("garbage", [b"\n", b"stop\n", b"\0\xff\n", b"statusstatus\n", b"{}\n"])
async def test_an_unknown_request_is_told_what_there_is_and_hung_up_on(
    served: Served, garbage: bytes
) -> None:
    async with served.client() as client:
        await client.send(garbage)

        answer = msgspec.json.decode(await client.rest())

    assert answer == {"error": "unknown request; there is: status"}
    assert served.asked == 0


# --- clients that misbehave


@pytest.mark.parametrize(
    "flood",
    [
        b"x" * (LONGEST_REQUEST + 1),
        b"\xff" * 100_000,
        b"status\nstatus\n",
        b"status\n" * 10_000,
        b"status\nx",
    ],
)
async def test_a_client_that_floods_or_asks_ahead_is_dropped(served: Served, flood: bytes) -> None:
    async with served.client() as client:
        await client.send(flood)

        assert await client.rest() == b""

    assert served.asked == 0
    assert await served.ask() == served.line


async def test_a_client_that_does_not_read_is_dropped_when_it_asks_again(served: Served) -> None:
    served.line = LARGE
    async with served.client() as client:
        await client.send(b"status\n")
        await served.ask()  # by then the first request has been heard
        await client.send(b"status\n")

        assert len(await client.rest()) < len(LARGE), "it was not even told the first answer"

    assert served.asked == 2
    await served.alone()


async def test_a_half_line_that_is_never_finished_harms_nobody(served: Served) -> None:
    async with served.client() as one, served.client() as other:
        await one.send(b"statu")
        await other.send(b"s")

        assert await served.ask() == served.line


async def test_only_a_few_may_look_at_a_time(served: Served) -> None:
    async with contextlib.AsyncExitStack() as stack:
        await served.busy_clients(stack)

        async with served.client() as one_too_many:
            refused = msgspec.json.decode(await one_too_many.rest())

        assert refused == {"error": f"{MOST_CLIENTS} others look at this server already"}
    await served.alone()
    assert await served.ask() == served.line


async def test_one_that_has_been_silent_for_long_makes_room(served: Served) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = await served.busy_clients(stack)
        silent = served.clients()[3]
        silent.heard_at -= SILENT_S

        assert await served.ask() == served.line

        assert silent not in served.clients()
        assert await clients[3].rest() == b""
        await clients[2].send(b"status\n")
        assert await clients[2].line() == served.line


async def test_another_user_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder keeps others out; this is for the day when it does not."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    assert b"belongs to somebody else" in await served.ask()
    assert served.asked == 0


async def test_many_connections_in_a_row_leave_nothing_behind(served: Served) -> None:
    await served.ask()
    process = psutil.Process()
    before = process.num_fds()
    for _ in range(300):
        async with served.client():
            pass

    assert await served.ask() == served.line
    await served.alone()
    assert process.num_fds() <= before
