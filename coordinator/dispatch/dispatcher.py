"""Jobs in, outcomes out: the queue in front of a backend.

Rule 1: a job's listener hears `on_end` exactly once, or `on_lost` returning None once, and nothing after it;
after `cancel` it hears nothing at all.
Rule 2: every event runs to its end on the one event loop; nothing here awaits.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Generator, Iterable
from typing import Protocol

import msgspec

from coordinator.dispatch.backend import Backend, Outcome, Task
from coordinator.dispatch.queue import Entry, JobQueue
from protocol.errors import CallRefused
from protocol.tools.contract import Priority
from protocol.worker.messages import Progress

_SWEEP_INTERVAL_S = 0.05


class JobListener(Protocol):
    """Whoever wants a job done."""

    def on_part(self, result: msgspec.Raw) -> None:
        """One piece of the result."""

    def on_progress(self, progress: Progress) -> None:
        """How far the job is, if the worker says so."""

    def on_lost(self, reason: str) -> msgspec.Raw | None:
        """The worker died with the job: return the arguments to run again, or None to let it be."""

    def on_end(self, outcome: Outcome) -> None:
        """The job is done, failed, or past its deadline."""


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done. *timeout_s* counts from acceptance, the time in the queue included."""

    kind: str
    tool: str
    arguments: msgspec.Raw
    priority: Priority
    timeout_s: float
    extension_s: float = 0
    trace: str | None = None


class _Job(msgspec.Struct, frozen=True):
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
        make_queue: Callable[[], JobQueue[_Job]],
        on_wait: Callable[[str, float], None],
    ) -> None:
        self._backend = backend
        self.queues = {kind: make_queue() for kind in kinds}
        self._running: dict[int, Entry[_Job]] = {}
        self._ids = itertools.count(1)
        self._on_wait = on_wait
        self._loop = asyncio.get_running_loop()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    def submit(self, spec: JobSpec, listener: JobListener) -> int:
        """Accept a job and return its id.

        Raises:
            CallRefused: the queue is full, the kind is down, or the server is shutting down.
        """
        if self._closed:
            raise CallRefused("shutting_down", "The server is shutting down.")
        self._require_up(spec.kind)
        job = _Job(next(self._ids), spec, listener)
        now = time.monotonic()
        self.queues[spec.kind].put(job.id, job, spec.priority, now, now + spec.timeout_s)
        self.on_capacity(spec.kind)
        return job.id

    def cancel(self, job_id: int) -> None:
        """Nobody wants this job any more; its listener hears nothing of it from now on."""
        if any(queue.discard(job_id) for queue in self.queues.values()):
            return
        if self._running.pop(job_id, None) is not None:
            self._backend.cancel(job_id)

    def close(self) -> None:
        """Refuse new jobs, and end those that wait."""
        self._closed = True
        for kind in self.queues:
            self._fail_waiting(kind, "shutting_down", "The server is shutting down.")

    def is_quiet(self) -> bool:
        """Tell whether no job waits or runs."""
        return not self._running and not any(self.queues.values())

    # --- Sink

    def on_part(self, task_id: int, result: msgspec.Raw) -> None:
        """Hand on one piece."""
        if entry := self._running.get(task_id):
            with self._contained(entry):
                entry.job.listener.on_part(result)

    def on_progress(self, task_id: int, progress: Progress) -> None:
        """Hand on how far a job is."""
        if entry := self._running.get(task_id):
            with self._contained(entry):
                entry.job.listener.on_progress(progress)

    def on_outcome(self, task_id: int, outcome: Outcome) -> None:
        """End a job, or put what is left of it back where it was."""
        entry = self._running.pop(task_id, None)
        if entry is None:
            return  # cancelled meanwhile
        with self._contained(entry):
            if outcome.status != "lost":
                entry.job.listener.on_end(outcome)
            elif (arguments := entry.job.listener.on_lost(outcome.message)) is not None:
                self._put_back(entry, arguments)

    def on_capacity(self, kind: str) -> None:
        """Give waiting jobs to free slots; end them all if the kind has gone down."""
        queue = self.queues[kind]
        if not queue:
            return
        if (retry_after := self._backend.down_for(kind)) is not None:
            self._fail_waiting(kind, "kind_down", _down_message(kind, retry_after))
            return
        now = time.monotonic()
        for _ in range(self._backend.slots(kind)):
            if (entry := queue.pop(now)) is None:
                break
            self._send(entry, now)
        if queue:
            self._sweep_soon()

    # --- inside

    @contextlib.contextmanager
    def _contained(self, entry: Entry[_Job]) -> Generator[None]:
        """Let a listener's bug end its own job, and not whatever else came with the same bytes."""
        try:
            yield
        except Exception as bug:  # noqa: BLE001 - whatever it is, it is handed on to be logged
            message = f"the listener of a {entry.job.spec.tool} job failed"
            self._loop.call_exception_handler({"message": message, "exception": bug})
            self.cancel(entry.job.id)
            with contextlib.suppress(Exception):
                entry.job.listener.on_end(
                    Outcome("failed", code="internal", message="internal error")
                )

    def _send(self, entry: Entry[_Job], now: float) -> None:
        job, spec = entry.job, entry.job.spec
        self._on_wait(spec.kind, now - entry.enqueued_at)
        self._running[job.id] = entry  # first: it must look running before anybody hears of it
        self._backend.send(
            Task(
                id=job.id,
                kind=spec.kind,
                tool=spec.tool,
                arguments=spec.arguments,
                deadline=min(entry.deadline, now + spec.extension_s)
                if spec.extension_s
                else entry.deadline,
                extension_s=spec.extension_s,
                attempt=job.attempt,
                trace=spec.trace,
            )
        )

    def _put_back(self, entry: Entry[_Job], arguments: msgspec.Raw) -> None:
        spec = msgspec.structs.replace(entry.job.spec, arguments=arguments)
        job = msgspec.structs.replace(entry.job, spec=spec, attempt=entry.job.attempt + 1)
        deadline = max(entry.deadline, time.monotonic() + spec.extension_s)
        self.queues[spec.kind].put_back(msgspec.structs.replace(entry, job=job, deadline=deadline))

    def _require_up(self, kind: str) -> None:
        if (retry_after := self._backend.down_for(kind)) is not None:
            raise CallRefused("kind_down", _down_message(kind, retry_after), retry_after)

    def _fail_waiting(self, kind: str, code: str, message: str) -> None:
        queue = self.queues[kind]
        # Past every deadline: all entries are taken out before any listener can put a new one in.
        for entry in queue.expire(float("inf")):
            entry.job.listener.on_end(Outcome("failed", code=code, message=message))

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


def _down_message(kind: str, retry_after: float) -> str:
    return f"The {kind} workers keep dying and are not restarted for now. Try again in {retry_after:.0f} s."
