"""The composition root: every part is made here, once, and given what it needs."""

import asyncio
import os
import time
from collections.abc import Callable

import msgspec

from cache.flight import Flights
from cache.l1 import L1
from coordinator.ahead import Ahead, prepare
from coordinator.built_in import built_in_kinds, ollama_kind
from coordinator.call import Call, Calls
from coordinator.config import Config, Loaded, describe
from coordinator.crew.actions import Note
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.disk_cache import disk_store
from coordinator.dispatch.dispatcher import Dispatcher
from coordinator.dispatch.quarantine import Quarantine
from coordinator.dispatch.queue import JobQueue
from coordinator.drafts import draft_kind
from coordinator.frontends.mcp.resources import Library, Resource, Template
from coordinator.frontends.mcp.server import McpServer
from coordinator.git.history import GitLimits
from coordinator.git.process import GitProcesses
from coordinator.models import Spending, ollama_settings, with_deadlines
from coordinator.nested import NestedCalls
from coordinator.observe.log import log_degraded, log_note, log_notice, log_worker_line
from coordinator.observe.metrics import Metrics, Observatory, degradation, summary
from coordinator.runs.earlier import Git
from coordinator.runs.merge import Merged
from coordinator.runs.request import Services
from coordinator.runs.results import PREFIX, TEMPLATE, Results
from coordinator.third_party import Offers, third_party_kind
from coordinator.thresholds import configured
from coordinator.version import __version__
from protocol.tools.catalog import offered
from protocol.tools.contract import Contract
from protocol.worker.messages import Notice, Ready
from protocol.worker.settings import WorkerSettings

_RESULT_ID_BYTES = 8
_OPEN_STORE_S = 0.3


class App:
    """A running server without its front ends. Make it on a running event loop."""

    def __init__(self, loaded: Loaded, ahead: Ahead | None = None) -> None:
        """*ahead* is what has been started already."""
        config = loaded.config
        self._loaded = loaded
        self._ahead = ahead = ahead or prepare(loaded)
        self._settings = ahead.settings
        self._directory = ahead.settings.working_directory
        models = ollama_settings(config.ollama, os.environ)
        self._spending = Spending(models)
        self._kinds = [
            *built_in_kinds(config.crew, self._settings, ahead.loading),
            *_draft_kinds(config, self._settings),
            ollama_kind(config.crew, self._settings, models),
            *_third_parties(loaded, self._settings),
        ]
        self._metrics = Metrics()
        self._cache = L1(config.cache.max_bytes, time.monotonic)
        self._store = disk_store(config, self._settings)
        self._quarantine = Quarantine(config.crew.quarantine_s)
        self._results = _new_results(config)
        self._git = GitProcesses()
        self.crew = self._new_crew()
        self.dispatcher = self._new_dispatcher()
        flights: Flights[Call] = Flights()
        self.calls = Calls(
            _contracts(config),
            self._services(),
            flights,
            self._metrics,
            self._directory,
        )
        self.calls.guard_with(self._spending.require)
        self.dispatcher.answer_with(NestedCalls(self.calls, self.crew.answer))
        self.offers = Offers(
            config.workers, self.calls.tools, lambda kind: self.crew.refusal(kind) is None
        )
        self._observatory = self._new_observatory(flights)
        self._add_tools()
        self.mcp = McpServer(
            self.calls,
            _library(self._observatory, loaded, self._results),
            config.server.page_size,
        )

    # --- its parts

    def _new_crew(self) -> LocalCrew:
        metrics = self._metrics
        return LocalCrew(
            self._kinds,
            self._loaded.config.crew.check_interval_s,
            CrewListener(
                on_note=lambda kind, note: _note(metrics, self.offers, kind, note),
                on_ready=lambda kind, ready: _ready(metrics, self.offers, kind, ready),
                on_log=lambda kind, number, text: _log(metrics, kind, number, text),
                on_notice=self._noticed,
            ),
            owns_process=True,
            others=self._git.pids,
        )

    def _noticed(self, kind: str, notice: Notice) -> None:
        """A worker wants something counted; what strangers want counted is their own business."""
        if kind not in self._loaded.config.workers:
            self._spending.noticed(notice)
            self._metrics.noticed(kind, notice)
            log_notice(kind, notice)

    def _new_dispatcher(self) -> Dispatcher:
        queue = self._loaded.config.queue
        return Dispatcher(
            self.crew,
            self.crew.kinds,
            lambda kind: JobQueue(queue.size, queue.class_step_s, lambda: self.crew.capacity(kind)),
            self._metrics.waited,
        )

    def _services(self) -> Services:
        config = self._loaded.config
        limits = GitLimits(
            directory=self._directory,
            roots=self._settings.roots,
            max_file_bytes=config.files.max_file_bytes,
        )
        return Services(
            dispatcher=self.dispatcher,
            cache=self._cache,
            store=self._store,
            quarantine=self._quarantine,
            files=config.files,
            crew=config.crew,
            git=Git(self._git, limits, config.crew.deadline_s),
            results=self._results,
            window={kind.name: 2 * kind.scaling.most + 1 for kind in self._kinds},
        )

    def _new_observatory(self, flights: Flights[Call]) -> Observatory:
        config = self._loaded.config
        return Observatory(
            version=__version__,
            started_at=time.monotonic(),
            metrics=self._metrics,
            cache=self._cache,
            cache_max_bytes=config.cache.max_bytes,
            flights=flights,
            queue_size=config.queue.size,
            dispatcher=self.dispatcher,
            quarantine=self._quarantine,
            crew=self.crew,
        )

    def _add_tools(self) -> None:
        """Add the tools that the coordinator answers itself."""
        observatory = self._observatory
        self.calls.add_local_tool("admin_get_metrics", lambda _: _metrics(observatory))
        if self._loaded.config.server.admin_tools:
            self._add_admin_tools()

    def _add_admin_tools(self) -> None:
        from coordinator.operators import Operators  # noqa: PLC0415 - few want it, all would wait

        operators = Operators(self.crew, lambda kind: len(self.dispatcher.queues[kind]))
        self.calls.add_local_tool("admin_list_workers", operators.list_workers)
        self.calls.add_local_tool("admin_restart_worker", operators.restart_worker)
        self.calls.add_local_tool("admin_drain", operators.drain)

    def reporter(self) -> Callable[[float], bytes]:
        """Return what says how the server is at a time, on one line; see `StatusSocket`."""
        from coordinator.observe.reporter import Reporter  # noqa: PLC0415 - few will ask

        return Reporter(self._observatory, self._directory).line

    def start(self) -> None:
        """Start the crew; calls may come at once and wait for it."""
        self.crew.start(self.dispatcher)
        if self._store is not None:  # later, because it must not delay the first answers
            asyncio.get_running_loop().call_later(_OPEN_STORE_S, self._store.open)

    async def close(self, *, at_once: bool = False) -> None:
        """Refuse what still comes, end what still runs, and return when no worker is left."""
        self.dispatcher.close()
        self.calls.close()
        await self._git.close()
        await self.crew.close(0.0 if at_once else min(1.0, self._loaded.config.server.grace_s))
        if self._store is not None:
            await self._store.close()
        self._ahead.resources.close()


