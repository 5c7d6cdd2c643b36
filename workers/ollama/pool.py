"""All hosts: which has what, which is asked next, and a probe in the background for each that is down.

Rule 1: of the hosts that have a model and answer, the least busy is asked; of equally busy ones, the first.
Rule 2: a host that is down is left out as long as another has the model.
"""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from protocol.models.settings import OllamaSettings
from protocol.tools.suggest import did_you_mean
from workers.ollama.chains import Installed
from workers.ollama.failures import HostFailure, NoModel, Unreachable
from workers.ollama.host import Host

_SHORTEST_PROBE_S = 0.02


class Pool:
    """The hosts. Use `opened`."""

    def __init__(self, settings: OllamaSettings, on_event: Callable[[str, str, str], None]) -> None:
        """*on_event* hears what happens to a host: event, name, why."""
        self.settings = settings
        self._on_event = on_event
        self.hosts = [Host(host, settings, self._changed) for host in settings.hosts]
        self._probes: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator["Pool"]:
        """Have connections, and probes, for the time of the block."""
        async with AsyncExitStack() as stack:
            for host in self.hosts:
                await stack.enter_async_context(host.http)
            try:
                yield self
            finally:
                for probe in self._probes.values():
                    probe.cancel()
                await asyncio.gather(*self._probes.values(), return_exceptions=True)

    # --- questions

    def is_degraded(self) -> bool:
        """Tell whether some host does not answer."""
        return not all(host.breaker.is_closed() for host in self.hosts)

    def installed(self) -> list[Installed]:
        """Return the models of all hosts that answer, each once, loaded if it is anywhere."""
        found: dict[str, Installed] = {}
        for host in self._answering():
            for model in host.installed():
                if model.name not in found or model.is_loaded:
                    found[model.name] = model
        return list(found.values())

    async def learn(self, newer_than: float = float("-inf")) -> list[HostFailure]:
        """Have every host say what it has, if that is not known; return what went wrong."""
        asked = [host for host in self.hosts if not host.is_known(newer_than)]
        if not asked:
            return []
        results = await asyncio.gather(
            *(host.learn(newer_than) for host in asked), return_exceptions=True
        )
        failures: list[HostFailure] = []
        for result in results:
            if isinstance(result, HostFailure):
                failures.append(result)
            elif isinstance(result, BaseException):
                raise result
        return failures

    async def host_of(self, model: str, besides: Iterable[Host] = ()) -> Host:
        """Return the host to be asked for *model*, at best one other than *besides*.

        Raises:
            NoModel: no host has it.
            Unreachable: no host answers, or none of those that may have it.
        """
        began_at = time.monotonic()
        failures = await self.learn()
        if not self._having(model):  # perhaps it is new there
            failures = await self.learn(newer_than=began_at)
        having = self._having(model)
        if not having:
            raise self._none_has(model, failures)
        now = time.monotonic()
        choice = [h for h in having if h.breaker.would_allow(now) and h not in besides]
        choice = choice or [h for h in having if h.breaker.would_allow(now)] or having
        return min(choice, key=Host.load)

    # --- inside

    def _answering(self) -> list[Host]:
        return [host for host in self.hosts if host.breaker.is_closed()]

    def _having(self, model: str) -> list[Host]:
        return [host for host in self.hosts if host.has(model)]

    def _none_has(self, model: str, failures: list[HostFailure]) -> HostFailure:
        names = sorted({name for host in self.hosts for name in host.names()})
        if failures and not (names and self._answering()):
            first = failures[0]
            return self.unreachable(first) if isinstance(first, Unreachable) else first
        hint = did_you_mean(model, [name.removesuffix(":latest") for name in names])
        known = f" Installed: {', '.join(names[:20])}." if names else " No model is installed."
        down = f" ({failures[0]})" if failures else ""
        return NoModel(
            f"No host has the model {model!r}{hint or '.'}{known}{down} ollama_pull fetches one.",
            404,
        )

    def unreachable(self, failure: HostFailure) -> Unreachable:
        """Return what is said when nobody answers."""
        return Unreachable(f"No model server answers: {failure}. {self.settings.hint}".strip())

    def _changed(self, host: Host, before: str) -> None:
        state = host.breaker.state
        self._on_event(
            f"host_{state}", host.name, host.error if state == "open" else f"was {before}"
        )
        if state == "open" and host.name not in self._probes:
            self._probes[host.name] = asyncio.create_task(self._probe(host))

    async def _probe(self, host: Host) -> None:
        """Ask a host that is down whether it is there again, each time the breaker lets somebody through."""
        try:
            while not host.breaker.is_closed():
                wait_s = host.breaker.retry_in(time.monotonic())
                await asyncio.sleep(max(_SHORTEST_PROBE_S, wait_s))
                with suppress(HostFailure):
                    await host.probe()
            host.forget()
        except Exception as error:  # noqa: BLE001 - calls will find out then
            sys.stderr.write(f"the probe of host {host.name} failed: {type(error).__name__}\n")
        finally:
            del self._probes[host.name]
