"""Jobs in, outcomes out: the queue in front of a backend.

Rule 1: a job's listener hears `on_end` exactly once, or `on_lost` returning None once, and nothing after it;
after `cancel` it hears nothing at all.
Rule 2: every event runs to its end on the one event loop; nothing here awaits.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from coordinator.dispatch.backend import Backend, Outcome, Refusal, Task
from coordinator.dispatch.queue import Entry, JobQueue
from protocol.errors import CallRefused
from protocol.tools.contract import Priority
from protocol.worker.messages import Answer, Ask, Progress

_SWEEP_INTERVAL_S = 0.05
_SHUTTING_DOWN = Outcome("failed", code="shutting_down", message="The server is shutting down.")


class JobListener(Protocol):
    """Whoever wants a job done."""

    def on_part(self, result: msgspec.Raw) -> None:
        """One piece of the result."""

    def on_progress(self, progress: Progress) -> None:
        """How far the job is, if the worker says so."""

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        """The worker died with the job: return the arguments to run again, or None to let it be.

        Only the job that *is_blamed* was running; any other had not begun.
        """

    def on_end(self, outcome: Outcome) -> None:
        """The job is done, failed, or past its deadline."""


class Asked(Protocol):
    """Whoever calls tools on behalf of running jobs."""

    def on_ask(self, job: "QueuedJob", ask: Ask) -> None:
        """A running job wants a tool called; `Backend.answer` takes what comes of it."""

    def on_job_over(self, job_id: int) -> None:
        """This attempt at a job is over, or nobody wants it any more: nor what it has asked for."""


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done. *timeout_s* counts from acceptance, the time in the queue included.

    *tenant* is on whose behalf: the tenants of a queue get equal shares of the workers' time. *is_short*: see
    `Task`.
    """

    kind: str
    tool: str
    arguments: msgspec.Raw
    priority: Priority
    timeout_s: float
    extension_s: float = 0
    trace: str | None = None
    tenant: str = "-"
    is_short: bool = False


class QueuedJob(msgspec.Struct, frozen=True):
    """A job as it stands in the queue."""

    id: int
    spec: JobSpec
    listener: JobListener
    attempt: int = 1