def _contracts(config: Config) -> dict[str, Contract]:
    contracts = offered(admin_tools=config.server.admin_tools, drafts=config.drafts.enabled)
    return with_deadlines(configured(contracts, config.analyze), config.ollama)


def _note(metrics: Metrics, offers: Offers, kind: str, note: Note) -> None:
    metrics.noted(kind, note.event)
    log_note(kind, note)
    offers.noted(kind, note)


def _log(metrics: Metrics, kind: str, number: int, text: str) -> None:
    if lacks := degradation(text):
        _degraded(kind, metrics.degraded(kind, lacks))
    else:
        log_worker_line(kind, number, text)


def _degraded(kind: str, parts: dict[str, str]) -> None:
    for part, state in parts.items():
        log_degraded(kind, part, state.removeprefix("off: "))


def _ready(metrics: Metrics, offers: Offers, kind: str, ready: Ready) -> None:
    offers.ready(kind, ready)
    _degraded(kind, metrics.announced(kind, ready))


def _draft_kinds(config: Config, settings: WorkerSettings) -> list[KindConfig]:
    return [draft_kind(config, settings)] if config.drafts.enabled else []


def _third_parties(loaded: Loaded, settings: WorkerSettings) -> list[KindConfig]:
    config = loaded.config
    return [
        third_party_kind(name, worker, config.crew, settings, loaded.folder)
        for name, worker in config.workers.items()
    ]


def _new_results(config: Config) -> Results:
    server = config.server
    return Results(
        server.results_bytes,
        server.results_ttl_s,
        lambda: os.urandom(_RESULT_ID_BYTES).hex(),
    )


def _metrics(observatory: Observatory) -> Merged:
    seen = observatory.observe()
    return Merged(text=summary(seen), structured=msgspec.json.encode(seen))


def _library(observatory: Observatory, loaded: Loaded, results: Results) -> Library:
    library = Library()
    library.add(
        Resource(
            uri="toolcrew://metrics",
            name="metrics",
            title="Server metrics",
            description="What admin_get_metrics answers, as it is now.",
        ),
        lambda: msgspec.json.encode(observatory.observe()),
    )
    library.add(
        Resource(
            uri="toolcrew://config",
            name="config",
            title="Effective configuration",
            description="Every setting with its value, meaning, bounds and source.",
        ),
        lambda: msgspec.json.encode(describe(loaded)),
    )
    library.add_template(
        Template(
            uri_template=TEMPLATE,
            name="results",
            title="Large answers",
            description="A page of an answer that was too large for one message; see `result_uri`.",
        ),
        PREFIX,
        lambda uri: results.read(uri, time.monotonic()),
    )
    return library
