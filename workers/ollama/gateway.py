"""The one door to all hosts: whatever is asked of a model passes here.

Rule 1: a question waits for a slot of its model, and is asked again, elsewhere or a little later, when no
answer came or the host was busy; never after an answer. How long all of that may take is up to the caller,
who cancels it.
Rule 2: nothing is asked once the budget is used up, and everything that was used is counted, also of a reply
that nobody waited for to its end.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from protocol.errors import CallRefused
from protocol.models.budget import Budget, Usage
from workers.ollama.backoff import full_jitter
from workers.ollama.bulkhead import BulkheadFull
from workers.ollama.chat import ChatReply, ChatRequest, Chunk, OnChunk
from workers.ollama.client import Client, Embedded, EmbedRequest
from workers.ollama.failures import Busy, Garbled, HostFailure, NoModel, Unreachable
from workers.ollama.host import Host, HostDown
from workers.ollama.pool import Pool

MOST_REPLY = 16 << 20
"""In characters, thoughts included; whoever says more will never end."""

_MOST_CONNECTIONS_TRIED = 3

_T = TypeVar("_T")


class Where(msgspec.Struct):
    """What became of one question: the last *host* that was asked, and how many *requests* were sent."""

    host: str = ""
    requests: int = 0


class Gateway:
    """All hosts behind one door (a `Chat`)."""

    def __init__(
        self, pool: Pool, budget: Budget, on_usage: Callable[[str, Usage, float], None]
    ) -> None:
        """*on_usage* hears what a host has used, and what it cost."""
        self.pool = pool
        self.budget = budget
        self._on_usage = on_usage

    async def chat(
        self, request: ChatRequest, on_chunk: OnChunk, where: Where | None = None
    ) -> ChatReply:
        """Have *request* answered by whichever host is best.

        Raises:
            HostFailure: no host has answered.
            CallRefused: the budget is used up.
        """
        heard = size = 0

        def hear(chunk: Chunk) -> None:
            nonlocal heard, size
            heard += 1
            size += len(chunk.text) + len(chunk.thinking)
            if size > MOST_REPLY:
                raise Garbled(f"its reply has more than {MOST_REPLY} characters")
            on_chunk(chunk)

        async def ask(client: Client, host: Host) -> ChatReply:
            nonlocal heard, size
            heard = size = 0
            try:
                reply = await client.chat(request, hear)
            except BaseException:
                self._spend(host, Usage(model=request.model, completion_tokens=heard))
                raise
            self._spend(host, _usage(request.model, reply, heard))
            return reply

        return await self._ask(request.model, ask, where or Where())

    async def embed(self, request: EmbedRequest, where: Where | None = None) -> Embedded:
        """Turn texts into vectors; raises what `chat` does."""

        async def ask(client: Client, host: Host) -> Embedded:
            embedded = await client.embed(request)
            usage = Usage(model=request.model, prompt_tokens=embedded.prompt_tokens)
            self._spend(host, usage)
            return embedded

        return await self._ask(request.model, ask, where or Where())

    async def capabilities(self, model: str) -> frozenset[str]:
        """Return what *model* can do, such as "tools" or "thinking"; empty where its host does not say.

        Raises:
            HostFailure: no host has answered.
        """
        host = await self.pool.host_of(model)
        return frozenset((await host.shown(model)).capabilities)

    # --- inside

    async def _ask(
        self, model: str, question: Callable[[Client, Host], Awaitable[_T]], where: Where
    ) -> _T:
        tried: list[Host] = []
        for attempt in itertools.count(1):
            host = None
            try:
                self._require_budget()
                host = await self.pool.host_of(model, tried)
                where.host = host.name
                return await self._ask_host(host, model, question, where)
            except (HostDown, NoModel):
                if host is None or not self._is_elsewhere(model, host, tried):
                    raise
            except (Unreachable, Busy) as failure:
                if attempt > self._most_retries(failure):
                    raise
                if host is None or not self._is_elsewhere(model, host, tried):
                    await self._pause(attempt, failure)
            if host is not None:
                tried.append(host)
        raise AssertionError  # unreachable: the loop has no end

    async def _ask_host(
        self,
        host: Host,
        model: str,
        question: Callable[[Client, Host], Awaitable[_T]],
        where: Where,
    ) -> _T:
        try:
            async with host.bulkhead(model).slot(), host.asked() as client:
                self._require_budget()
                self.budget.begin(time.time())
                where.requests += 1
                return await question(client, host)
        except BulkheadFull:
            waiting = self.pool.settings.most_waiting
            raise HostFailure(
                f"{waiting} calls wait for {model} on host {host.name} already: try again later"
            ) from None
        except NoModel:
            host.forget()
            raise

    def _most_retries(self, failure: HostFailure) -> int:
        most = self.pool.settings.retries
        return most if isinstance(failure, Busy) else min(most, _MOST_CONNECTIONS_TRIED - 1)

    def _is_elsewhere(self, model: str, host: Host, tried: list[Host]) -> bool:
        now = time.monotonic()
        others = (each for each in self.pool.hosts if each is not host and each not in tried)
        return any(each.has(model) and each.breaker.would_allow(now) for each in others)

    async def _pause(self, attempt: int, failure: HostFailure) -> None:
        settings = self.pool.settings
        pause_s = full_jitter(
            attempt, settings.backoff_base_s, settings.backoff_max_s, random.uniform
        )
        if isinstance(failure, Busy) and failure.retry_after is not None:
            pause_s += failure.retry_after
        await asyncio.sleep(pause_s)

    def _require_budget(self) -> None:
        if (exhausted := self.budget.refusal(time.time())) is not None:
            raise CallRefused("budget_exhausted", exhausted.message, exhausted.wait_s)

    def _spend(self, host: Host, usage: Usage) -> None:
        cost = self.budget.spend(usage, time.time())
        with suppress(OSError):
            self._on_usage(host.name, usage, cost)


def _usage(model: str, reply: ChatReply, heard: int) -> Usage:
    """Return what a reply took; where its host does not count, each piece counts as a token."""
    timings = reply.timings
    completion = heard if timings.completion_tokens is None else timings.completion_tokens
    return Usage(
        model=model, prompt_tokens=timings.prompt_tokens or 0, completion_tokens=completion
    )
