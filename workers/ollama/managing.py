"""`ollama_pull`, `ollama_delete` and `ollama_embed`."""

import asyncio
import contextlib
import time

import msgspec

from protocol.errors import CallRefused
from protocol.tools import ollama_delete, ollama_embed, ollama_pull
from protocol.tools.answered import answered
from protocol.tools.suggest import did_you_mean
from workers.context import AsyncJobContext
from workers.ollama.asking import refusal_of
from workers.ollama.client import EmbedRequest, PullStatus
from workers.ollama.failures import HostFailure
from workers.ollama.gateway import Gateway, Where
from workers.ollama.host import Host
from workers.ollama.run import MARGIN_S

_TELL_S = 0.2
_FRACTION = 1e-3

_pull_decoder = msgspec.json.Decoder(ollama_pull.Arguments)
_delete_decoder = msgspec.json.Decoder(ollama_delete.Arguments)
_embed_decoder = msgspec.json.Decoder(ollama_embed.Arguments)


class Managing:
    """Answers the three tools."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._pool = gateway.pool

    async def pull(self, arguments: msgspec.Raw, context: AsyncJobContext) -> bytes:
        """Download a model; the call's end, however it comes, ends the download."""
        given = _pull_decoder.decode(arguments)
        host = self._pull_host(given.host)
        told = _Told(context)
        began_at = time.monotonic()
        try:
            async with (
                host.asked() as client,
                contextlib.aclosing(client.pull(given.model)) as statuses,
            ):
                async for status in statuses:
                    told.hear(status, time.monotonic())
        except HostFailure as failure:
            raise refusal_of(failure, self._pool.settings.hint) from failure
        host.forget()
        result = ollama_pull.Result(
            model=given.model,
            host=host.name,
            status=told.status,
            bytes=told.total(),
            seconds=round(time.monotonic() - began_at, 6),
        )
        return answered(f"{given.model} is on host {host.name}: {told.status}", result)

    async def delete(self, arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        """Remove a model."""
        given = _delete_decoder.decode(arguments)
        try:
            host = await self._delete_host(given)
            async with host.asked() as client:
                await client.delete(given.model)
        except HostFailure as failure:
            raise refusal_of(failure, self._pool.settings.hint) from failure
        host.forget()
        result = ollama_delete.Result(model=given.model, host=host.name, deleted=True)
        return answered(f"{given.model} is deleted from host {host.name}", result)

    async def embed(self, arguments: msgspec.Raw, context: AsyncJobContext) -> bytes:
        """Turn texts into vectors."""
        given = _embed_decoder.decode(arguments)
        where, began_at = Where(), time.monotonic()
        request = EmbedRequest(
            model=given.model,
            texts=given.input,
            dimensions=given.dimensions,
            truncate=given.truncate,
            keep_alive=given.keep_alive,
        )
        try:
            async with asyncio.timeout_at(context.deadline - MARGIN_S):
                embedded = await self._gateway.embed(request, where)
        except HostFailure as failure:
            raise refusal_of(failure, self._pool.settings.hint) from failure
        except TimeoutError:
            message = f"The deadline has passed before {given.model} had answered."
            raise CallRefused("deadline", message) from None
        vectors = embedded.vectors
        if len(vectors) != len(given.input):
            message = f"{len(vectors)} vectors came for {len(given.input)} texts."
            raise CallRefused("no_answer", message)
        result = ollama_embed.Result(
            model=given.model,
            host=where.host,
            dimensions=len(vectors[0]),
            vectors=vectors,
            prompt_tokens=embedded.prompt_tokens,
            total_s=round(time.monotonic() - began_at, 6),
        )
        text = f"{len(vectors)} vectors of {result.dimensions} dimensions from {given.model}"
        return answered(text, result)

    # --- inside

    def _pull_host(self, name: str | None) -> Host:
        """Return the host that is to have a new model: the named one, else the first that can have any."""
        if name is not None:
            return self._named(name)
        native = [host for host in self._pool.hosts if host.settings.api == "ollama"]
        if not native:
            raise CallRefused(
                "not_allowed", "No host is an Ollama server, so nothing can be pulled."
            )
        return native[0]

    async def _delete_host(self, given: ollama_delete.Arguments) -> Host:
        if given.host is not None:
            return self._named(given.host)
        first = await self._pool.host_of(given.model)
        having = [host for host in self._pool.hosts if host.has(given.model)]
        if len(having) > 1:
            names = ", ".join(host.name for host in having)
            message = f"{given.model} is on several hosts: say which `host` ({names})."
            raise CallRefused("invalid_arguments", message)
        return first

    def _named(self, name: str) -> Host:
        hosts = {host.name: host for host in self._pool.hosts}
        if name not in hosts:
            hint = did_you_mean(name, hosts)
            message = f"`host`: there is no host {name[:60]!r}{hint} Hosts: {', '.join(hosts)}."
            raise CallRefused("invalid_arguments", message)
        return hosts[name]


class _Told:
    """How far a download is: bytes of all its parts, or lines while there are no parts."""

    def __init__(self, context: AsyncJobContext) -> None:
        self.status = ""
        self._context = context
        self._parts: dict[str, PullStatus] = {}
        self._done = 0.0
        self._told_at = float("-inf")

    def total(self) -> int:
        return sum(part.total for part in self._parts.values())

    def hear(self, status: PullStatus, now: float) -> None:
        """Take one line; what says something new is told at once."""
        is_new = status.status != self.status
        self.status = status.status
        if status.digest:
            self._parts[status.digest] = status
        if is_new or now - self._told_at >= _TELL_S:
            self._told_at = now
            self._tell()

    def _tell(self) -> None:
        completed = sum(part.completed for part in self._parts.values())
        # A figure must grow each time, and a part that is there already, or is looked at, adds nothing.
        self._done = max(float(completed), self._done + _FRACTION)
        self._context.progress(self._done, self.total() or None, self.status)