class Dispatcher:
    """Queues jobs by kind and gives them to the backend as it has room (a `Sink` of the backend)."""

    def __init__(
        self,
        backend: Backend,
        kinds: Iterable[str],
        make_queue: Callable[[str], JobQueue[QueuedJob]],
        on_wait: Callable[[str, float], None],
    ) -> None:
        self._backend = backend
        self.queues = {kind: make_queue(kind) for kind in kinds}
        self._running: dict[int, Entry[QueuedJob]] = {}
        self._cancelled: dict[int, Entry[QueuedJob]] = {}
        self._ids = itertools.count(1)
        self._on_wait = on_wait
        self._loop = asyncio.get_running_loop()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False
        self._asked: Asked | None = None

    def answer_with(self, asked: Asked) -> None:
        """Let running jobs have tools called by *asked*; before that they are told no."""
        self._asked = asked

    def submit(self, spec: JobSpec, listener: JobListener) -> int:
        """Accept a job and return its id.

        Raises:
            CallRefused: the queue is full, the kind takes no jobs, or the server is shutting down.
        """
        if self._closed:
            raise CallRefused("shutting_down", _SHUTTING_DOWN.message)
        if (refusal := self._backend.refusal(spec.kind)) is not None:
            raise CallRefused("kind_down", refusal.message, refusal.retry_after)
        job = QueuedJob(next(self._ids), spec, listener)
        now = time.monotonic()
        deadline = now + spec.timeout_s
        queue = self.queues[spec.kind]
        if not queue and deadline > now and self._backend.has_slot(spec.kind):
            place = (job.id, job, spec.priority, now, deadline, spec.tenant)
            self._send(queue.pass_through(*place), now)
        else:
            queue.put(job.id, job, spec.priority, now, deadline, spec.tenant)
            self._fill_slots(spec.kind, queue, now)
        return job.id

    def cancel(self, job_id: int) -> None:
        """Nobody wants this job any more; its listener hears nothing of it from now on."""
        if any(queue.discard(job_id) for queue in self.queues.values()):
            return
        if (entry := self._running.pop(job_id, None)) is not None:
            self._cancelled[job_id] = entry  # its time is still counted when it ends
            self._backend.cancel(job_id)
            self._over(job_id)

    def close(self) -> None:
        """Refuse new jobs, and end those that wait."""
        self._closed = True
        for kind in self.queues:
            self._fail_waiting(kind, _SHUTTING_DOWN)

    def is_quiet(self) -> bool:
        """Tell whether no job waits or runs."""
        return not self._running and not any(self.queues.values())

    # --- Sink

    def on_part(self, task_id: int, result: msgspec.Raw) -> None:
        """Hand on one piece."""
        if entry := self._running.get(task_id):
            try:
                entry.job.listener.on_part(result)
            except Exception as bug:  # noqa: BLE001 - whatever it is, it is handed on to be logged
                self._failed(entry, bug)

    def on_progress(self, task_id: int, progress: Progress) -> None:
        """Hand on how far a job is."""
        if entry := self._running.get(task_id):
            try:
                entry.job.listener.on_progress(progress)
            except Exception as bug:  # noqa: BLE001 - as above
                self._failed(entry, bug)

    def on_ask(self, task_id: int, ask: Ask) -> None:
        """Have a tool called for a job."""
        entry = self._running.get(task_id)
        if entry is None:
            return  # cancelled meanwhile, and the backend has told it so
        if self._asked is None:
            refusal = Answer(task_id, ask.ask, code="not_allowed", message="Nobody can be asked.")
            self._backend.answer(task_id, refusal)
            return
        try:
            self._asked.on_ask(entry.job, ask)
        except Exception as bug:  # noqa: BLE001 - as above
            self._failed(entry, bug)

    def on_outcome(self, task_id: int, outcome: Outcome) -> None:
        """End a job, or put what is left of it back where it was."""
        self._over(task_id)
        entry = self._running.pop(task_id, None)
        ended = entry or self._cancelled.pop(task_id)
        self.queues[ended.job.spec.kind].served(ended.tenant, outcome.ran_s)
        if entry is None:
            return  # cancelled meanwhile
        try:
            if outcome.status == "lost":
                self._run_again(entry, outcome)
            else:
                entry.job.listener.on_end(outcome)
        except Exception as bug:  # noqa: BLE001 - as above
            self._failed(entry, bug)

    def on_capacity(self, kind: str) -> None:
        """Give waiting jobs to free slots; end them all if the kind takes none any more."""
        queue = self.queues[kind]
        if not queue:
            return
        if (refusal := self._backend.refusal(kind)) is not None:
            self._fail_waiting(kind, _refused(refusal))
            return
        self._fill_slots(kind, queue, time.monotonic())

    # --- inside

    def _fill_slots(self, kind: str, queue: JobQueue[QueuedJob], now: float) -> None:
        # Asked anew each time: what a slot is worth may depend on what the others got.
        while queue and self._backend.has_slot(kind) and (entry := queue.pop(now)) is not None:
            self._send(entry, now)
        if queue:
            self._backend.demand(kind, len(queue))
            self._sweep_soon()

    def _failed(self, entry: Entry[QueuedJob], bug: Exception) -> None:
        """Let a listener's bug end its own job, and not whatever else came with the same bytes."""
        message = f"the listener of a {entry.job.spec.tool} job failed"
        self._loop.call_exception_handler({"message": message, "exception": bug})
        self.cancel(entry.job.id)
        with contextlib.suppress(Exception):
            entry.job.listener.on_end(Outcome("failed", code="internal", message="internal error"))

    def _over(self, job_id: int) -> None:
        if self._asked is not None:
            self._asked.on_job_over(job_id)

    def _send(self, entry: Entry[QueuedJob], now: float) -> None:
        job, spec = entry.job, entry.job.spec
        self._on_wait(spec.kind, now - entry.enqueued_at)
        self._running[job.id] = entry  # first: it must look running before anybody hears of it
        deadline, extension_s = entry.deadline, spec.extension_s
        if extension_s:
            deadline = min(deadline, now + extension_s)
        self._backend.send(
            Task(
                job.id,
                spec.kind,
                spec.tool,
                spec.arguments,
                deadline,
                extension_s,
                job.attempt,
                spec.trace,
                spec.is_short,
            )
        )

    def _run_again(self, entry: Entry[QueuedJob], outcome: Outcome) -> None:
        listener = entry.job.listener
        if self._closed:
            listener.on_end(_SHUTTING_DOWN)
            return
        arguments = listener.on_lost(outcome.message, is_blamed=outcome.is_blamed)
        if arguments is None:
            return
        spec = msgspec.structs.replace(entry.job.spec, arguments=arguments)
        job = msgspec.structs.replace(entry.job, spec=spec, attempt=entry.job.attempt + 1)
        deadline = max(entry.deadline, time.monotonic() + spec.extension_s)
        self.queues[spec.kind].put_back(msgspec.structs.replace(entry, job=job, deadline=deadline))

    def _fail_waiting(self, kind: str, outcome: Outcome) -> None:
        # Past every deadline: all entries are taken out before any listener can put a new one in.
        for entry in self.queues[kind].expire(float("inf")):
            entry.job.listener.on_end(outcome)

    def _sweep_soon(self) -> None:
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_SWEEP_INTERVAL_S, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        now = time.monotonic()
        for queue in self.queues.values():
            for entry in queue.expire(now):
                entry.job.listener.on_end(Outcome("deadline", message="while waiting in the queue"))
        if any(self.queues.values()):
            self._sweep_soon()


def _refused(refusal: Refusal) -> Outcome:
    return Outcome("failed", code="kind_down", message=refusal.message)
