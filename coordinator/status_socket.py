"""The socket at which the same user may look at this server: one line in, one line out.

Rule 1: nothing here is needed: whatever goes wrong is one log line, and the server serves on.
Rule 2: it costs nothing while nobody looks: there is no timer, and nothing is computed for nobody.
Rule 3: a client that floods, asks ahead or does not read is dropped.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import cast

import msgspec

from coordinator import runtime_folder
from coordinator.observe.log import get_logger

log = get_logger(__name__)

REQUEST = b"status"
LET_IN_AT_ONCE = 2
"""Few are, so that a flood of them has left again before there are too many."""

WAITING = 100

LONGEST_REQUEST = 64
MOST_CLIENTS = 16
SILENT_S = 60.0
"""When there are too many clients, one that has asked nothing for this long makes room."""


class StatusSocket:
    """Answers whoever may ask. *find_reporter* is called once, and only if somebody does."""

    def __init__(self, find_reporter: Callable[[], Callable[[float], bytes]]) -> None:
        self._find_reporter = find_reporter
        self._report: Callable[[float], bytes] | None = None
        self._clients: dict[_Client, None] = {}
        self._server: asyncio.Server | None = None
        self._path = ""

    # --- its life

    async def open(self) -> None:
        """Listen, or log why not."""
        try:
            listener = self._listen()
        except (OSError, ValueError) as error:
            log.warning("status_socket_unavailable", reason=str(error))
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Client(self), sock=listener, backlog=LET_IN_AT_ONCE
        )
        listener.listen(WAITING)  # more may stand before the door than are let in at a time

    def close(self) -> None:
        """Stop listening, drop all clients and remove the socket; nothing is waited for."""
        if self._server is None:
            return
        self._server.close()
        for client in list(self._clients):
            client.drop()
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _listen(self) -> socket.socket:
        """Return a listening socket that has its name; nobody can connect to it before it listens."""
        uid = os.geteuid()
        folder = runtime_folder.folder_for(os.environ, uid)
        runtime_folder.make(folder, uid)
        runtime_folder.remove_left_over(folder)
        self._path = runtime_folder.socket_path(folder, os.getpid())
        unnamed = f"{self._path}.new"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(unnamed)
            listener.bind(unnamed)
            os.chmod(unnamed, 0o600)
            listener.listen(WAITING)
            os.rename(unnamed, self._path)
        except BaseException:
            listener.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(unnamed)
            raise
        return listener

    # --- its clients

    def welcome(self, client: "_Client", peer: socket.socket) -> str | None:
        """Take a new client, or say why not."""
        if not _is_ours(peer):
            return "this server belongs to somebody else"
        if len(self._clients) >= MOST_CLIENTS and not self._make_room(time.monotonic()):
            return f"{len(self._clients)} others look at this server already"
        self._clients[client] = None
        return None

    def forget(self, client: "_Client") -> None:
        """A client has gone."""
        self._clients.pop(client, None)

    def answer(self) -> bytes:
        """Return the line that says how the server is now."""
        if self._report is None:
            self._report = self._find_reporter()
        return self._report(time.monotonic())

    def _make_room(self, now: float) -> bool:
        quietest = min(self._clients, key=lambda client: client.heard_at)
        if now - quietest.heard_at < SILENT_S:
            return False
        quietest.drop()
        self.forget(quietest)
        return True


class _Client(asyncio.Protocol):
    """One connection. Its next request may come when it has read the answer to the last one."""

    def __init__(self, status: StatusSocket) -> None:
        self._status = status
        self._transport: asyncio.Transport | None = None
        self._line = b""
        self.heard_at = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = cast("socket.socket", transport.get_extra_info("socket"))
        if (problem := self._status.welcome(self, peer)) is not None:
            self._refuse(problem)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._status.forget(self)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        self.heard_at = time.monotonic()
        self._line += data
        request, newline, ahead = self._line.partition(b"\n")
        if ahead or len(request) > LONGEST_REQUEST or self._transport.get_write_buffer_size():
            self.drop()
        elif newline:
            self._line = b""
            self._reply(request.strip())

    def drop(self) -> None:
        """Hang up at once."""
        assert self._transport is not None
        self._transport.abort()

    def _reply(self, request: bytes) -> None:
        assert self._transport is not None
        if request == REQUEST:
            self._transport.write(self._status.answer())
        else:
            self._refuse(f"unknown request; there is: {REQUEST.decode()}")

    def _refuse(self, problem: str) -> None:
        assert self._transport is not None
        self._transport.write(msgspec.json.encode({"error": problem}) + b"\n")
        self._transport.close()


def _is_ours(peer: socket.socket) -> bool:
    """Tell whether the same user is at the other end; where the system cannot say, the folder has decided."""
    if sys.platform != "linux":
        return True
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", credentials)
    return bool(uid == os.geteuid())
