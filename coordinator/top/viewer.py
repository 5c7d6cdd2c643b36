"""Finding this user's servers, and asking one of them how it is."""

import contextlib
import os
import select
import socket
import struct
import sys
from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from coordinator import runtime_folder
from coordinator.observe.status import Refused, Status

PATIENCE_S = 5.0
"""A server that does not answer for this long is not well."""

_LONGEST_ANSWER = 64 * 1024 * 1024
_CHUNK = 1 << 16

_status = msgspec.json.Decoder(Status)
_refused = msgspec.json.Decoder(Refused)


class Gone(Exception):
    """There is no server to look at any more, and why."""


class Viewer:
    """A connection to one server."""

    def __init__(self, pid: int, path: str, patience_s: float = PATIENCE_S) -> None:
        """Connect.

        Raises:
            OSError: Nobody listens at *path*, or it is somebody else.
        """
        self.pid = pid
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._buffer = b""
        try:
            self._socket.settimeout(patience_s)
            self._socket.connect(path)
            _require_ours(self._socket)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """Return what becomes readable, between two questions, when the server goes."""
        return self._socket.fileno()

    def look(self) -> Status:
        """Ask how the server is.

        Raises:
            Gone: It does not answer, or not so that we understand it.
        """
        try:
            self._socket.sendall(b"status\n")
            line = self._line()
        except TimeoutError as error:
            raise Gone(f"server {self.pid} does not answer") from error
        except OSError as error:
            raise Gone(f"server {self.pid} has ended") from error
        return self._understood(line)

    def is_gone(self) -> bool:
        """Tell whether the server has hung up; it says nothing unasked."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            chunk = self._socket.recv(_CHUNK)
            if not chunk:
                raise Gone(f"server {self.pid} has ended")
            self._buffer += chunk
            if len(self._buffer) > _LONGEST_ANSWER:
                raise Gone(f"server {self.pid} talks without end")
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _understood(self, line: bytes) -> Status:
        try:
            return _status.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                raise Gone(f"server {self.pid}: {_refused.decode(line).error}") from error
            problem = "is of another version, or no Toolcrew server"
            raise Gone(f"server {self.pid} {problem}") from error


def find(environ: Mapping[str, str], uid: int) -> dict[int, str]:
    """Return the sockets of this user's servers that live, by pid; those of dead ones are removed."""
    found: dict[int, str] = {}
    for folder in runtime_folder.folders(environ, uid):
        with contextlib.suppress(OSError):  # it is not there, or not to be trusted
            runtime_folder.require_ours(folder, uid)
            found |= _listening(runtime_folder.sockets(folder).items())
    return found


def _listening(sockets: Iterable[tuple[int, str]]) -> dict[int, str]:
    return {pid: path for pid, path in sockets if not _is_left_over(path)}


def _is_left_over(path: str) -> bool:
    try:
        return runtime_folder.remove_if_left_over(path)
    except OSError:
        return True


def _require_ours(connection: socket.socket) -> None:
    if sys.platform != "linux":
        return
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _pid, uid, _gid = struct.unpack("3i", credentials)
    if uid != os.geteuid():
        raise PermissionError("the server belongs to somebody else")
