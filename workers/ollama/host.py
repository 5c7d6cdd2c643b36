"""One model server as the pool sees it: what it has, how much it does, and whether it answers.

Rule: whatever is asked of a server goes through `asked`, so that its breaker hears of every answer and of
every silence. A stall says nothing: a server that loads a model for minutes is alive.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from protocol.models.settings import HostSettings, OllamaSettings
from workers.ollama.breaker import Breaker, BreakerPolicy
from workers.ollama.bulkhead import Bulkhead
from workers.ollama.chains import Installed, full_name, is_same
from workers.ollama.client import Client, Entry, Loaded, Shown
from workers.ollama.failures import HostFailure, Stalled, Unreachable
from workers.ollama.http import Http
from workers.ollama.native import Native
from workers.ollama.openai import OpenAI

OnChange = Callable[["Host", str], None]
"""Hears of a host whose breaker is in another state now, and in which it was."""


class HostDown(Unreachable):
    """The host is known to be down and was not asked."""


class Host:
    """One server. Its client is open as long as the pool is."""

    def __init__(self, settings: HostSettings, all_: OllamaSettings, on_change: OnChange) -> None:
        is_native = settings.api == "ollama"
        is_rooted = settings.url.endswith("/v1")
        self.name = settings.name
        self.settings = settings
        self.http = Http(settings, all_, "" if is_native or is_rooted else "/v1")
        self.client: Client = Native(self.http) if is_native else OpenAI(self.http)
        self.breaker = Breaker(policy_of(all_), lambda before, _: on_change(self, before))
        self.entries: list[Entry] = []
        self.loaded: list[Loaded] = []
        self.error = ""
        self._listed_at = float("-inf")
        self._ttl_s = all_.inventory_ttl_s
        self._most_waiting = all_.most_waiting
        self._bulkheads: dict[str, Bulkhead] = {}
        self._shown: dict[tuple[str, str], Shown] = {}
        self._listing = asyncio.Lock()

    # --- asking

    @asynccontextmanager
    async def asked(self) -> AsyncGenerator[Client]:
        """Ask the server something within the block; its breaker hears what comes of it.

        Raises:
            HostDown: it is not to be asked now.
        """
        if not self.breaker.is_closed():
            await self.probe()  # the question itself may take minutes, in which nobody would know
        async with self._heard():
            yield self.client

    async def probe(self) -> None:
        """Ask whether it is there again, if it is time to.

        Raises:
            HostFailure: it is not.
        """
        async with self._heard():
            await self.client.alive()

    @asynccontextmanager
    async def _heard(self) -> AsyncGenerator[None]:
        """Have the breaker hear what comes of the block."""
        if not self.breaker.allows(time.monotonic()):
            wait_s = self.breaker.retry_in(time.monotonic())
            raise HostDown(
                f"host {self.name} is down and tried again in {wait_s:.1f} s: {self.error}"
            )
        try:
            yield
        except Unreachable as failure:
            self.error = str(failure)
            self.breaker.failed(time.monotonic())
            raise
        except Stalled:
            self.breaker.abandoned()
            raise
        except (Exception, asyncio.CancelledError) as failure:
            if isinstance(failure, HostFailure):
                self.breaker.answered(time.monotonic())
            else:
                self.breaker.abandoned()
            raise
        else:
            self.breaker.answered(time.monotonic())

    def bulkhead(self, model: str) -> Bulkhead:
        """Return the slots of one model."""
        key = full_name(model)
        if (bulkhead := self._bulkheads.get(key)) is None:
            bulkhead = self._bulkheads[key] = Bulkhead(self.settings.slots, self._most_waiting)
        return bulkhead

    def load(self) -> float:
        """Return how busy it is: requests, running and waiting, for each of a model's slots."""
        return sum(self.requests()) / self.settings.slots

    def requests(self) -> tuple[int, int]:
        """Return how many requests run, and how many wait."""
        each = self._bulkheads.values()
        return sum(one.running for one in each), sum(one.waiting for one in each)

    # --- what it has

    def has(self, model: str) -> bool:
        """Tell whether it has *model*, as far as is known."""
        return any(is_same(model, name) for name in self.names())

    def names(self) -> list[str]:
        """Return the models that it is known to have."""
        return list(self.settings.models) or [entry.name for entry in self.entries]

    def installed(self) -> list[Installed]:
        """Return them as chains want them."""
        loaded = {full_name(each.name) for each in self.loaded}
        known = {full_name(entry.name): entry for entry in self.entries}
        return [
            Installed(
                name=name,
                is_loaded=full_name(name) in loaded,
                family=known[full_name(name)].family if full_name(name) in known else "",
            )
            for name in self.names()
        ]

    def forget(self) -> None:
        """What it has is to be asked for anew."""
        self._listed_at = float("-inf")

    def is_known(self, newer_than: float = float("-inf")) -> bool:
        """Tell whether what it has is known, and was asked for after *newer_than* and not too long ago."""
        return self._listed_at > max(newer_than, time.monotonic() - self._ttl_s)

    async def learn(self, newer_than: float = float("-inf")) -> None:
        """Have it listed unless that is known.

        Raises:
            HostFailure: it cannot be asked.
        """
        async with self._listing:
            if self.is_known(newer_than):
                return
            began_at = time.monotonic()
            try:
                async with self.asked() as client:
                    self.entries = await client.models()
                    self.loaded = await client.loaded()
            except HostFailure as failure:
                if not isinstance(failure, HostDown):
                    self.error = str(failure)
                raise
            self._listed_at = began_at
            self.error = ""

    async def shown(self, model: str) -> Shown:
        """Return what it knows of one model, asked once for each content of it.

        Raises:
            HostFailure: it cannot be asked, or does not have it.
        """
        digest = next((e.digest for e in self.entries if is_same(e.name, model)), "")
        key = (full_name(model), digest)
        if not digest or key not in self._shown:
            async with self.asked() as client:
                shown = await client.show(model)
            self._shown = {k: v for k, v in self._shown.items() if k[0] != key[0]} | {key: shown}
        return self._shown[key]


def policy_of(settings: OllamaSettings) -> BreakerPolicy:
    """Return when hosts' breakers open."""
    return BreakerPolicy(
        failures=settings.breaker_failures,
        rate=settings.breaker_rate,
        window_s=settings.breaker_window_s,
        open_s=settings.breaker_open_s,
        open_max_s=settings.breaker_open_max_s,
    )
