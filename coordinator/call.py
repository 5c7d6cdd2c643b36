"""The life of one call, top to bottom: arguments, key, cache, flight, run, answer. Read this file first.

Rule 1: a call is answered exactly once, or never if it is cancelled.
Rule 2: a hit is answered before `start` returns: no task, no re-encoding. A question that was asked before in
the same words is not even understood again: `recall` is all that happens to it.
Rule 3: only a good answer is cached; a failure is told to everybody who waits for it and forgotten.
"""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from cache.flight import Flights
from cache.key import wording
from cache.l1 import L1, Watched
from coordinator.answer import Answer, merged_answer
from coordinator.observe.log import get_logger
from coordinator.observe.metrics import Metrics
from coordinator.runs.fanout import FileRun
from coordinator.runs.merge import Merged
from coordinator.runs.request import Request, Services
from coordinator.runs.work import FileWork, file_work, is_unchanged
from coordinator.tool_job import ToolJob, ToolRequest, ToolWork, contract_work, tool_work
from coordinator.tool_registry import OfferedTool, ToolRegistry
from protocol.errors import CallRefused
from protocol.tools.arguments import ArgumentDecoder
from protocol.tools.contract import Contract, Priority
from protocol.tools.files import Sources
from protocol.worker.messages import Progress

log = get_logger(__name__)

LocalTool = Callable[[msgspec.Struct], Merged]
"""A tool that the coordinator answers itself, at once, given its arguments; it may raise `CallRefused`."""


Guard = Callable[[Contract, msgspec.Struct], None]
"""Raises `CallRefused` if there is to be no job for a call with these arguments."""


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

    def __init__(  # noqa: PLR0913, PLR0917 - one call's particulars, said once
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


class _Running(Protocol):
    """Work in progress on behalf of all who wait for it."""

    def cancel(self) -> None:
        """Nobody waits any more."""

    def refused(self, refusal: CallRefused) -> None:
        """It cannot go on."""


_Work = FileWork | ToolWork


class _News(msgspec.Struct, frozen=True):
    """Whom work tells what becomes of it."""

    on_progress: Callable[[Progress], None]
    on_warning: Callable[[str], None]
    on_end: Callable[[Answer | CallRefused], None]


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
        self.tools = ToolRegistry(contracts)
        self._decoders = {name: ArgumentDecoder(contract) for name, contract in contracts.items()}
        self._services = services
        self._cache: L1 = services.cache
        self._flights = flights
        self._metrics = metrics
        self._working_directory = working_directory
        self.tools.watch(self._cache.forget_wordings)
        self._local_tools: dict[str, LocalTool] = {}
        self._guard: Guard | None = None
        self._runs: dict[bytes, _Running] = {}

    def add_local_tool(self, name: str, tool: LocalTool) -> None:
        """Let the coordinator answer *name* itself."""
        self._local_tools[name] = tool

    def guard_with(self, guard: Guard) -> None:
        """Ask *guard* before each job of a tool of ours that is none over files."""
        self._guard = guard

    def recall(self, tool: str, arguments: bytes) -> bytes | None:
        """Return the answer of a call that was answered before in these very words, if it still holds.

        This is the whole life of most calls: 1 us, where understanding them anew takes 12.
        """
        started_at = time.perf_counter()
        body = self._cache.get_by_wording(wording(tool, arguments), self._holds)
        if body is not None:
            self._metrics.called(tool, "hit", time.perf_counter() - started_at)
        return body

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
        tool = self.tools.find(call.tool)
        assert tool is not None
        if isinstance(tool, OfferedTool):
            self._seek(call, tool_work(tool, call.arguments))
            return
        arguments = self._decoders[call.tool].decode(call.arguments)
        if isinstance(arguments, Sources):
            self._seek(call, file_work(tool, arguments, self._working_directory))
        elif tool.kind is not None:
            if self._guard is not None:
                self._guard(tool, arguments)
            self._seek(call, contract_work(tool, arguments, self._services.crew.deadline_s))
        else:
            answer = merged_answer(self._local_tools[call.tool](arguments))
            self._answer(call, answer.body, "done")

    def _seek(self, call: Call, work: _Work) -> None:
        """Find the answer: in the cache, with whoever looks for it already, or by doing the work."""
        if work.may_be_known() and (body := self._cache.get(work.key)) is not None:
            self._note_wording(call, work)
            self._answer(call, body, "hit")
            return
        call.key = work.flight
        if self._flights.join(work.flight, call):
            try:
                self._run(call, work)
            except BaseException:  # nobody may join a flight that never took off
                self._flights.leave(work.flight, call)
                self._runs.pop(work.flight, None)
                raise

    def _run(self, call: Call, work: _Work) -> None:
        """Start the work; first it is noted, because it may end before it has started."""
        flight = work.flight
        news = _News(
            on_progress=lambda progress: self._tell_progress(flight, progress),
            on_warning=lambda text: self._warn(flight, text),
            on_end=lambda answer: self._land(work, answer),
        )
        if isinstance(work, ToolWork):
            job = self._runs[flight] = ToolJob(self._services, _tool_request(call, work, news))
            job.start()
        else:
            run = self._runs[flight] = FileRun(self._services, _file_request(call, work, news))
            work.start(run)

    def _land(self, work: _Work, answer: Answer | CallRefused) -> None:
        """Answer everybody who waits for this work."""
        self._runs.pop(work.flight, None)
        waiting = self._flights.land(work.flight)
        if isinstance(answer, CallRefused):
            for call in waiting:
                self._refuse(call, answer)
            return
        if answer.cache_for != 0 and work.may_be_known():
            self._cache.put(work.key, answer.body, answer.cache_for)
            for call in waiting[:1]:
                self._note_wording(call, work)
        for number, call in enumerate(waiting):
            self._answer(call, answer.body, "shared" if number else "done")

    def _note_wording(self, call: Call, work: _Work) -> None:
        self._cache.note_wording(wording(call.tool, call.arguments), work.key, work.watched)

    def _holds(self, watched: Watched) -> bool:
        return is_unchanged(watched, self._working_directory)

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


def _tool_request(call: Call, work: ToolWork, news: _News) -> ToolRequest:
    return ToolRequest(
        work=work,
        priority=call.priority or "normal",
        on_progress=news.on_progress,
        on_warning=news.on_warning,
        on_end=news.on_end,
        trace=call.trace,
        tenant=call.tenant,
    )


def _file_request(call: Call, work: FileWork, news: _News) -> Request:
    def on_end(answer: Merged | CallRefused) -> None:
        news.on_end(merged_answer(answer) if isinstance(answer, Merged) else answer)

    return Request(
        contract=work.contract,
        arguments=work.arguments,
        priority=call.priority or work.priority,
        on_progress=news.on_progress,
        on_warning=news.on_warning,
        on_end=on_end,
        trace=call.trace,
        tenant=call.tenant,
    )
