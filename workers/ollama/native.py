"""Ollama's own API, `/api/*`.

Rule: an error may come in any line of a stream, with HTTP 200, so every line is looked at for one; a stream
that ends without its last line was cut.
Source: Ollama's api/types.go and server/routes.go.
"""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from protocol.framing import LineDecoder, Overlong
from protocol.tools.ollama_pull import STALL_S
from workers.ollama.chat import ChatReply, ChatRequest, Chunk, Message, OnChunk, Timings, ToolCall
from workers.ollama.client import Embedded, EmbedRequest, Entry, Loaded, PullStatus, Shown
from workers.ollama.failures import Garbled, NoModel, Said, Unreachable
from workers.ollama.http import Http
from workers.ollama.loose import elements, members

MOST_LINE_BYTES = 8 << 20
_QUICK_S = 10.0
_NS = 1e-9


class _Function(msgspec.Struct):
    name: str = ""
    arguments: dict[str, Any] = {}


class _Call(msgspec.Struct):
    function: _Function = msgspec.field(default_factory=_Function)
    id: str = ""


class _Turn(msgspec.Struct):
    content: str = ""
    thinking: str = ""
    tool_calls: list[_Call] = []


class _Line(msgspec.Struct):
    message: _Turn = msgspec.field(default_factory=_Turn)
    model: str = ""
    done: bool = False
    done_reason: str = ""
    error: str = ""
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    load_duration: int | None = None
    prompt_eval_duration: int | None = None
    eval_duration: int | None = None


class _PullLine(msgspec.Struct):
    status: str = ""
    digest: str = ""
    total: int = 0
    completed: int = 0
    error: str = ""


class _Details(msgspec.Struct):
    family: str = ""
    parameter_size: str = ""
    quantization_level: str = ""
    context_length: int = 0


class _Model(msgspec.Struct):
    name: str
    digest: str = ""
    size: int = 0
    size_vram: int = 0
    modified_at: str = ""
    expires_at: str = ""
    context_length: int = 0
    details: _Details | None = None


class _Models(msgspec.Struct):
    models: list[_Model] | None = None


class _Embeddings(msgspec.Struct):
    embeddings: list[list[float]]
    prompt_eval_count: int = 0
    total_duration: int | None = None
    load_duration: int | None = None


_line = msgspec.json.Decoder(_Line)
_pull_line = msgspec.json.Decoder(_PullLine)


