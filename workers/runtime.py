"""The loop of a kind that runs one job at a time: read, run, reply, and beat from a thread meanwhile.

Rule 1: jobs run in the order of arrival; the oldest unanswered job is the one that runs.
Rule 2: every reply is written before the next job starts, so that a crash is blamed on the right job.
"""

import contextlib
import functools
import os
import sys
import threading
import time
from collections import deque

import msgspec

from protocol.errors import CallRefused
from protocol.worker.messages import (
    MAX_LINE_BYTES,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    Job,
    Part,
    Ping,
    Progress,
    Ready,
    ToWorker,
)
from protocol.worker.settings import WorkerSettings
from workers.channel import Channel
from workers.context import JobCancelled
from workers.kinds import Kind
from workers.sandbox.apply import Prepared

_QUICK_S = 0.005
"""A job that ends within this time is not worth looking for its cancellation."""


class Runtime:
    """Runs jobs with *tools* until the coordinator drains us or is gone."""

    def __init__(
        self, kind: Kind, settings: WorkerSettings, channel: Channel, sandbox: Prepared
    ) -> None:
        self.settings = settings
        self._kind = kind
        self._channel = channel
        self._sandbox = sandbox
        self._waiting: deque[ToWorker] = deque()
        self._cancelled: set[int] = set()
        self._jobs_done = 0
        self._running: int | None = None

    def run(self) -> None:
        """Say Ready, then serve until the end of input or a `Drain`."""
        self._channel.send(
            Ready(
                kind=self._kind.name,
                pid=os.getpid(),
                tools=self._kind.offers,
                sandbox=self._sandbox.enforce(),
            )
        )
        threading.Thread(target=self._beat_for_ever, name="beat", daemon=True).start()
        while (message := self._next()) is not None and not isinstance(message, Drain):
            self._handle(message)

    def watched(self) -> contextlib.AbstractContextManager[None]:
        """Have `is_cancelled` kept up to date."""
        return self._channel.watched()

    def is_cancelled(self, job_id: int) -> bool:
        """Take in what has arrived meanwhile, and tell whether *job_id* is not wanted any more."""
        if self._channel.has_news:
            self._channel.has_news = False
            while not self._channel.closed and self._channel.has_input():
                self._take_in()
        return self._channel.closed or job_id in self._cancelled

    def send_part(self, job_id: int, result: bytes) -> None:
        """Send one piece of *job_id*'s result."""
        self._channel.send(Part(id=job_id, result=msgspec.Raw(result)))

    def send_progress(self, job_id: int, done: float, total: float | None, message: str) -> None:
        """Say how far *job_id* is."""
        self._channel.send(Progress(id=job_id, done=done, total=total, message=message))

    def _next(self) -> ToWorker | None:
        # Also with a job at hand: what has come in meanwhile may be its cancellation.
        while not self._channel.closed and (not self._waiting or self._channel.has_input()):
            self._take_in()
        return self._waiting.popleft() if self._waiting else None

    def _take_in(self) -> None:
        for message in self._channel.receive():
            if isinstance(message, Cancel):
                self._cancel(message.id)
            elif isinstance(message, Ping):
                self._channel.send(self._beat(message.n))
            else:
                self._waiting.append(message)

    def _cancel(self, job_id: int) -> None:
        # A Cancel may cross the job's reply on the way; what is already answered must not be remembered.
        waiting = (message.id for message in self._waiting if isinstance(message, Job))
        if job_id == self._running or job_id in waiting:
            self._cancelled.add(job_id)

    def _handle(self, message: ToWorker) -> None:
        if isinstance(message, Job):
            self._running = message.id
            self._channel.send(self._answer(message))
            self._cancelled.discard(message.id)
            self._jobs_done += 1
            self._running = None

    def _answer(self, job: Job) -> Done | Failed:
        """Run *job*; whatever it raises becomes an answer, because a tool's mistake is not the worker's."""
        try:
            result = self._run(job)
        except Exception as error:  # noqa: BLE001 - the edge between foreign code and the protocol
            return failed(job, error, self.settings)
        return Done(id=job.id, result=msgspec.Raw(result), cache_for=None)

    def _run(self, job: Job) -> bytes:
        if job.id in self._cancelled:
            raise JobCancelled
        if (tool := self._kind.tools.get(job.tool)) is None:
            raise CallRefused("internal", f"{self._kind.name} has no tool {job.tool}")
        context = _Context(self, job)
        try:
            return sendable(tool(job.arguments, context))
        finally:
            context.close()

    def _beat_for_ever(self) -> None:
        while True:
            time.sleep(self.settings.beat_s)
            try:
                self._channel.send(self._beat(-1))
            except OSError:
                os._exit(0)  # nobody is left to beat for

    def _beat(self, n: int) -> Beat:
        return Beat(
            n=n,
            rss=resident_bytes(),
            jobs_done=self._jobs_done,
            busy=self._running is not None,
            outdated=not self._sandbox.is_current(),
        )


class _Context:
    """One running job's way to the outside (see `JobContext`)."""

    def __init__(self, runtime: Runtime, job: Job) -> None:
        self.settings = runtime.settings
        self.attempt = job.attempt
        self._runtime = runtime
        self._job_id = job.id
        self._watch_from = time.monotonic() + _QUICK_S
        self._watch: contextlib.AbstractContextManager[None] | None = None

    def part(self, result: bytes) -> None:
        self._runtime.send_part(self._job_id, result)

    def progress(self, done: float, total: float | None, message: str) -> None:
        self._runtime.send_progress(self._job_id, done, total, message)

    def cancelled(self) -> bool:
        # A parser's callback asks thousands of times a second, and most jobs are over before it matters.
        if self._watch is None:
            if time.monotonic() < self._watch_from:
                return False
            self._watch = self._runtime.watched()
            self._watch.__enter__()
        return self._runtime.is_cancelled(self._job_id)

    def close(self) -> None:
        """The job has ended."""
        if self._watch is not None:
            self._watch.__exit__(None, None, None)


def sendable(result: bytes) -> bytes:
    """Return *result* if a message can carry it.

    Raises:
        CallRefused: it cannot.
    """
    if len(result) > MAX_LINE_BYTES // 2:
        message = f"the result has {len(result)} bytes, more than a message can carry"
        raise CallRefused("too_large", message)
    return result


def failed(job: Job, error: Exception, settings: WorkerSettings) -> Failed:
    """Return the answer that a tool's *error* makes."""
    code, message = _explain(error, settings)
    return Failed(id=job.id, code=code, message=message)


def _explain(error: Exception, settings: WorkerSettings) -> tuple[str, str]:
    match error:
        case JobCancelled():
            return "cancelled", "cancelled"
        case CallRefused():
            return error.code, error.message
        case MemoryError():
            limit = settings.sandbox.memory_limit_bytes >> 20
            return "memory_limit", f"It needs more than a worker's memory limit of {limit} MiB."
        case _:
            import traceback  # noqa: PLC0415 - 2 ms of a start, for what should never happen

            traceback.print_exception(error, file=sys.stderr)
            return "internal", f"{type(error).__name__}: {error}"


def resident_bytes() -> int:
    """Return this process's resident memory in bytes; 0 where the platform does not say cheaply."""
    try:
        statm = os.pread(_statm(os.getpid()), 128, 0)
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@functools.cache
def _statm(_pid: int) -> int:
    """Open it once in each process, at best before a sandbox closes the way to it."""
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
