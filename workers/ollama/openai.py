"""The API that many servers share, `/v1/*`: llama.cpp, vLLM, LM Studio, proxies, and Ollama itself.

Rule: what it has no word for is left out: `num_ctx` and `keep_alive`. Nothing can be pulled or deleted.
Source: OpenAI's API reference; "reasoning_content" is what llama.cpp and vLLM call a model's thoughts.
"""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from protocol.framing import Overlong
from workers.ollama.chains import is_same
from workers.ollama.chat import (
    ChatReply,
    ChatRequest,
    Chunk,
    Format,
    Message,
    OnChunk,
    Timings,
    ToolCall,
)
from workers.ollama.client import Embedded, EmbedRequest, Entry, Loaded, PullStatus, Shown
from workers.ollama.failures import Garbled, NoModel, Said, Unreachable
from workers.ollama.http import Http
from workers.ollama.loose import elements, members
from workers.ollama.sse import SseDecoder

MOST_EVENT_BYTES = 8 << 20
_MOST_CALLS = 128
_QUICK_S = 10.0
_DONE = b"[DONE]"


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: _Function = msgspec.field(default_factory=_Function)


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Event(msgspec.Struct):
    choices: list[_Choice] = []
    model: str = ""
    usage: _Usage | None = None
    error: Any = None


class _Model(msgspec.Struct):
    id: str
    owned_by: str = ""


class _Models(msgspec.Struct):
    data: list[_Model]


