"""A fake Ollama on a port of its own: it speaks `/api/*` and `/v1/*` as a real one, and fails on command.

In an event loop: `async with FakeOllama() as fake`. For tests without a loop: `with in_thread(FakeOllama())
as fake`, which runs it in a thread. Either way `fake.script` says what comes, `fake.record` what came.
What it does is taken from the source of Ollama 0.33 (server/routes.go, server/sched.go, openai/openai.go).
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager
from typing import Any, Self, Unpack

from aiohttp import web

from support.fake_ollama_answer import Answer, Spoilt, json_response
from support.fake_ollama_engine import Capacity, Engine, Refused
from support.fake_ollama_native import Native
from support.fake_ollama_openai import OpenAI, error_response
from support.fake_ollama_record import DEADLINE_S, Record, Seen
from support.fake_ollama_requests import decode
from support.fake_ollama_script import ALL_CAPABILITIES, Model, Refuse, Script

MODELS = (
    Model(name="tiny"),
    Model(name="thinker:7b", capabilities=ALL_CAPABILITIES, parameter_size="7.6B"),
    Model(name="plain:1b", capabilities=("completion",), parameter_size="1.0B"),
    Model(name="embedder", capabilities=("embedding",), parameter_size="137M"),
)
"""What is installed if nothing else is said."""

_Handler = Callable[[Answer], Awaitable[web.StreamResponse]]


class FakeOllama:
    """One server. Its state is public: tests look at it and change it."""

    def __init__(
        self,
        models: Iterable[Model] = MODELS,
        *,
        pullable: Iterable[Model] = (),
        api_key: str | None = None,
        **capacity: Unpack[Capacity],
    ) -> None:
        """*pullable* may be pulled; with *api_key* every request needs it as its bearer."""
        self.script = Script()
        self.record = Record()
        self.engine = Engine(list(models), **capacity)
        self.port = 0
        self._api_key = api_key
        self._routes = self._all_routes(Native(self.engine, self.script, list(pullable)))
        self._released = asyncio.Event()
        self._server: web.Server | None = None
        self._listening: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """Where it is, for as long as it is open or closed, but not stopped."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._server = _Server(self._handle, self.record)
        await self.open_port()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close_port()

    # --- failures of the whole server

    async def close_port(self) -> None:
        """Refuse connections from now on, and drop those that there are."""
        listening, self._listening = self._listening, None
        if listening is not None and self._server is not None:
            listening.close()
            for connection in self._server.connections:
                connection.force_close()
            await self.record.until(lambda record: record.is_quiet)

    async def open_port(self) -> None:
        """Listen, at first on any free port, later on the same."""
        assert self._server is not None
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._server, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    def hold(self) -> None:
        """Let those stall again that are told to. From any thread."""
        self.call(self._released.clear)

    def release(self) -> None:
        """Let all go on that stall, now and later. From any thread."""
        self.call(self._released.set)

    def hold_loads(self) -> None:
        """Let no model be loaded until `allow_loads`. From any thread."""
        self.call(self.engine.may_load.clear)

    def allow_loads(self) -> None:
        """Let models be loaded again. From any thread."""
        self.call(self.engine.may_load.set)

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run *coroutine* in the server's loop, from another thread."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(DEADLINE_S)

    def call(self, callback: Callable[[], object]) -> None:
        """Call *callback* in the server's loop soon, from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(callback)

    # --- requests

    def _all_routes(self, native: Native) -> dict[tuple[str, str], _Handler]:
        openai = OpenAI(self.engine, self.script)
        return {
            ("GET", "/api/version"): native.version,
            ("GET", "/api/tags"): native.tags,
            ("GET", "/api/ps"): native.ps,
            ("POST", "/api/show"): native.show,
            ("POST", "/api/chat"): native.chat,
            ("POST", "/api/generate"): native.generate,
            ("POST", "/api/embed"): native.embed,
            ("POST", "/api/pull"): native.pull,
            ("DELETE", "/api/delete"): native.delete,
            ("GET", "/v1/models"): openai.models,
            ("POST", "/v1/chat/completions"): openai.chat,
            ("POST", "/v1/embeddings"): openai.embeddings,
        }

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        seen = Seen(request.method, request.path, dict(request.headers))
        self.record.requests.append(seen)
        self.record.note()
        try:
            response = await self._respond(request, seen)
        except asyncio.CancelledError:
            self.record.advance(seen, "aborted")
            raise
        except Spoilt as spoilt:
            response = spoilt.response
        seen.status = response.status
        if seen.stage != "cut":
            self.record.advance(seen, "answered")
        return response

    async def _respond(self, request: web.BaseRequest, seen: Seen) -> web.StreamResponse:
        try:
            return await self._answer(request, seen)
        except Refused as refused:
            if request.path.startswith("/v1/"):
                return error_response(refused)
            return json_response({"error": refused.message}, refused.status, refused.headers)

    async def _answer(self, request: web.BaseRequest, seen: Seen) -> web.StreamResponse:
        seen.body = await request.read()
        self._require_key(request)
        if seen.path == "/" and seen.method in {"GET", "HEAD"}:
            return web.Response(text="Ollama is running")
        method = "GET" if seen.method == "HEAD" else seen.method
        handler = self._routes.get((method, seen.path))
        if handler is None:
            return self._no_route(seen.path)
        if method != "GET":
            seen.json = decode(seen.body, dict[str, Any])
        plan = self.script.plan_for(seen.path, seen.model)
        if isinstance(plan.failure, Refuse):
            raise Refused(plan.failure.status, plan.failure.message, plan.failure.headers)
        answer = Answer(request, seen, self.record, plan, self._released)
        return await handler(answer)

    def _no_route(self, path: str) -> web.Response:
        if any(known == path for _, known in self._routes):
            return web.Response(text="405 method not allowed", status=405)
        return web.Response(text="404 page not found", status=404)

    def _require_key(self, request: web.BaseRequest) -> None:
        given = request.headers.get("Authorization")
        if self._api_key is not None and given != f"Bearer {self._api_key}":
            raise Refused(401, "unauthorized")


class _Server(web.Server):
    """Notes the connections as they come and go. A client that leaves ends its request, as in Go."""

    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], record: Record
    ) -> None:
        super().__init__(handler, handler_cancellation=True, request_factory=_unlimited)
        self._record = record

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._record.connections += 1
        self._record.connections_made += 1
        self._record.note()

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        super().connection_lost(handler, exc)
        self._record.connections -= 1
        self._record.note()


def _unlimited(
    message: Any, payload: Any, protocol: Any, writer: Any, task: Any
) -> web.BaseRequest:
    """Make a request whose body may be of any size: images are sent in it."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=0)


@contextmanager
def in_thread(fake: FakeOllama) -> Generator[FakeOllama]:
    """Run *fake* in a thread for as long as the block lasts."""
    started = threading.Event()
    stopping = asyncio.Event()

    async def serve() -> None:
        async with fake:
            started.set()
            await stopping.wait()

    thread = threading.Thread(target=asyncio.run, args=[serve()], name="fake ollama")
    thread.start()
    assert started.wait(DEADLINE_S)
    try:
        yield fake
    finally:
        fake.call(stopping.set)
        thread.join(DEADLINE_S)
