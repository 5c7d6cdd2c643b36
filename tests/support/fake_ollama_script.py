"""What a fake Ollama is told beforehand: which models it has, what they reply, and where it fails.

Rule 1: a failure uses up no scripted reply, so what is tried again gets the reply meant for it.
Rule 2: without a script every request gets the default reply; with a `format` that is JSON which conforms.
"""

from collections.abc import Callable
from typing import Any

import msgspec

BUSY = "server busy, please try again.  maximum pending requests exceeded"
ALL_CAPABILITIES = ("completion", "tools", "thinking", "vision")

Body = dict[str, Any]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One installed model. *capabilities* are those of `/api/show`: completion, tools, thinking, vision,
    embedding."""

    name: str
    capabilities: tuple[str, ...] = ("completion", "tools")
    family: str = "llama"
    parameter_size: str = "1.2B"
    size: int = 1_321_098_329
    context_length: int = 8192
    embedding_length: int = 8


class ToolCall(msgspec.Struct, frozen=True):
    """A call that the model makes natively."""

    name: str
    arguments: Body = {}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says: its thoughts, its text, and then its tool calls."""

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


class Refuse(msgspec.Struct, frozen=True, kw_only=True):
    """Answer with a status, and nothing else."""

    status: int = 503
    message: str = BUSY
    headers: dict[str, str] = {}


class ErrorLine(msgspec.Struct, frozen=True, kw_only=True):
    """Break off after so many pieces with an error: a line within a stream of status 200; else a 500."""

    after: int = 1
    message: str = "an error was encountered while running the model: unexpected EOF"


class Stall(msgspec.Struct, frozen=True, kw_only=True):
    """Say nothing more after so many pieces, until the test calls `release` or the client leaves."""

    after: int = 0


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """Close the connection after so many pieces; before the status line if it is none."""

    after: int = 1


class Garbage(msgspec.Struct, frozen=True, kw_only=True):
    """Send *data* instead of the piece after so many; then end the answer."""

    after: int = 0
    data: bytes = b'{"message": {"content": "bro\n'


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """Let so long pass before every piece."""

    pace_s: float


Failure = Refuse | ErrorLine | Stall | Cut | Garbage | Slow


class Plan(msgspec.Struct, frozen=True):
    """How one request fails, if it does, and the reply that is broken off by it, if it matters which."""

    failure: Failure | None = None
    reply: Reply | None = None


class _Step(msgspec.Struct):
    """One entry: for requests to *path* and *model* (None: any), so many *times* (None: always)."""

    path: str | None
    model: str | None
    times: int | None
    reply: Reply | None = None
    failure: Failure | None = None

    def suits(self, path: str, model: str) -> bool:
        return self.path in {None, path} and self.model in {None, model}


class Script:
    """What comes next. Any thread may add to it while the server runs."""

    def __init__(self) -> None:
        self.default: Reply | Callable[[Body], Reply] = Reply(text="Hello there, friend.")
        self._failures: list[_Step] = []
        self._replies: list[_Step] = []

    def reply(
        self, *replies: Reply | str, path: str | None = None, model: str | None = None
    ) -> None:
        """Reply with each of these in turn, once."""
        for each in replies:
            reply = Reply(text=each) if isinstance(each, str) else each
            self._replies.append(_Step(path, model, 1, reply))

    def fail(
        self,
        failure: Failure,
        *,
        times: int | None = 1,
        path: str | None = None,
        model: str | None = None,
        reply: Reply | None = None,
    ) -> None:
        """Fail the next requests, *times* of them (None: until `clear`); *reply* is what is broken off."""
        self._failures.append(_Step(path, model, times, reply, failure))

    def clear(self) -> None:
        """Forget everything that was to come."""
        self._failures.clear()
        self._replies.clear()

    def plan_for(self, path: str, model: str) -> Plan:
        """Take the next failure for this request, if there is one, and the reply that goes with it."""
        step = _take(self._failures, path, model)
        return Plan() if step is None else Plan(step.failure, step.reply)

    def reply_for(self, path: str, model: str, body: Body) -> Reply:
        """Take the next reply for this request."""
        step = _take(self._replies, path, model)
        if step is not None and step.reply is not None:
            return step.reply
        return self.default(body) if callable(self.default) else self.default

    @property
    def unused(self) -> int:
        """How many replies nobody has asked for yet."""
        return len(self._replies)


def _take(steps: list[_Step], path: str, model: str) -> _Step | None:
    step = next((each for each in steps if each.suits(path, model)), None)
    if step is not None and step.times is not None:
        step.times -= 1
        if step.times <= 0:
            steps.remove(step)
    return step
