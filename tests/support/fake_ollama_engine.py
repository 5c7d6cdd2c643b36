"""The models of a fake Ollama in memory: loading, slots, queues and eviction, as its scheduler does it.

A model that is loaded takes any number of requests: those beyond its slots wait without bound. Only those
that need a load wait in a queue of limited length, one load at a time, and the overflow is refused
(server/sched.go of Ollama 0.33: `getRunner` puts into a channel of OLLAMA_MAX_QUEUE places).
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypedDict

import msgspec

from support.fake_ollama_script import BUSY, Model

DEFAULT_KEEP_ALIVE_S = 300.0
DEFAULT_NUM_CTX = 4096
KeepAlive = float | str | None
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Refused(Exception):
    """The answer is this status and message."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class Capacity(TypedDict, total=False):
    """What OLLAMA_NUM_PARALLEL, _MAX_QUEUE and _MAX_LOADED_MODELS say, and how long a load takes."""

    num_parallel: int
    max_queue: int
    max_loaded: int
    load_s: float


@dataclass(eq=False)
class Loaded:
    """A model in memory."""

    model: Model
    num_ctx: int
    slots: asyncio.Semaphore
    expires_at: float = 0.0
    users: int = 0
    """Requests that have it, those that wait for a slot included."""
    running: int = 0
    most_running: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)


class Engine:
    """Which models there are, and which are loaded."""

    def __init__(
        self,
        models: list[Model],
        *,
        num_parallel: int = 1,
        max_queue: int = 512,
        max_loaded: int = 3,
        load_s: float = 0.0,
    ) -> None:
        """See `Capacity`."""
        self.models: dict[str, Model] = {}
        self.loaded: dict[str, Loaded] = {}
        self.loads = 0
        """How often a model was put into memory."""
        self.may_load = asyncio.Event()
        """Not set: every load waits."""
        self.may_load.set()
        self._num_parallel = num_parallel
        self._max_queue = max_queue
        self._max_loaded = max_loaded
        self._load_s = load_s
        self._loading = asyncio.Lock()
        self._pending = 0
        for model in models:
            self.install(model)

    def install(self, model: Model) -> None:
        """Add *model* to what is installed; its name gets a tag if it has none."""
        name = canonical(model.name)
        self.models[name] = msgspec.structs.replace(model, name=name)

    def find(self, name: str) -> Model:
        """Return an installed model.

        Raises:
            Refused: it is not installed.
        """
        model = self.models.get(canonical(name))
        if model is None:
            raise Refused(404, f"model '{name}' not found")
        return model

    @asynccontextmanager
    async def slot(
        self, model: Model, num_ctx: int | None, keep_alive: KeepAlive
    ) -> AsyncGenerator[Loaded]:
        """Have the model loaded and one of its slots for as long as the block lasts."""
        seconds = keep_alive_seconds(keep_alive)
        loaded = await self._use(model, num_ctx)
        try:
            async with loaded.slots:
                loaded.running += 1
                loaded.most_running = max(loaded.most_running, loaded.running)
                try:
                    yield loaded
                finally:
                    loaded.running -= 1
        finally:
            self._leave(loaded, seconds)

    def unload(self, model: Model) -> None:
        """Put *model* out of memory, if it is there."""
        self.loaded.pop(model.name, None)

    def living(self) -> list[Loaded]:
        """Return what is loaded; what has not been used for long enough is put out first."""
        now = time.monotonic()
        for name, loaded in list(self.loaded.items()):
            if loaded.users == 0 and loaded.expires_at <= now:
                del self.loaded[name]
        return list(self.loaded.values())

    async def _use(self, model: Model, num_ctx: int | None) -> Loaded:
        wanted = min(num_ctx or DEFAULT_NUM_CTX, model.context_length)
        loaded = self.loaded.get(model.name)
        if loaded is None or loaded.num_ctx != wanted:
            loaded = await self._load_in_turn(model, wanted)
        loaded.users += 1
        loaded.idle.clear()
        return loaded

    async def _load_in_turn(self, model: Model, num_ctx: int) -> Loaded:
        if self._loading.locked():
            if self._pending >= self._max_queue:
                raise Refused(503, BUSY)
            self._pending += 1
            try:
                await self._loading.acquire()
            finally:
                self._pending -= 1
        else:
            await self._loading.acquire()
        try:
            return await self._load(model, num_ctx)
        finally:
            self._loading.release()

    async def _load(self, model: Model, num_ctx: int) -> Loaded:
        present = self.loaded.get(model.name)
        if present is not None and present.num_ctx == num_ctx:
            return present
        if present is not None:
            await self._evict(present)
        elif len(self.loaded) >= self._max_loaded:
            await self._evict(
                min(self.loaded.values(), key=lambda each: (each.users, each.expires_at))
            )
        await self.may_load.wait()
        await asyncio.sleep(self._load_s)
        self.loads += 1
        loaded = Loaded(model, num_ctx, asyncio.Semaphore(self._num_parallel))
        self.loaded[model.name] = loaded
        return loaded

    async def _evict(self, loaded: Loaded) -> None:
        while loaded.users:
            await loaded.idle.wait()
        if self.loaded.get(loaded.model.name) is loaded:
            del self.loaded[loaded.model.name]

    def _leave(self, loaded: Loaded, seconds: float) -> None:
        loaded.users -= 1
        loaded.expires_at = time.monotonic() + seconds
        if loaded.users:
            return
        loaded.idle.set()
        if seconds == 0 and self.loaded.get(loaded.model.name) is loaded:
            del self.loaded[loaded.model.name]


def canonical(name: str) -> str:
    """Return *name* with its tag, as models are known."""
    name = name.lower()
    return name if ":" in name else f"{name}:latest"


def is_at_once(keep_alive: KeepAlive) -> bool:
    """Tell whether a keep_alive says to unload now."""
    return keep_alive is not None and keep_alive_seconds(keep_alive) == 0


def keep_alive_seconds(value: KeepAlive) -> float:
    """Return a keep_alive in seconds: a number, or a duration such as "5m"; below 0 is for ever.

    Raises:
        Refused: it is neither.
    """
    if value is None:
        return DEFAULT_KEEP_ALIVE_S
    seconds = _duration(value) if isinstance(value, str) else value
    if seconds is None:
        raise Refused(400, f'time: invalid duration "{value}"')
    return float("inf") if seconds < 0 else seconds


def _duration(text: str) -> float | None:
    """Return Go's notation in seconds; one unit is enough here."""
    number = text.rstrip("hms")
    unit = text[len(number) :]
    try:
        return float(number) * _UNITS[unit] if unit or float(number) else 0.0
    except (KeyError, ValueError):
        return None
