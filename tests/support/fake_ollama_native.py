"""The native face of a fake Ollama: `/api/*`, as server/routes.go of Ollama 0.33 has it."""

import hashlib
import time
from typing import Any

import msgspec
from aiohttp import web

from support import fake_ollama_shapes as shapes
from support.fake_ollama_answer import NDJSON, Answer, Piece, Spoken, count_tokens, json_response
from support.fake_ollama_checks import (
    require_capabilities,
    require_embedding,
    require_format,
    require_images,
    require_options,
)
from support.fake_ollama_engine import Engine, Refused, canonical, is_at_once
from support.fake_ollama_replies import reply_to, vector
from support.fake_ollama_requests import Chat, Embed, Generate, Inference, Named, decode
from support.fake_ollama_script import Model, Script

VERSION = "0.33.0"
_LAYER_BYTES = 4_000_000


class _Prompt(msgspec.Struct, frozen=True):
    """What a model is given; *is_empty*: it is only to be loaded."""

    text: str
    images: list[str]
    is_empty: bool


class Native:
    """Answers `/api/*`."""

    def __init__(self, engine: Engine, script: Script, pullable: list[Model]) -> None:
        self._engine = engine
        self._script = script
        self._pullable = {canonical(model.name): model for model in pullable}

    # --- what there is

    async def version(self, answer: Answer) -> web.StreamResponse:
        return await answer.whole({"version": VERSION})

    async def tags(self, answer: Answer) -> web.StreamResponse:
        models = [shapes.summary(model) for model in self._engine.models.values()]
        return await answer.whole({"models": models})

    async def ps(self, answer: Answer) -> web.StreamResponse:
        models = [shapes.process(loaded) for loaded in self._engine.living()]
        return await answer.whole({"models": models})

    async def show(self, answer: Answer) -> web.StreamResponse:
        asked = decode(answer.seen.body, Named)
        if not asked.either:
            raise Refused(400, "model is required")
        return await answer.whole(shapes.shown(self._engine.find(asked.either)))

    async def delete(self, answer: Answer) -> web.StreamResponse:
        model = self._engine.find(decode(answer.seen.body, Named).either)
        del self._engine.models[model.name]
        self._engine.unload(model)
        return await answer.nothing()

    async def pull(self, answer: Answer) -> web.StreamResponse:
        asked = decode(answer.seen.body, Named)
        if not asked.either:
            raise Refused(400, "invalid model name")
        answer.begin(None if asked.stream is False else NDJSON)
        await answer.piece({"status": "pulling manifest"})
        name = canonical(asked.either)
        model = self._pullable.get(name) or self._engine.models.get(name)
        if model is None:
            return await answer.break_off("pull model manifest: file does not exist")
        for line in _layer(name):
            await answer.piece(line)
        for status in ("verifying sha256 digest", "writing manifest"):
            await answer.piece({"status": status})
        self._engine.install(model)
        return await answer.end({"status": "success"})

    # --- inference

    async def chat(self, answer: Answer) -> web.StreamResponse:
        asked = decode(answer.seen.body, Chat)
        messages = asked.messages or []
        text = "\n".join(message.content for message in messages)
        images = [image for message in messages for image in message.images or []]
        prompt = _Prompt(text, images, not messages)
        return await self._infer(answer, asked, prompt, shapes.in_chat)

    async def generate(self, answer: Answer) -> web.StreamResponse:
        asked = decode(answer.seen.body, Generate)
        text = "\n".join(filter(None, [asked.system, asked.prompt]))
        prompt = _Prompt(text, asked.images or [], not asked.prompt)
        return await self._infer(answer, asked, prompt, shapes.in_generate)

    async def embed(self, answer: Answer) -> web.StreamResponse:
        started = time.perf_counter_ns()
        asked = decode(answer.seen.body, Embed)
        model = self._engine.find(asked.model)
        require_options(asked.options)
        async with self._engine.slot(model, None, asked.keep_alive):
            ready = time.perf_counter_ns()
            answer.begin(None)
            if asked.texts:
                require_embedding(model)
            embedded = {
                "model": asked.model,
                "embeddings": [vector(text, model, asked.dimensions) for text in asked.texts],
                "total_duration": time.perf_counter_ns() - started,
                "load_duration": ready - started,
                "prompt_eval_count": sum(map(count_tokens, asked.texts)),
            }
            return await answer.end(embedded)

    async def _infer(
        self, answer: Answer, asked: Inference, prompt: _Prompt, shape: shapes.Shape
    ) -> web.StreamResponse:
        started = time.perf_counter_ns()
        model = self._engine.find(asked.model)
        empty = {**shapes.opening(asked.model), **shape(Piece())}
        if prompt.is_empty and is_at_once(asked.keep_alive):
            self._engine.unload(model)
            return json_response({**empty, **shapes.done("unload")})
        has_tools = isinstance(asked, Chat) and bool(asked.tools)
        verb = "chat" if isinstance(asked, Chat) else "generate"
        require_capabilities(model, tools=has_tools, think=asked.think, verb=verb)
        limits = require_options(asked.options)
        num_ctx = (asked.options or {}).get("num_ctx")
        async with self._engine.slot(model, num_ctx, asked.keep_alive) as loaded:
            if prompt.is_empty:
                return json_response({**empty, **shapes.done("load")})
            ready = time.perf_counter_ns()
            answer.begin(NDJSON if asked.streams else None)
            require_images(model, prompt.images)
            schema = require_format(asked.format)
            # A model that can think does, unless it is told not to.
            thinks = "thinking" in model.capabilities and asked.think is not False
            spoken = Spoken(reply_to(answer, self._script, schema, thinks=thinks), limits)
            for piece in spoken.pieces():
                line = {**shapes.opening(asked.model), **shape(piece), "done": False}
                await answer.piece(line)
            last = shape(Piece() if asked.streams else spoken.whole)
            read = min(count_tokens(prompt.text), loaded.num_ctx)  # cut without a word
            figures = shapes.counts(read, spoken, started, ready)
            ending = {**shapes.done(spoken.done_reason), **figures}
            return await answer.end({**shapes.opening(asked.model), **last, **ending})


def _layer(name: str) -> list[dict[str, Any]]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    line = {"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": _LAYER_BYTES}
    quarters = [{**line, "completed": _LAYER_BYTES * quarter // 4} for quarter in range(1, 5)]
    return [line, *quarters]  # Go leaves `completed` out while it is 0