class _Vector(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Embeddings(msgspec.Struct):
    data: list[_Vector]
    usage: _Usage = msgspec.field(default_factory=_Usage)


_event = msgspec.json.Decoder(_Event)


class OpenAI:
    """A client of one such server (see `Client`)."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def alive(self) -> None:
        await self._http.fetch("GET", "/models", within_s=_QUICK_S)

    async def models(self) -> list[Entry]:
        data = await self._http.fetch("GET", "/models", within_s=_QUICK_S)
        return [Entry(name=model.id) for model in self._http.decode(data, _Models).data]

    async def loaded(self) -> list[Loaded]:
        return []  # it does not say

    async def show(self, model: str) -> Shown:
        data = await self._http.fetch("GET", "/models", within_s=_QUICK_S)
        for entry in elements(self._http.decode(data, dict[str, Any]).get("data")):
            if is_same(str(members(entry).get("id")), model):
                return Shown(facts=members(entry))
        raise NoModel(f"{self._http.name} has no model {model!r}", 404)

    async def chat(self, request: ChatRequest, on_chunk: OnChunk) -> ChatReply:
        """Have *request* answered (see `Chat`)."""
        heard = _Heard(request.model)
        events = self._events("/chat/completions", _chat_body(request))
        async with contextlib.aclosing(events):
            async for event in events:
                heard.take(self._decoded(event), on_chunk)
        if not heard.reason:
            raise Unreachable(f"{self._http.name} broke off before its reply was complete")
        return heard.reply()

    async def embed(self, request: EmbedRequest) -> Embedded:
        body: dict[str, Any] = {"model": request.model, "input": request.texts}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        said = self._http.decode(await self._http.fetch("POST", "/embeddings", body), _Embeddings)
        rows = sorted(said.data, key=lambda row: row.index)
        return Embedded(
            vectors=[row.embedding for row in rows], prompt_tokens=said.usage.prompt_tokens or 0
        )

    def pull(self, model: str) -> AsyncGenerator[PullStatus]:
        raise Said(f"{self._http.name} is not an Ollama server and cannot pull {model!r}")

    async def delete(self, model: str) -> None:
        raise Said(f"{self._http.name} is not an Ollama server and cannot delete {model!r}")

    # --- inside

    async def _events(self, path: str, body: object) -> AsyncGenerator[bytes]:
        decoder = SseDecoder(MOST_EVENT_BYTES)
        async with contextlib.aclosing(self._http.stream(path, body)) as stream:
            async for data in stream:
                for event in decoder.feed(data):
                    if isinstance(event, Overlong):
                        raise Garbled(
                            f"{self._http.name} sent an event of more than {MOST_EVENT_BYTES >> 20} MiB"
                        )
                    if event.strip() != _DONE:  # the end of the stream follows
                        yield event

    def _decoded(self, event: bytes) -> _Event:
        try:
            said = _event.decode(event)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Garbled(
                f"{self._http.name} sent an event that is not what its API promises: {error}"
            ) from error
        if said.error is not None:
            words = members(said.error).get("message", said.error)
            raise Said(f"{self._http.name} said: {self._http.clean(str(words))}")
        return said


class _Heard:
    """A reply while it comes: the arguments of its calls come in pieces, by the number of the call."""

    def __init__(self, model: str) -> None:
        self.reason = ""
        self._model = model
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: dict[int, list[str]] = {}
        self._usage = _Usage()

    def take(self, event: _Event, on_chunk: OnChunk) -> None:
        self._model = event.model or self._model
        self._usage = event.usage or self._usage
        for choice in event.choices[:1]:
            self.reason = choice.finish_reason or self.reason
            if choice.delta is not None:
                self._take(choice.delta, on_chunk)

    def _take(self, delta: _Delta, on_chunk: OnChunk) -> None:
        for call in delta.tool_calls or ():
            if call.index not in self._calls and len(self._calls) >= _MOST_CALLS:
                raise Garbled(f"it made more than {_MOST_CALLS} calls in one reply")
            known = self._calls.setdefault(call.index, ["", "", ""])
            known[0] = call.id or known[0]
            known[1] = call.function.name or known[1]
            known[2] += call.function.arguments or ""
        text, thinking = delta.content or "", delta.reasoning_content or delta.reasoning or ""
        if text or thinking:
            self._text.append(text)
            self._thinking.append(thinking)
            on_chunk(Chunk(text, thinking))

    def reply(self) -> ChatReply:
        calls = tuple(_call(*parts) for _, parts in sorted(self._calls.items()))
        message = Message(
            role="assistant",
            content="".join(self._text),
            thinking="".join(self._thinking),
            tool_calls=calls,
        )
        return ChatReply(
            message=message,
            model=self._model,
            reason=self.reason,
            timings=Timings(
                prompt_tokens=self._usage.prompt_tokens,
                completion_tokens=self._usage.completion_tokens,
            ),
        )


def _call(call_id: str, name: str, arguments: str) -> ToolCall:
    try:
        decoded = msgspec.json.decode(arguments or "{}", type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Garbled(f"it called {name!r} with arguments that are no JSON object") from error
    return ToolCall(name, decoded, call_id)


def _chat_body(request: ChatRequest) -> dict[str, Any]:
    options = request.options
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": options.temperature,
        # Below 0 it means "without a limit" to Ollama, and nothing here.
        "max_tokens": options.num_predict if (options.num_predict or 0) > 0 else None,
        "seed": options.seed,
        "stop": options.stop,
        "top_p": options.top_p,
        "top_k": options.top_k,
        "response_format": _response_format(request.format),
        "tools": [{"type": "function", "function": tool} for tool in request.tools] or None,
        **_thinking(request),
    }
    return {name: value for name, value in body.items() if value is not None}


def _thinking(request: ChatRequest) -> dict[str, Any]:
    if isinstance(request.think, bool):
        return {"chat_template_kwargs": {"enable_thinking": request.think}}
    return {"reasoning_effort": "high" if request.think == "max" else request.think}


def _response_format(wanted: Format | None) -> dict[str, Any] | None:
    if wanted is None:
        return None
    if wanted == "json":
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": wanted}}


def _message(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        pictures = [
            {"type": "image_url", "image_url": {"url": _data_url(i)}} for i in message.images
        ]
        said["content"] = [{"type": "text", "text": message.content}, *pictures]
    if message.tool_calls:
        said["tool_calls"] = [_made(call) for call in message.tool_calls]
    if message.role == "tool":
        said["tool_call_id"] = message.call_id
    return said


def _made(call: ToolCall) -> dict[str, Any]:
    arguments = msgspec.json.encode(call.arguments).decode()
    return {
        "id": call.id or call.name,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


_SIGNATURES = {"/9j/": "jpeg", "R0lGOD": "gif", "UklGR": "webp"}


def _data_url(image: str) -> str:
    """Return an image as a URL; what it is, its first bytes say."""
    kind = next((kind for start, kind in _SIGNATURES.items() if image.startswith(start)), "png")
    return f"data:image/{kind};base64,{image}"
