"""Lines to and from a server over two file descriptors; whatever waits, waits with a deadline."""

import json
import os
import select
import time
import uuid
from collections import deque
from collections.abc import Iterable
from typing import Any, cast

from support.messages import Message, request

DEADLINE_S = 20.0
"""Far more than anything here takes, so that a busy machine fails no test."""

_CHUNK = 1 << 18


class Conversation:
    """The client's side. Nothing that came is lost: what one call passes over, another one finds."""

    def __init__(self, write_fd: int, read_fd: int) -> None:
        self._write_fd = write_fd
        self.read_fd = read_fd
        os.set_blocking(write_fd, False)
        os.set_blocking(read_fd, False)
        self._unread = b""
        self._lines: deque[bytes] = deque()
        self._messages: deque[Any] = deque()
        self._open = {write_fd, read_fd}
        self.at_end = False

    # --- to the server

    def send(self, *messages: object) -> None:
        """Write each message as a line, all in one go."""
        self.send_bytes(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def send_bytes(self, data: bytes) -> None:
        """Write *data*, reading meanwhile what comes, so that neither side waits for the other."""
        end = time.monotonic() + DEADLINE_S
        while data:
            assert time.monotonic() < end, "the server takes no input"
            readers = [] if self.at_end else [self.read_fd]
            readable, writable, _ = select.select(readers, [self._write_fd], [], 1.0)
            if readable:
                self._read()
            if writable:
                data = data[self._write(data) :]

    def send_unread(self, data: bytes, patience_s: float = 1.0) -> bytes:
        """Write *data* without reading; return what is left when the server has taken no more for a while."""
        while data and select.select([], [self._write_fd], [], patience_s)[1]:
            data = data[self._write(data) :]
        return data

    def close_input(self) -> None:
        """Tell the server that nothing more comes."""
        self._close(self._write_fd)

    def close_output(self) -> None:
        """Never read again."""
        self._close(self.read_fd)
        self.at_end = True

    def close(self) -> None:
        """Let go of both ends."""
        self.close_input()
        self.close_output()

    # --- from the server

    def receive(self) -> Any:
        """Return the next message, whatever it is."""
        if self._messages:
            return self._messages.popleft()
        return json.loads(self.receive_line())

    def receive_line(self) -> bytes:
        """Return the next line as it came; nothing may have been passed over before."""
        end = time.monotonic() + DEADLINE_S
        while not self._lines:
            assert not self.at_end, "the server has closed its output"
            readable = select.select([self.read_fd], [], [], max(0.0, end - time.monotonic()))[0]
            assert readable, f"nothing came within {DEADLINE_S:g} s"
            self._read()
        return self._lines.popleft()

    def answer(self, message_id: object) -> Message:
        """Return the response to *message_id*; what comes before it is kept."""
        for message in self._messages:
            if _is_response_to(message, message_id):
                self._messages.remove(message)
                return message  # type: ignore[no-any-return]
        while True:
            message = json.loads(self.receive_line())
            if _is_response_to(message, message_id):
                return message  # type: ignore[no-any-return]
            self._messages.append(message)

    def answers(self, message_ids: Iterable[object]) -> list[Message]:
        """Return the responses to all *message_ids*, in that order."""
        return [self.answer(message_id) for message_id in message_ids]

    def synchronise(self) -> list[Any]:
        """Return everything that is said until the server answers a question asked now."""
        message_id = uuid.uuid4().hex
        self.send(request(message_id, "ping"))
        self.answer(message_id)
        unread = list(self._messages)
        self._messages.clear()
        return unread

    def rest(self) -> list[Any]:
        """Return everything that comes until the server closes its output."""
        end = time.monotonic() + DEADLINE_S
        while not self.at_end:
            readable = select.select([self.read_fd], [], [], max(0.0, end - time.monotonic()))[0]
            assert readable, "the server does not close its output"
            self._read()
        kept = [*self._messages, *map(json.loads, self._lines)]
        self._messages.clear()
        self._lines.clear()
        return kept

    # --- bytes

    def _close(self, fd: int) -> None:
        if fd in self._open:
            self._open.remove(fd)
            os.close(fd)

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._write_fd, data[:_CHUNK])
        except BlockingIOError:
            return 0

    def _read(self) -> None:
        try:
            data = os.read(self.read_fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # a terminal whose other end is gone
            data = b""
        self.at_end = not data
        *lines, self._unread = (self._unread + data).split(b"\n")
        self._lines.extend(lines)


def _is_response_to(message: Any, message_id: object) -> bool:
    if not isinstance(message, dict):
        return False
    response = cast("Message", message)
    return "method" not in response and response.get("id") == message_id
