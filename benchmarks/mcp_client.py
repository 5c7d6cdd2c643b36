"""A small MCP client for any stdio server: start it, greet it in either era, call it once."""

import os
import select
import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from server_process import ServerProcess

Era = Literal["legacy", "modern"]
Object = dict[str, Any]

_CLIENT_INFO = {"name": "toolcrew-benchmarks", "version": "1"}
INITIALIZE: Object = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": _CLIENT_INFO,
}
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": _CLIENT_INFO,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_CHUNK = 1 << 20
_POLL_S = 0.01


class ServerFailed(Exception):
    """The server died, was silent for too long, or refused. Says so with its last words."""


class Exchange(msgspec.Struct, frozen=True):
    """One request: seconds from its first byte until its answer's last, its length, and the answer's line."""

    seconds: float
    sent: int
    answer: bytes


class Client(ServerProcess):
    """One server and one conversation with it."""

    def __init__(self, command: Sequence[str], era: Era = "legacy", timeout: float = 30.0) -> None:
        super().__init__(command)
        self.era = era
        self.timeout = timeout
        self._last_id = 0
        self._pieces: list[bytes] = []

    @property
    def extra_params(self) -> Object:
        """What every request of this era carries in its `params`."""
        return {"_meta": ENVELOPE} if self.era == "modern" else {}

    def greet(self) -> None:
        """Do what this era wants done before the first call."""
        self.send_greeting()
        self.finish_greeting()

    def send_greeting(self) -> None:
        """Send this era's first request."""
        if self.era == "modern":
            self.send("server/discover", {}, self._next_id())
        else:
            self.send("initialize", INITIALIZE, self._next_id())

    def finish_greeting(self) -> None:
        """Wait for the answer to the first request; afterwards calls are welcome."""
        self.answer()
        if self.era == "legacy":
            self.send("notifications/initialized", {})

    def call(self, tool: str, arguments: Object) -> Object:
        """Call *tool* and return its result.

        Raises: ServerFailed when the result is an error.
        """
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise self.failure(f"{tool} answered with an error: {result.get('content')}")
        return result

    def tools(self) -> list[str]:
        """Return the names of all tools."""
        names: list[str] = []
        params: Object = {}
        while True:
            page = self.request("tools/list", params)
            names += [tool["name"] for tool in page["tools"]]
            if not page.get("nextCursor"):
                return names
            params = {"cursor": page["nextCursor"]}

    def await_tool(self, name: str) -> None:
        """Wait until *name* is offered: a server may not have all of its tools at once.

        Raises: ServerFailed when it does not come.
        """
        deadline = time.monotonic() + self.timeout
        while name not in self.tools():
            if time.monotonic() > deadline:
                raise self.failure(f"it does not offer {name}")
            time.sleep(_POLL_S)

    def request(self, method: str, params: Object) -> Object:
        """Send a request and return its result.

        Raises: ServerFailed when no result comes.
        """
        self.send(method, params, self._next_id())
        return self.answer()

    def exchange(self, method: str, params: Object) -> Exchange:
        """Send a request and wait for its answer; nothing is encoded or decoded while time is taken.

        Raises: ServerFailed when no good result comes.
        """
        number = self._next_id()
        line = self._line(method, params, number)
        start = time.perf_counter()
        self._write(line)
        deadline = time.monotonic() + self.timeout
        while True:
            answer = self._read_line(deadline)
            seconds = time.perf_counter() - start
            message = _decoded(answer)
            if message.get("id") == number and "method" not in message:
                break
        if "error" in message or message["result"].get("isError"):
            raise self.failure(f"the server answered {answer[:500].decode(errors='replace')}")
        return Exchange(seconds, len(line), answer)

    def send(self, method: str, params: Object, number: int | None = None) -> None:
        """Write one message: a request when it has a *number*."""
        self._write(self._line(method, params, number))

    def _line(self, method: str, params: Object, number: int | None) -> bytes:
        message: Object = {"jsonrpc": "2.0", "method": method}
        message["params"] = params | self.extra_params
        if number is not None:
            message["id"] = number
        return msgspec.json.encode(message) + b"\n"

    def answer(self) -> Object:
        """Wait for the answer to the last request and return its result."""
        deadline = time.monotonic() + self.timeout
        while True:
            message = _decoded(self._read_line(deadline))
            if message.get("id") != self._last_id or "method" in message:
                continue
            if "error" in message:
                raise self.failure(f"the server answered {message['error']}")
            result: Object = message["result"]
            return result

    def wait_readable(self, deadline: float) -> None:
        """Wait until the server wrote something.

        Raises: ServerFailed when *deadline* (of `time.monotonic`) passes first.
        """
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.stdout], [], [], left)[0]:
            raise self.failure("the server did not answer in time")

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _write(self, line: bytes) -> None:
        deadline = time.monotonic() + self.timeout
        view = memoryview(line)
        while view:
            if not select.select([], [self.stdin], [], max(0.0, deadline - time.monotonic()))[1]:
                raise self.failure("the server does not read its input")
            try:
                view = view[os.write(self.stdin, view) :]
            except BrokenPipeError as error:
                raise self.failure("the server has closed its input") from error

    def _read_line(self, deadline: float) -> bytes:
        while not self._pieces or b"\n" not in self._pieces[-1]:
            self.wait_readable(deadline)
            chunk = os.read(self.stdout, _CHUNK)
            if not chunk:
                raise self.failure("the server has ended")
            self._pieces.append(chunk)
        line, _, rest = b"".join(self._pieces).partition(b"\n")
        self._pieces = [rest] if rest else []
        return line

    def failure(self, what: str) -> ServerFailed:
        """Return an error that says *what* went wrong, and what the server said about it."""
        words = self.last_words()
        said = f"; its last words:\n{words}" if words else ""
        return ServerFailed(f"{self.name}: {what}{said}")


def _decoded(line: bytes) -> Object:
    """Return the message, or an empty one for whatever is none."""
    try:
        return msgspec.json.decode(line, type=Object)
    except msgspec.DecodeError:
        return {}
