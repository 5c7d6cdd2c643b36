"""`ollama_list_models` and `ollama_show`."""

import asyncio
from typing import Any

import msgspec

from protocol.models.settings import TASK_TYPES
from protocol.tools import ollama_list_models, ollama_show
from protocol.tools.answered import answered
from protocol.tools.ollama_list_models import LoadedModel, Model, ModelServer, Result, Spent
from workers.context import AsyncJobContext
from workers.ollama.asking import refusal_of
from workers.ollama.chains import candidates, chain_of, full_name
from workers.ollama.client import Entry, Shown
from workers.ollama.failures import HostFailure
from workers.ollama.gateway import Gateway
from workers.ollama.host import Host
from workers.ollama.loose import elements, members

_AT_ONCE = 8
_LONGEST_FACT = 4_000
_MOST_DEPTH = 8
_MOST_FACTS = 100

_list_decoder = msgspec.json.Decoder(ollama_list_models.Arguments)
_show_decoder = msgspec.json.Decoder(ollama_show.Arguments)


class Listings:
    """Answers the two tools."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._pool = gateway.pool
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def list_models(self, arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        """Say what there is; a host that does not answer is told of, and fails nothing."""
        given = _list_decoder.decode(arguments)
        for host in self._pool.hosts:
            host.forget()
        failures = await self._pool.learn()
        models = await asyncio.gather(
            *(
                self._model(host, entry, details=given.details)
                for host in self._pool.hosts
                if host.breaker.is_closed() and not host.error
                for entry in _entries(host)
            )
        )
        result = self._result(models, failures)
        return answered(_list_text(result), result)

    async def show(self, arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        """Say all that is known of one model."""
        given = _show_decoder.decode(arguments)
        try:
            host = await self._pool.host_of(given.model)
            shown = await host.shown(given.model)
        except HostFailure as failure:
            raise refusal_of(failure, self._pool.settings.hint) from failure
        result = ollama_show.Result(
            model=given.model,
            host=host.name,
            context_length=shown.context_length,
            capabilities=list(shown.capabilities),
            facts=_shortened(shown.facts, _MOST_DEPTH),
        )
        return answered(_show_text(result), result)

    # --- inside

    async def _model(self, host: Host, entry: Entry, *, details: bool) -> Model:
        shown = Shown()
        if details:
            async with self._slots:
                try:
                    shown = await host.shown(entry.name)
                except HostFailure:
                    shown = Shown()  # it is listed all the same
        loaded = next((m for m in host.loaded if full_name(m.name) == full_name(entry.name)), None)
        return Model(
            name=entry.name,
            host=host.name,
            size_bytes=entry.size_bytes,
            family=entry.family,
            parameters=entry.parameters,
            quantization=entry.quantization,
            context_length=shown.context_length,
            capabilities=list(shown.capabilities),
            modified_at=entry.modified_at,
            loaded=None
            if loaded is None
            else LoadedModel(
                size_bytes=loaded.size_bytes,
                vram_bytes=loaded.vram_bytes,
                context_length=loaded.context_length,
                expires_at=loaded.expires_at,
            ),
        )

    def _result(self, models: list[Model], failures: list[HostFailure]) -> Result:
        hosts = [_server(host) for host in self._pool.hosts]
        down = sum(host.state == "down" for host in hosts)
        settings = self._pool.settings
        installed = self._pool.installed()
        budget = self._gateway.budget
        return Result(
            status="ok" if not down else "unreachable" if down == len(hosts) else "degraded",
            hosts=hosts,
            models=models,
            chains={
                task: candidates(chain_of(task, settings.chains), installed)[: settings.most_models]
                for task in TASK_TYPES
            },
            spent=Spent(calls=budget.calls, tokens=budget.tokens, money=round(budget.money, 9)),
            hint=settings.hint if down or failures else "",
        )


def _entries(host: Host) -> list[Entry]:
    """Return what a host has; of models that are only configured, no more than the name is known."""
    known = {full_name(entry.name): entry for entry in host.entries}
    return [known.get(full_name(name), Entry(name=name)) for name in host.names()]


def _server(host: Host) -> ModelServer:
    running, waiting = host.requests()
    is_up = host.breaker.is_closed() and not host.error
    return ModelServer(
        name=host.name,
        url=host.settings.url,
        api=host.settings.api,
        state="up" if is_up else "down",
        models=len(host.names()) if is_up else 0,
        slots=host.settings.slots,
        running=running,
        waiting=waiting,
        error=host.error,
    )


def _shortened(value: Any, depth: int) -> Any:
    """Return *value* with long texts and lists cut: a licence of pages, or a vocabulary, helps nobody."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_FACT else value[: _LONGEST_FACT - 1] + "…"
    if depth == 0:
        return "…"
    if found := members(value):
        return {key: _shortened(each, depth - 1) for key, each in found.items()}
    if rows := elements(value):
        return [_shortened(each, depth - 1) for each in rows[:_MOST_FACTS]]
    return value


def _list_text(result: Result) -> str:
    lines = [f"{len(result.models)} models · {result.status}"]
    lines += [
        f"host {host.name} ({host.url}) is {host.state}" + (f": {host.error}" if host.error else "")
        for host in result.hosts
    ]
    lines += [_model_line(model) for model in result.models]
    return "\n".join([*lines, result.hint] if result.hint else lines)


def _model_line(model: Model) -> str:
    facts = [
        model.name,
        model.parameters,
        model.quantization,
        f"{model.size_bytes / 1e9:.1f} GB" if model.size_bytes else "",
        f"context {model.context_length}" if model.context_length else "",
        ", ".join(model.capabilities),
        "loaded" if model.loaded else "",
        f"on {model.host}",
    ]
    return " · ".join(fact for fact in facts if fact)


def _show_text(result: ollama_show.Result) -> str:
    can = ", ".join(result.capabilities) or "unknown"
    return f"{result.model} on {result.host} · context {result.context_length} · can: {can}"
