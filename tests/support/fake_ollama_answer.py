"""How a fake Ollama gives an answer: piece by piece or at once, and failing where it was told to."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from aiohttp import web

from support.fake_ollama_engine import Refused
from support.fake_ollama_record import Record, Seen
from support.fake_ollama_script import (
    Cut,
    ErrorLine,
    Garbage,
    Plan,
    Refuse,
    Reply,
    Slow,
    Stall,
    ToolCall,
)

_TOKEN = re.compile(r"\s*\S+|\s+$")

Format = Literal["application/x-ndjson", "text/event-stream"]


NDJSON: Format = "application/x-ndjson"


class Spoilt(Exception):
    """The answer has been ended early, as the script wanted it; *response* is what was sent of it."""

    def __init__(self, response: web.StreamResponse) -> None:
        super().__init__()
        self.response = response


class Answer:
    """One answer on its way. Every piece goes through `piece`, whether it is sent or only counted."""

    def __init__(
        self,
        request: web.BaseRequest,
        seen: Seen,
        record: Record,
        plan: Plan,
        released: asyncio.Event,
    ) -> None:
        self.seen = seen
        self.own_reply = plan.reply
        self._request = request
        self._record = record
        self._failure = plan.failure
        self._released = released
        self._stream: web.StreamResponse | None = None
        self._content_type = ""

    def begin(self, content_type: Format | None) -> None:
        """Start a stream, or with None one JSON at the end. Its head goes with the first piece, as in Go."""
        self._content_type = content_type or ""
        self._record.advance(self.seen, "running")

    async def piece(self, value: Any) -> None:
        """Send one piece of a stream; of an answer that comes at once it is only counted."""
        if isinstance(self._failure, Slow):
            await asyncio.sleep(self._failure.pace_s)
        await self._fail_if_due(last=False)
        if self._content_type:
            await self._write(self._framed(value))
        self.seen.pieces += 1
        self._record.note()

    async def end(self, value: Any) -> web.StreamResponse:
        """Send the last piece, or the whole answer."""
        await self._fail_if_due(last=True)
        if not self._content_type:
            return json_response(value)
        await self._write(self._framed(value))
        return await self._close()

    async def whole(self, value: Any) -> web.StreamResponse:
        """Give one JSON as the whole answer."""
        self.begin(None)
        return await self.end(value)

    async def nothing(self) -> web.StreamResponse:
        """Give an empty answer."""
        await self.whole(None)
        return web.Response()

    async def break_off(self, message: str) -> web.StreamResponse:
        """End with an error: a line of a stream that has begun, a status otherwise."""
        if self._stream is None:
            raise Refused(500, message)
        error: Any = message if self._content_type == NDJSON else {"message": message}
        await self._write(self._framed({"error": error}))
        return await self._close()

    async def _close(self) -> web.StreamResponse:
        """End a stream that has had its last piece."""
        stream = await self._started()
        await stream.write_eof()
        return stream

    async def _write(self, data: bytes) -> None:
        """Send *data* as it is."""
        await (await self._started()).write(data)

    async def _started(self) -> web.StreamResponse:
        if self._stream is None:
            headers = {"Content-Type": self._content_type or "application/json"}
            self._stream = web.StreamResponse(headers=headers)
            await self._stream.prepare(self._request)
        return self._stream

    def _framed(self, value: Any) -> bytes:
        data = msgspec.json.encode(value)
        return b"%b\n" % data if self._content_type == NDJSON else b"data: %b\n\n" % data

    async def _fail_if_due(self, *, last: bool) -> None:
        """Fail if it is time. What was to come after more pieces than there are comes before the last."""
        failure = self._failure
        if failure is None or isinstance(failure, Refuse | Slow):
            return
        if failure.after > self.seen.pieces and not last:
            return
        self._failure = None
        match failure:
            case Stall():
                await self._stall()
            case Cut():
                self._cut()
            case Garbage():
                await self._write(failure.data)
                raise Spoilt(await self._close())
            case ErrorLine():
                if self._content_type:
                    await self._started()  # with status 200
                raise Spoilt(await self.break_off(failure.message))

    async def _stall(self) -> None:
        self._record.advance(self.seen, "stalled")
        await self._released.wait()
        self._record.advance(self.seen, "running")

    def _cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()
        self._record.advance(self.seen, "cut")
        raise Spoilt(self._stream or web.Response())


class Piece(msgspec.Struct, frozen=True):
    """What a model says in one step: a bit of thinking, a bit of text, or its tool calls."""

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()

    def joined(self, other: "Piece") -> "Piece":
        """Return this and then *other*."""
        return Piece(
            self.text + other.text,
            self.thinking + other.thinking,
            self.tool_calls + other.tool_calls,
        )


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reply ends early: after so many tokens (below 0: nowhere), or before one of these words."""

    num_predict: int = -1
    stop: tuple[str, ...] = ()


class Spoken:
    """One reply as a model gives it: cut to its limits, and counted."""

    def __init__(self, reply: Reply, limits: Limits) -> None:
        self._reply = reply
        self._limits = limits
        self.tokens = 0
        self.done_reason = "stop"
        self.whole = Piece()
        """All that has been said."""

    def pieces(self) -> Iterator[Piece]:
        """Yield what is said, step by step."""
        for piece in self._all():
            if 0 <= self._limits.num_predict <= self.tokens:
                self.done_reason = "length"
                return
            self.tokens += 1
            self.whole = self.whole.joined(piece)
            yield piece

    def _all(self) -> Iterator[Piece]:
        text = self._reply.text
        ends = [at for word in self._limits.stop if word and (at := text.find(word)) >= 0]
        text = text[: min(ends, default=len(text))]
        yield from (Piece(thinking=token) for token in tokens(self._reply.thinking))
        yield from (Piece(text=token) for token in tokens(text))
        if self._reply.tool_calls:
            yield Piece(tool_calls=self._reply.tool_calls)


def tokens(text: str) -> list[str]:
    """Cut *text* into words with the space before them; joined they are the text again."""
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    """Return how many tokens *text* has; none has less than one."""
    return max(1, len(tokens(text)))


def json_response(
    value: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Return one JSON object as an answer."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})},
    )
