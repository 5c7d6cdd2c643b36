"""The life of one call, top to bottom: arguments, key, cache, flight, run, answer. Read this file first.

Rule 1: a call is answered exactly once, or never if it is cancelled.
Rule 2: a hit is answered before `start` returns: no task, no re-encoding.
Rule 3: only a good answer is cached; a failure is told to everybody who waits for it and forgotten.
"""

import os
import stat
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from cache.flight import Flights
from cache.key import call_key
from cache.l1 import L1
from coordinator.fanout import FileRun, Request, Services
from coordinator.merge import Merged
from coordinator.observe.log import get_logger
from coordinator.observe.metrics import Metrics
from protocol.errors import CallRefused
from protocol.mcp.shape import call_body
from protocol.tools.arguments import ArgumentDecoder
from protocol.tools.contract import Contract, Priority
from protocol.tools.files import Source, Sources
from protocol.tools.fingerprint import fingerprint
from protocol.worker.messages import Progress

log = get_logger(__name__)

_GLOB = frozenset("*?[")
_encode = msgspec.json.Encoder().encode

LocalTool = Callable[[msgspec.Struct], Merged]
"""A tool that the coordinator answers itself, at once, given its arguments; it may raise `CallRefused`."""


class Caller(Protocol):
    """Whom to tell: `on_answer` or `on_refusal` is called, once, unless the call is cancelled."""

    def on_answer(self, body: bytes) -> None:
        """The encoded body of the result (see `protocol.mcp.shape`)."""

    def on_refusal(self, refusal: CallRefused) -> None:
        """There is no result, and why."""

    def on_progress(self, progress: Progress) -> None:
        """How far the call is."""

    def on_warning(self, text: str) -> None:
        """Something went wrong that the caller need not do anything about."""


class Call:
    """One call in progress; compares by identity, because equal calls may wait side by side."""

    __slots__ = (
        "arguments",
        "caller",
        "key",
        "priority",
        "started_at",
        "tenant",
        "tool",
        "trace",
    )

    def __init__(
        self,
        tool: str,
        arguments: bytes,
        caller: Caller,
        priority: Priority | None = None,
        trace: str | None = None,
        tenant: str = "-",
    ) -> None:
        """*tenant* is on whose behalf: tenants get equal shares of the workers' time."""
        self.tool = tool
        self.arguments = arguments
        self.caller = caller
        self.priority: Priority | None = priority
        self.trace = trace
        self.tenant = tenant
        self.key = b""
        self.started_at = time.perf_counter()


class _Work(msgspec.Struct, frozen=True):
    """What a call turned out to want: one *source*, or all that *paths* lead to."""

    arguments: Sources
    key: bytes
    source: Source | None
    paths: tuple[str, ...] = ()


