"""A client without a transport: says lines to a connection, and keeps what comes back."""

from typing import Any

import msgspec

from coordinator.frontends.mcp.connection import Connection
from coordinator.frontends.mcp.resources import Library, Resource
from coordinator.frontends.mcp.server import McpServer
from protocol.framing import Overlong
from support.fakes_calls import FakeCalls
from support.fakes_runs import Rig
from support.messages import Message, initialize, notification

MAX_LINE_BYTES = 1000
PAGE_SIZE = 1
BODY = b'"content":[],"structuredContent":{"a":1},"isError":false'


class FakeClient:
    """One connection to a real server, whose calls are answered by the test."""

    def __init__(self, rig: Rig) -> None:
        self.calls = FakeCalls(rig)
        library = Library()
        library.add(Resource("toolcrew://b", "b", "B", "Second."), lambda: b'{"b":2}')
        library.add(Resource("toolcrew://a", "a", "A", "First."), lambda: b'{"a":1}')
        self.server = McpServer(self.calls, library, PAGE_SIZE)
        self.lines: list[bytes] = []
        self.connection = Connection(self.server, MAX_LINE_BYTES, self._take)

    def _take(self, head: bytes = b"", body: bytes = b"", tail: bytes = b"") -> None:
        if head:
            self.lines.append(b"".join((head, body, tail)))

    def say(self, *messages: Message) -> None:
        """Say each message on a line of its own."""
        for message in messages:
            self.connection.receive(msgspec.json.encode(message))

    def say_raw(self, line: bytes | Overlong) -> None:
        """Say a line that is perhaps no message."""
        self.connection.receive(line)

    def say_batch(self, *messages: Message) -> None:
        """Say all messages as one batch."""
        self.connection.receive(msgspec.json.encode(messages))

    def shake_hands(self, version: str) -> None:
        """Go through the whole handshake, and forget its answer."""
        self.say(initialize(version), notification("notifications/initialized"))
        self.hear()

    def hear(self) -> list[Any]:
        """Return everything that came since the last time."""
        lines, self.lines = self.lines, []
        assert not any(b"\n" in line for line in lines)
        return [msgspec.json.decode(line) for line in lines]

    def ask(self, message: Message) -> Message:
        """Say a message whose answer comes at once, and return the answer."""
        self.say(message)
        (heard,) = self.hear()
        answer: Message = heard
        assert answer["id"] == message["id"]
        return answer

    def result(self, message: Message) -> Message:
        """Return the result of a request that succeeds."""
        result: Message = self.ask(message)["result"]
        return result

    def error(self, message: Message) -> Message:
        """Return the error of a request that fails."""
        error: Message = self.ask(message)["error"]
        return error

    def answer(self, number: int = 0, body: bytes = BODY) -> None:
        """Let a call that is open be answered."""
        self.calls.open.pop(number).caller.on_answer(body)
