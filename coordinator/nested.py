"""Calls on behalf of running jobs: a worker asks, a tool is called, and the worker is told what came of it.

Rule 1: every question gets one answer, unless the attempt at the job that asked is over: then its calls are
cancelled, and whatever comes of them is told to nobody.
Rule 2: a nested call is its parent's: same tenant, same priority, same trace, and never a longer life.
Rule 3: what may be asked for is decided in `protocol.tools.nested`, so that nothing can wait in a circle.
"""

from collections.abc import Callable

from msgspec import Raw

from coordinator.answer import LONGEST_RESULT
from coordinator.call import Call, Calls
from coordinator.dispatch.dispatcher import QueuedJob
from protocol.errors import CallRefused
from protocol.tools.contract import Contract
from protocol.tools.nested import ASKING_KINDS, may_be_asked_for
from protocol.tools.suggest import did_you_mean
from protocol.worker.messages import Answer, Ask, Progress

Tell = Callable[[int, Answer], None]
"""Gives a running job an answer (see `Backend.answer`)."""


class NestedCalls:
    """All calls that running jobs wait for (see `dispatcher.Asked`)."""

    def __init__(self, calls: Calls, tell: Tell) -> None:
        self._calls = calls
        self._tell = tell
        self._open: dict[int, dict[int, _Nested]] = {}

    def open(self) -> int:
        """Return how many questions wait for an answer."""
        return sum(map(len, self._open.values()))

    def on_ask(self, job: QueuedJob, ask: Ask) -> None:
        """Call the tool that *job* asks for, or say why not."""
        try:
            self._require_allowed(job.spec.kind, ask.tool)
        except CallRefused as refusal:
            self._tell(job.id, _no(job.id, ask.ask, refusal))
            return
        nested = _Nested(self, job, ask)
        # First it is noted, because it may be answered before `start` returns.
        self._open.setdefault(job.id, {})[ask.ask] = nested
        self._calls.start(nested.call)

    def on_job_over(self, job_id: int) -> None:
        """Nobody waits for what this job has asked."""
        for nested in self._open.pop(job_id, {}).values():
            self._calls.cancel(nested.call)

    def answered(self, answer: Answer) -> None:
        """Hand on the one answer to a question."""
        questions = self._open[answer.id]
        del questions[answer.ask]
        if not questions:
            del self._open[answer.id]
        self._tell(answer.id, answer)

    def _require_allowed(self, kind: str, name: str) -> None:
        if kind not in ASKING_KINDS:  # the crew has seen to it, but here is where it matters
            raise CallRefused("not_allowed", f"The {kind} workers may not call tools.")
        tool = self._calls.tools.find(name)
        if isinstance(tool, Contract) and may_be_asked_for(tool):
            return
        allowed = [
            one.name
            for one in self._calls.tools.listed()
            if isinstance(one, Contract) and may_be_asked_for(one)
        ]
        if tool is None:
            hint = did_you_mean(name, allowed)
            raise CallRefused("not_found", f"There is no tool {name[:60]!r}{hint}.")
        message = f"{name} cannot be called from here; these can: {', '.join(allowed)}."
        raise CallRefused("not_allowed", message)


class _Nested:
    """One question of a job, as the caller of its call."""

    def __init__(self, calls: NestedCalls, job: QueuedJob, ask: Ask) -> None:
        self._calls = calls
        self._job_id = job.id
        self._number = ask.ask
        spec = job.spec
        self.call = Call(
            ask.tool, bytes(ask.arguments), self, spec.priority, spec.trace, spec.tenant
        )

    def on_answer(self, body: bytes) -> None:
        if len(body) > LONGEST_RESULT:
            message = f"The answer has {len(body)} bytes, more than {LONGEST_RESULT}: ask for less."
            self.on_refusal(CallRefused("too_large", message))
            return
        self._calls.answered(Answer(self._job_id, self._number, Raw(b"{%b}" % body)))

    def on_refusal(self, refusal: CallRefused) -> None:
        self._calls.answered(_no(self._job_id, self._number, refusal))

    def on_progress(self, progress: Progress) -> None:
        del progress  # its parent says how far it is

    def on_warning(self, text: str) -> None:
        del text


def _no(job_id: int, number: int, refusal: CallRefused) -> Answer:
    return Answer(job_id, number, code=refusal.code, message=refusal.message)