class Calls:
    """Every call that this server answers or is about to answer."""

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        services: Services,
        flights: Flights[Call],
        metrics: Metrics,
        working_directory: str,
    ) -> None:
        self.contracts = contracts
        self._decoders = {name: ArgumentDecoder(contract) for name, contract in contracts.items()}
        self._services = services
        self._cache: L1 = services.cache
        self._flights = flights
        self._metrics = metrics
        self._working_directory = working_directory
        self._local_tools: dict[str, LocalTool] = {}
        self._runs: dict[bytes, FileRun] = {}

    def add_local_tool(self, name: str, tool: LocalTool) -> None:
        """Let the coordinator answer *name* itself."""
        self._local_tools[name] = tool

    def is_quiet(self) -> bool:
        """Tell whether no call is in progress."""
        return not self._runs

    def start(self, call: Call) -> None:
        """Begin *call*, whose tool is known; its caller hears of it, perhaps before this returns."""
        try:
            self._start(call)
        except CallRefused as refusal:
            self._refuse(call, refusal)
        except Exception as error:  # the edge: a bug of ours must not leave the caller waiting
            log.exception("call_failed", tool=call.tool)
            self._refuse(call, CallRefused("internal", f"internal error: {type(error).__name__}"))

    def cancel(self, call: Call) -> None:
        """Its caller wants no answer any more; the work stops if nobody else waits for it."""
        if self._flights.leave(call.key, call):
            self._runs.pop(call.key).cancel()
        self._record(call, "cancelled")

    def close(self) -> None:
        """Refuse everything that is still in progress, because the server shuts down."""
        refusal = CallRefused("shutting_down", "The server is shutting down.")
        for run in list(self._runs.values()):
            run.refused(refusal)

    def _start(self, call: Call) -> None:
        contract = self.contracts[call.tool]
        arguments = self._decoders[call.tool].decode(call.arguments)
        if not isinstance(arguments, Sources):
            self._answer_locally(call, arguments)
            return
        work = self._work(contract, arguments)
        if work.source is not None and (body := self._cache.get(work.key)) is not None:
            self._answer(call, body, "hit")
            return
        call.key = work.key
        if self._flights.join(work.key, call):
            try:
                self._run(call, contract, work)
            except BaseException:  # nobody may join a flight that never took off
                self._flights.leave(work.key, call)
                raise

    def _answer_locally(self, call: Call, arguments: msgspec.Struct) -> None:
        answer = self._local_tools[call.tool](arguments)
        self._answer(call, call_body(answer.text, answer.structured), "done")

    # --- what is wanted

    def _work(self, contract: Contract, arguments: Sources) -> _Work:
        """Find out what the call is about and what its answer depends on."""
        canonical = _encode(arguments)
        if arguments.code is not None:
            source = Source(code=arguments.code, language=arguments.language, named=True)
            return _Work(arguments, _key(contract, canonical), source)
        if arguments.path is None:
            return _Work(arguments, _key(contract, canonical), None, tuple(arguments.paths or ()))
        return self._work_on_path(contract, arguments, arguments.path, canonical)

    def _work_on_path(
        self, contract: Contract, arguments: Sources, path: str, canonical: bytes
    ) -> _Work:
        seen = self._stat(path)
        is_many = _GLOB.intersection(path) if seen is None else stat.S_ISDIR(seen.st_mode)
        if is_many:
            return _Work(arguments, _key(contract, canonical), None, (path,))
        identity = fingerprint(seen) if seen else ""
        source = Source(path=path, language=arguments.language, named=True, fingerprint=identity)
        return _Work(arguments, _key(contract, canonical, identity), source)

    def _stat(self, path: str) -> os.stat_result | None:
        """Look at what the call names; of what cannot be looked at, a worker will say what is wrong."""
        if not path:
            return None
        try:
            return os.stat(os.path.join(self._working_directory, os.path.expanduser(path)))
        except (OSError, ValueError):
            return None

    # --- doing it

    def _run(self, call: Call, contract: Contract, work: _Work) -> None:
        request = Request(
            contract=contract,
            arguments=work.arguments,
            priority=call.priority or _default_priority(contract, work),
            on_progress=lambda progress: self._tell_progress(work.key, progress),
            on_warning=lambda text: self._warn(work.key, text),
            on_end=lambda answer: self._land(work, answer),
            trace=call.trace,
            tenant=call.tenant,
        )
        run = FileRun(self._services, request)
        self._runs[work.key] = run  # first: it may end before it has started
        if work.source is not None:
            run.start_with(work.source)
        else:
            run.start_listing(work.paths)

    def _land(self, work: _Work, answer: Merged | CallRefused) -> None:
        """Answer everybody who waits for this work."""
        self._runs.pop(work.key, None)
        waiting = self._flights.land(work.key)
        if isinstance(answer, CallRefused):
            for call in waiting:
                self._refuse(call, answer)
            return
        body = call_body(answer.text, answer.structured)
        if answer.cacheable:
            self._cache.put(work.key, body, None)
        for number, call in enumerate(waiting):
            self._answer(call, body, "shared" if number else "done")

    def _tell_progress(self, key: bytes, progress: Progress) -> None:
        for call in self._flights.waiting(key):
            call.caller.on_progress(progress)

    def _warn(self, key: bytes, text: str) -> None:
        for call in self._flights.waiting(key):
            call.caller.on_warning(text)

    def _answer(self, call: Call, body: bytes, outcome: str) -> None:
        self._record(call, outcome)
        call.caller.on_answer(body)

    def _refuse(self, call: Call, refusal: CallRefused) -> None:
        self._record(call, refusal.code)
        call.caller.on_refusal(refusal)

    def _record(self, call: Call, outcome: str) -> None:
        self._metrics.called(call.tool, outcome, time.perf_counter() - call.started_at)


def _default_priority(contract: Contract, work: _Work) -> Priority:
    """A run over a whole folder must not hold up somebody who asks about one file."""
    return contract.priority if work.source is not None else "low"


def _key(contract: Contract, canonical: bytes, *identity: str) -> bytes:
    return call_key(contract.name, contract.version, canonical, *identity)