class Native:
    """A client of one Ollama server (see `Client`)."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def alive(self) -> None:
        await self._http.fetch("GET", "/api/version", within_s=_QUICK_S)

    async def models(self) -> list[Entry]:
        data = await self._http.fetch("GET", "/api/tags", within_s=_QUICK_S)
        return [_entry(model) for model in self._http.decode(data, _Models).models or ()]

    async def loaded(self) -> list[Loaded]:
        data = await self._http.fetch("GET", "/api/ps", within_s=_QUICK_S)
        return [
            Loaded(
                name=model.name,
                size_bytes=model.size,
                vram_bytes=model.size_vram,
                context_length=model.context_length,
                expires_at=model.expires_at,
            )
            for model in self._http.decode(data, _Models).models or ()
        ]

    async def show(self, model: str) -> Shown:
        data = await self._http.fetch("POST", "/api/show", {"model": model}, within_s=_QUICK_S)
        facts = self._http.decode(data, dict[str, Any])
        lengths = [
            value
            for key, value in members(facts.get("model_info")).items()
            if key.endswith(".context_length") and isinstance(value, int)
        ]
        capabilities = tuple(map(str, elements(facts.get("capabilities"))))
        return Shown(context_length=max(lengths, default=0), capabilities=capabilities, facts=facts)

    async def chat(self, request: ChatRequest, on_chunk: OnChunk) -> ChatReply:
        """Have *request* answered (see `Chat`)."""
        heard = _Heard(request.model)
        last: _Line | None = None
        async with contextlib.aclosing(self._lines("/api/chat", _chat_body(request))) as lines:
            async for (
                line
            ) in lines:  # to the end of the stream, so that its connection can be used again
                said: _Line = self._decoded(_line, line)
                self._require_no_error(said.error)
                heard.take(said, on_chunk)
                last = said if said.done else last
        if last is None:
            raise Unreachable(f"{self._http.name} broke off before its reply was complete")
        return heard.reply(last)

    async def embed(self, request: EmbedRequest) -> Embedded:
        body = {
            "model": request.model,
            "input": request.texts,
            "dimensions": request.dimensions,
            "truncate": request.truncate,
            "keep_alive": request.keep_alive,
        }
        data = await self._http.fetch("POST", "/api/embed", _given(body))
        said = self._http.decode(data, _Embeddings)
        return Embedded(
            vectors=said.embeddings,
            prompt_tokens=said.prompt_eval_count,
            total_s=_seconds(said.total_duration),
            load_s=_seconds(said.load_duration),
        )

    async def pull(self, model: str) -> AsyncGenerator[PullStatus]:
        is_done = False
        body = {"model": model, "stream": True}
        async with contextlib.aclosing(self._lines("/api/pull", body, STALL_S)) as lines:
            async for line in lines:
                said: _PullLine = self._decoded(_pull_line, line)
                self._require_no_error(said.error)
                is_done = said.status == "success"
                yield PullStatus(said.status, said.digest, said.total, said.completed)
        if not is_done:
            raise Unreachable(f"{self._http.name} broke off before the model was there")

    async def delete(self, model: str) -> None:
        await self._http.fetch("DELETE", "/api/delete", {"model": model})

    # --- inside

    async def _lines(
        self, path: str, body: object, idle_s: float | None = None
    ) -> AsyncGenerator[bytes]:
        decoder = LineDecoder(MOST_LINE_BYTES)
        async with contextlib.aclosing(self._http.stream(path, body, idle_s)) as stream:
            async for data in stream:
                for line in decoder.feed(data):
                    if isinstance(line, Overlong):
                        raise Garbled(
                            f"{self._http.name} sent a line of more than {MOST_LINE_BYTES >> 20} MiB"
                        )
                    if line:
                        yield line
        if rest := decoder.rest():
            yield rest

    def _decoded(self, decoder: Any, line: bytes) -> Any:
        try:
            return decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Garbled(
                f"{self._http.name} sent a line that is not what its API promises: {error}"
            ) from error

    def _require_no_error(self, error: str) -> None:
        if error:
            said = f"{self._http.name} said: {self._http.clean(error)}"
            is_unknown = "not found" in error and "model" in error
            raise NoModel(said) if is_unknown else Said(said)


class _Heard:
    """A reply while it comes."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[ToolCall] = []

    def take(self, said: _Line, on_chunk: OnChunk) -> None:
        turn = said.message
        self._calls += (
            ToolCall(c.function.name, c.function.arguments, c.id) for c in turn.tool_calls
        )
        if turn.content or turn.thinking:
            self._text.append(turn.content)
            self._thinking.append(turn.thinking)
            on_chunk(Chunk(turn.content, turn.thinking))

    def reply(self, last: _Line) -> ChatReply:
        message = Message(
            role="assistant",
            content="".join(self._text),
            thinking="".join(self._thinking),
            tool_calls=tuple(self._calls),
        )
        return ChatReply(
            message=message,
            model=last.model or self._model,
            reason=last.done_reason,
            timings=Timings(
                prompt_tokens=last.prompt_eval_count,
                completion_tokens=last.eval_count,
                load_s=_seconds(last.load_duration),
                prompt_s=_seconds(last.prompt_eval_duration),
                eval_s=_seconds(last.eval_duration),
            ),
        )


def _chat_body(request: ChatRequest) -> dict[str, Any]:
    body = {
        "model": request.model,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "options": _given(msgspec.structs.asdict(request.options)) or None,
        "think": request.think,
        "format": request.format,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "keep_alive": request.keep_alive,
    }
    return _given(body)


def _tool(tool: Any) -> dict[str, Any]:
    return {"type": "function", "function": msgspec.structs.asdict(tool)}


def _message(message: Message) -> dict[str, Any]:
    calls = [{"function": {"name": c.name, "arguments": c.arguments}} for c in message.tool_calls]
    optional = {
        "thinking": message.thinking or None,
        "images": message.images or None,
        "tool_calls": calls or None,
        "tool_name": message.tool_name or None,
    }
    return {"role": message.role, "content": message.content, **_given(optional)}


def _entry(model: _Model) -> Entry:
    details = model.details or _Details()
    return Entry(
        name=model.name,
        digest=model.digest,
        size_bytes=model.size,
        family=details.family,
        parameters=details.parameter_size,
        quantization=details.quantization_level,
        modified_at=model.modified_at,
    )


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, without what was not."""
    return {name: value for name, value in fields.items() if value is not None}


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds * _NS
