"""A client of the whole server that always has so many calls in flight, and writes down what it sees."""

import contextlib
import json
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psutil

from chaos.history import Answered, Event, Invoked, check
from chaos.processes import children_of
from support.conversation import Conversation
from support.messages import Message, snippet_call
from support.sources import distinct
from support.starting import Starter
from support.toolcrew import Toolcrew

WORKER_NAME = "parse"


class Start(Starter):
    """Starts servers, also with a log of another kind."""

    def logging_to(self, stderr: int, **settings: object) -> Toolcrew:
        """Start the server with a given stderr."""
        stdin, to_server = os.pipe()
        from_server, stdout = os.pipe()
        mark = uuid.uuid4().hex
        popen = self.popen((), mark, stdin, stdout, stderr, **settings)
        os.close(stdin)
        os.close(stdout)
        talk = Conversation(to_server, from_server)
        return self.adopt(Toolcrew(popen, talk, Path(os.devnull), mark))


@contextlib.contextmanager
def starting() -> Generator[Start]:
    """Start servers in a folder of their own; nothing of them may be left."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        starter = Start(Path(folder))
        try:
            yield starter
        finally:
            starter.end_all()


def worker_pids(server: Toolcrew) -> list[int]:
    """Return the workers, which are not the zygote, as the system sees them."""
    pids: list[int] = []
    for pid in children_of(server.popen.pid):
        with contextlib.suppress(psutil.Error):
            if psutil.Process(pid).name() == WORKER_NAME:
                pids.append(pid)
    return pids


class Client:
    """Calls `code_parse` on snippets of which no two are alike."""

    def __init__(self, server: Toolcrew) -> None:
        self.events: list[Event] = []
        self.latencies_ms: list[float] = []
        self.failures: list[str] = []
        self._server = server
        self._asked_at: dict[int, float] = {}
        self._next = 1

    def run(self, seconds: float, in_flight: int, meanwhile: Callable[[], None]) -> None:
        """Have *in_flight* calls under way until *seconds* have passed, then hear them all out."""
        end = time.monotonic() + seconds
        self.ask(in_flight)
        while self._asked_at:
            meanwhile()
            self._take(self._server.talk.receive())
            if time.monotonic() < end:
                self.ask(1)

    def ask(self, count: int) -> None:
        """Make *count* calls in one go."""
        numbers = range(self._next, self._next + count)
        self._next += count
        now = time.monotonic()
        for number in numbers:
            self.events.append(Invoked(number, now, number))
            self._asked_at[number] = now
        self._server.talk.send(*(snippet_call(number, distinct(number)) for number in numbers))

    def hear_out(self) -> None:
        """Wait for every answer that is still to come."""
        while self._asked_at:
            self._take(self._server.talk.receive())

    def violations(self) -> list[str]:
        """Return every promise that was broken, and what was said that nobody had asked for."""
        unasked = [f"unasked: {message}" for message in self._server.talk.synchronise()]
        return unasked + [f"call {v.call}: {v.rule} {v.detail}" for v in check(self.events, None)]

    def _take(self, message: Message) -> None:
        number = message["id"]
        now = time.monotonic()
        asked_at = self._asked_at.pop(number, now)
        if "result" in message and not message["result"]["isError"]:
            self.latencies_ms.append((now - asked_at) * 1e3)
            self.events.append(Answered(number, now, "ok", _token(message["result"])))
        else:
            self.failures.append(error_code(message))
            self.events.append(Answered(number, now, "fail"))


def error_code(message: Message) -> str:
    """Return the code of an answer that is an error."""
    if "error" in message:
        return str(message["error"]["code"])
    code: str = message["result"]["_meta"]["toolcrew/error"]["code"]
    return code


def _token(result: Message) -> int:
    name: str = result["structuredContent"]["files"][0]["symbols"][0]["name"]
    return int(name.removeprefix("function_"))


def logged_events(server: Toolcrew) -> list[dict[str, Any]]:
    """Return the events in the server's log."""
    return [json.loads(line) for line in server.logged().splitlines()]
