"""A call of a tool that is no tool over files becomes one job, and what its worker says becomes the answer.

That is any tool of a third party, and those of ours with a kind but no plan.

Rule 1: what may be repeated is run again when its worker has died with it, until it has killed two; anything
else is run at most once, and if nobody can know whether it was done, its caller is told so.
Rule 2: whatever the worker says, its caller hears one answer, and no more news than it can read.
"""

import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from cache.key import call_key, canonical
from cache.l1 import Watched
from coordinator.answer import Answer, merged_answer, offered_answer
from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import JobSpec
from coordinator.runs.jobs import known_code, refusal_of
from coordinator.runs.merge import Merged
from coordinator.runs.request import Services
from coordinator.schemas.json_value import Unreadable, read_json
from coordinator.tool_registry import OfferedTool
from protocol.errors import CallRefused, sentence
from protocol.tools.answered import Answered
from protocol.tools.arguments import unquoted
from protocol.tools.contract import Contract, Priority
from protocol.worker.messages import Progress

MOST_LOSSES = 5
"""So often a job is begun anew for workers that died of something else."""

_PROGRESS_INTERVAL_S = 0.1
_flights = itertools.count(1)
_encode = msgspec.json.Encoder(order="deterministic").encode
_answered_decoder = msgspec.json.Decoder(Answered)


class ToolWork(msgspec.Struct, frozen=True, kw_only=True):
    """A call of *tool* with checked *arguments*; *key* is what its answer depends on.

    *flight* is the key that equal calls share if they may share an answer; nobody else has it otherwise.
    What *is_repeatable* does no harm if it is done twice. *read* makes an answer of what the worker returns.
    A job has *timeout_s*, and *extension_s* more from each sign of progress, if that is not 0.
    """

    tool: str
    kind: str
    arguments: msgspec.Raw
    key: bytes
    flight: bytes
    is_repeatable: bool
    is_cacheable: bool
    timeout_s: float
    extension_s: float = 0
    progress_interval_s: float = 0
    read: Callable[[msgspec.Raw, float | None], Answer]

    watched: ClassVar[Watched] = ()
    """No file: a stranger's answer depends on the arguments alone, or is not to be kept."""

    def may_be_known(self) -> bool:
        """Tell whether the answer may have been given before."""
        return self.is_cacheable


def tool_work(tool: OfferedTool, arguments: bytes) -> ToolWork:
    """Check the *arguments* of a call of a third party's tool.

    Raises:
        CallRefused: they are not what the tool takes; the message says what is wrong, and where.
    """
    encoded = _checked(tool, arguments)
    key = call_key(tool.name, tool.version, encoded, tool.kind)
    return ToolWork(
        tool=tool.name,
        kind=tool.kind,
        arguments=msgspec.Raw(encoded),
        key=key,
        flight=_flight(key, is_shared=tool.is_cacheable),
        is_repeatable=tool.is_repeatable,
        is_cacheable=tool.is_cacheable,
        timeout_s=tool.deadline_s,
        progress_interval_s=_PROGRESS_INTERVAL_S,
        read=partial(offered_answer, tool),
    )


def contract_work(contract: Contract, arguments: msgspec.Struct, deadline_s: float) -> ToolWork:
    """Return what a call of a tool of ours comes to; *deadline_s* is for tools that say none themselves."""
    assert contract.kind is not None
    encoded = _encode(arguments)
    key = call_key(contract.name, contract.version, encoded, contract.kind)
    hints = contract.annotations
    is_cacheable = contract.keeps is not None and contract.keeps(arguments)
    return ToolWork(
        tool=contract.name,
        kind=contract.kind,
        arguments=msgspec.Raw(encoded),
        key=key,
        flight=_flight(key, is_shared=is_cacheable),
        is_repeatable=hints.read_only_hint or hints.idempotent_hint,
        is_cacheable=is_cacheable,
        timeout_s=deadline_s if contract.deadline_s is None else contract.deadline_s,
        extension_s=contract.extension_s,
        read=_own_answer,
    )


def _flight(key: bytes, *, is_shared: bool) -> bytes:
    return key if is_shared else b"%b-%d" % (key, next(_flights))


def _own_answer(result: msgspec.Raw, cache_for: float | None) -> Answer:
    """Return the answer of a worker of ours, which is trusted to send what it promises."""
    said = _answered_decoder.decode(result)
    answer = merged_answer(Merged(text=said.text, structured=bytes(said.structured)))
    return replace(answer, cache_for=cache_for if said.keep else 0)


class ToolRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call, and whom to tell: *on_end* exactly once, unless the job is cancelled."""

    work: ToolWork
    priority: Priority
    on_progress: Callable[[Progress], None]
    on_warning: Callable[[str], None]
    on_end: Callable[[Answer | CallRefused], None]
    trace: str | None = None
    tenant: str = "-"


class ToolJob:
    """One call's way through the crew; listens to its job."""

    def __init__(self, services: Services, request: ToolRequest) -> None:
        self._services = services
        self._request = request
        self._work = request.work
        self._job_id: int | None = None
        self._losses = 0
        self._told_at = float("-inf")
        self._ended = False

    def start(self) -> None:
        """Queue the job; what is wrong is told as its end."""
        left_s = self._services.quarantine.holds_for(self._work.key, time.monotonic())
        if left_s is not None:
            message = f"It killed two workers; refused for {left_s:.0f} s more."
            self._end(CallRefused("worker_lost", message, left_s))
            return
        try:
            self._job_id = self._services.dispatcher.submit(self._spec(), self)
        except CallRefused as refusal:
            self._end(refusal)

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._ended = True
        if self._job_id is not None:
            self._services.dispatcher.cancel(self._job_id)

    def refused(self, refusal: CallRefused) -> None:
        """The server shuts down. Jobs that waited have ended before, so this one may have begun."""
        self._end(refusal if self._work.is_repeatable else self._unknown(refusal.message))
        self.cancel()

    # --- what the dispatcher reports

    def on_part(self, result: msgspec.Raw) -> None:
        del result  # only the last word of a stranger's job is its answer

    def on_progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told_at >= self._work.progress_interval_s:
            self._told_at = now
            message = sentence(progress.message)
            self._request.on_progress(msgspec.structs.replace(progress, message=message))

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        self._losses += 1
        is_out = is_blamed and self._strike()
        if not self._work.is_repeatable:
            self._end(self._unknown(f"Its worker died ({reason})."))
        elif is_out or self._losses >= MOST_LOSSES:
            message = f"{self._losses} workers died while working on it (last: {reason})."
            self._end(CallRefused("worker_lost", message))
        else:
            name = self._work.tool
            self._request.on_warning(f"A worker died ({reason}) on {name}; it is run again.")
            return self._work.arguments
        return None

    def on_end(self, outcome: Outcome) -> None:
        if outcome.is_blamed:
            self._strike()
        self._end(self._answer(outcome))

    # --- inside

    def _spec(self) -> JobSpec:
        return JobSpec(
            kind=self._work.kind,
            tool=self._work.tool,
            arguments=self._work.arguments,
            priority=self._request.priority,
            timeout_s=self._work.timeout_s,
            extension_s=self._work.extension_s,
            trace=self._request.trace,
            tenant=self._request.tenant,
        )

    def _answer(self, outcome: Outcome) -> Answer | CallRefused:
        if outcome.status == "done":
            try:
                return self._work.read(outcome.result, outcome.cache_for)
            except CallRefused as broken:
                return broken
        if outcome.status == "failed":
            message = outcome.message or "The tool has failed and does not say why."
            return CallRefused(known_code(outcome.code, "tool_failed"), message)
        late = refusal_of(outcome)
        if outcome.ran_s > 0 and not self._work.is_repeatable:
            message = f"{late.message} It had begun, and may have been done all the same."
            return CallRefused(late.code, message)
        return late

    def _unknown(self, why: str) -> CallRefused:
        return CallRefused(
            "outcome_unknown",
            f"{why} {self._work.tool} had begun and may or may not have been done: "
            "find out before you call it again.",
        )

    def _strike(self) -> bool:
        """Hold the death of a worker against this call; return whether it is refused from now on."""
        return self._services.quarantine.strike(self._work.key, time.monotonic())

    def _end(self, answer: Answer | CallRefused) -> None:
        if not self._ended:
            self._ended = True
            self._request.on_end(answer)


def _checked(tool: OfferedTool, arguments: bytes) -> bytes:
    """Return the canonical form of the arguments."""
    try:
        encoded = canonical(bytes(unquoted(arguments)))
        value = read_json(encoded)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"The arguments are not valid JSON: {error}."
        raise CallRefused("invalid_arguments", message) from error
    except Unreadable as error:
        raise _wrong(str(error)) from error
    if (problem := tool.arguments.problem(value, len(encoded))) is not None:
        raise _wrong(problem)
    return encoded


def _wrong(problem: str) -> CallRefused:
    return CallRefused("invalid_arguments", f"Wrong arguments: {problem}.")
