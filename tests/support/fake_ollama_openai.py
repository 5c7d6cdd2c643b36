"""The OpenAI-compatible face of a fake model server: `/v1/*`."""

import itertools
import time
from typing import Any

import msgspec
from aiohttp import web

from support.fake_ollama_answer import (
    Answer,
    Limits,
    Piece,
    Spoken,
    count_tokens,
    json_response,
)
from support.fake_ollama_checks import require_capabilities, require_embedding
from support.fake_ollama_engine import Engine, Refused
from support.fake_ollama_replies import reply_to, vector
from support.fake_ollama_requests import Completion, Embed, decode
from support.fake_ollama_script import Body, Script, ToolCall


class OpenAI:
    """Answers `/v1/*`."""

    def __init__(self, engine: Engine, script: Script) -> None:
        self._engine = engine
        self._script = script
        self._ids = itertools.count(1)

    async def models(self, answer: Answer) -> web.StreamResponse:
        rows = [
            {"id": name, "object": "model", "created": 1, "owned_by": "library"}
            for name in self._engine.models
        ]
        return await answer.whole({"object": "list", "data": rows})

    async def embeddings(self, answer: Answer) -> web.StreamResponse:
        asked = decode(answer.seen.body, Embed)
        model = self._engine.find(asked.model)
        async with self._engine.slot(model, None, None):
            answer.begin(None)
            require_embedding(model)
            vectors = [vector(text, model, asked.dimensions) for text in asked.texts]
            rows = [
                {"object": "embedding", "index": index, "embedding": each}
                for index, each in enumerate(vectors)
            ]
            used = sum(map(count_tokens, asked.texts))
            usage = {"prompt_tokens": used, "total_tokens": used}
            said = {"object": "list", "data": rows, "model": asked.model, "usage": usage}
            return await answer.end(said)

    async def chat(self, answer: Answer) -> web.StreamResponse:
        asked = decode(answer.seen.body, Completion)
        model = self._engine.find(asked.model)
        if not asked.messages:
            raise Refused(400, "[] is too short - 'messages'")
        require_capabilities(model, tools=bool(asked.tools), think=None, verb="chat")
        thinks = "thinking" in model.capabilities and asked.reasoning_effort != "none"
        async with self._engine.slot(model, None, None) as loaded:
            answer.begin("text/event-stream" if asked.stream else None)
            reply = reply_to(answer, self._script, asked.schema, thinks=thinks)
            spoken = Spoken(reply, _limits(asked))
            prompt = "\n".join(message.text for message in asked.messages)
            read = min(count_tokens(prompt), loaded.num_ctx)
            deliver = self._stream if asked.stream else self._at_once
            return await deliver(answer, asked, spoken, read)

    async def _stream(
        self, answer: Answer, asked: Completion, spoken: Spoken, read: int
    ) -> web.StreamResponse:
        head = self._head(asked, "chat.completion.chunk")
        for piece in spoken.pieces():
            role = {} if answer.seen.pieces else {"role": "assistant"}
            choice: Body = {"index": 0, "delta": {**role, **_said(piece)}, "finish_reason": None}
            await answer.piece({**head, "choices": [choice]})
        last: Body = {"index": 0, "delta": {}, "finish_reason": _finish_reason(spoken)}
        await answer.piece({**head, "choices": [last]})
        if asked.stream_options is not None and asked.stream_options.include_usage:
            no_choices: list[Body] = []
            await answer.piece({**head, "choices": no_choices, "usage": _usage(read, spoken)})
        return await answer.end(msgspec.Raw(b"[DONE]"))

    async def _at_once(
        self, answer: Answer, asked: Completion, spoken: Spoken, read: int
    ) -> web.StreamResponse:
        for _ in spoken.pieces():
            await answer.piece(None)
        message = {"role": "assistant", **_said(spoken.whole)}
        choice = {"index": 0, "message": message, "finish_reason": _finish_reason(spoken)}
        head = self._head(asked, "chat.completion")
        return await answer.end({**head, "choices": [choice], "usage": _usage(read, spoken)})

    def _head(self, asked: Completion, kind: str) -> Body:
        return {
            "id": f"chatcmpl-{next(self._ids)}",
            "object": kind,
            "created": int(time.time()),
            "model": asked.model,
            "system_fingerprint": "fp_ollama",
        }


def error_response(refused: Refused) -> web.Response:
    """Return a refusal as OpenAI's clients expect it."""
    kinds = {400: "invalid_request_error", 401: "invalid_request_error", 404: "not_found_error"}
    error: Body = {
        "message": refused.message,
        "type": kinds.get(refused.status, "api_error"),
        "param": None,
        "code": "invalid_api_key" if refused.status == 401 else None,
    }
    return json_response({"error": error}, refused.status, refused.headers)


def _said(piece: Piece) -> Body:
    said: Body = {"content": piece.text}
    if piece.thinking:
        said["reasoning"] = piece.thinking
    if piece.tool_calls:
        said["tool_calls"] = [_call(at, call) for at, call in enumerate(piece.tool_calls)]
    return said


def _call(index: int, call: ToolCall) -> dict[str, Any]:
    """Arguments are a string here, unlike in Ollama's own API."""
    arguments = msgspec.json.encode(call.arguments).decode()
    function = {"name": call.name, "arguments": arguments}
    return {"index": index, "id": f"call_{index:08}", "type": "function", "function": function}


def _finish_reason(spoken: Spoken) -> str:
    return "tool_calls" if spoken.whole.tool_calls else spoken.done_reason


def _usage(read: int, spoken: Spoken) -> Body:
    return {
        "prompt_tokens": read,
        "completion_tokens": spoken.tokens,
        "total_tokens": read + spoken.tokens,
    }


def _limits(asked: Completion) -> Limits:
    most = asked.max_completion_tokens or asked.max_tokens
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    return Limits(num_predict=-1 if most is None else most, stop=tuple(stop))
