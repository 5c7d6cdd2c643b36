"""The loop that every kind shares: read a message, run the job, reply, and beat from a thread meanwhile.

Rule 1: one job at a time, in the order of arrival; the oldest unanswered job is the one that runs.
Rule 2: every reply is written before the next job starts, so that a crash is blamed on the right job.
"""

import contextlib
import fcntl
import functools
import os
import select
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Generator
from types import FrameType
from typing import NoReturn

import msgspec

from protocol.errors import CallRefused, ProtocolError
from protocol.framing import LineDecoder, Overlong
from protocol.worker.messages import (
    MAX_LINE_BYTES,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    FromWorker,
    Job,
    Part,
    Ping,
    Progress,
    Ready,
    ToWorker,
    decode_to_worker,
    encode_line,
)
from protocol.worker.settings import WorkerSettings
from workers import lineage
from workers.context import JobCancelled
from workers.kinds import Kind
from workers.sandbox.apply import Prepared

_CHUNK = 1 << 16
"""So much is read at once: the memory for more comes from the kernel anew each time, and costs 10 us."""

_QUICK_S = 0.005
"""A job that ends within this time is not worth looking for its cancellation."""


class Channel:
    """The two file descriptors to the coordinator. Any thread may send; only the main thread receives."""

    def __init__(self, inbox: int, outbox: int) -> None:
        self._inbox = inbox
        self._poll = select.poll()  # asked before each job at hand: 0.5 us, `select` 2.3
        self._poll.register(inbox, select.POLLIN)
        self._outbox = outbox
        self._sending = threading.Lock()
        self._decoder = LineDecoder(MAX_LINE_BYTES)
        self.closed = False
        self.has_news = False
        """While `watched`: something has come in since this was last set to False."""

    @contextlib.contextmanager
    def watched(self) -> Generator[None]:
        """Have the kernel tell us (SIGIO) when something comes in.

        Asking it instead, with a system call every few milliseconds, lets go of the GIL each time for a
        moment too short for the beating thread to take it, and starts that thread's wait for its turn anew:
        asking every 2 ms left it without a single beat in 30 s.
        """
        before = signal.signal(signal.SIGIO, self._note_news)
        flags = fcntl.fcntl(self._inbox, fcntl.F_GETFL)
        fcntl.fcntl(self._inbox, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self._inbox, fcntl.F_SETFL, flags | os.O_ASYNC)
        self.has_news = True  # it may have come before we asked to be told
        try:
            yield
        finally:
            fcntl.fcntl(self._inbox, fcntl.F_SETFL, flags)
            signal.signal(signal.SIGIO, before)

    def _note_news(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.has_news = True

    def send(self, message: FromWorker) -> None:
        """Write one message; a coordinator that is gone ends this process."""
        line = memoryview(encode_line(message))
        with self._sending:
            while line:
                line = line[os.write(self._outbox, line) :]

    def receive(self) -> list[ToWorker]:
        """Wait for bytes and return the messages that they complete, perhaps none; mark the end of input."""
        data = os.read(self._inbox, _CHUNK)
        if not data:
            self.closed = True
        return [_decode(line) for line in self._decoder.feed(data) if line]

    def has_input(self) -> bool:
        """Tell whether `receive` would return at once."""
        return bool(self._poll.poll(0))


def _decode(line: bytes | Overlong) -> ToWorker:
    if isinstance(line, Overlong):
        raise ProtocolError(f"a line of more than {MAX_LINE_BYTES} bytes")
    return decode_to_worker.decode(line)


def take_stdio() -> Channel:
    """Keep stdin and stdout for the protocol, and give whatever prints or reads a harmless pair instead."""
    channel = Channel(os.dup(0), os.dup(1))
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.dup2(2, 1)
    os.close(devnull)
    return channel


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
            code, message = self._explain(error)
            return Failed(id=job.id, code=code, message=message)
        return Done(id=job.id, result=msgspec.Raw(result), cache_for=None)

    def _run(self, job: Job) -> bytes:
        if job.id in self._cancelled:
            raise JobCancelled
        if (tool := self._kind.tools.get(job.tool)) is None:
            raise CallRefused("internal", f"{self._kind.name} has no tool {job.tool}")
        context = _Context(self, job)
        try:
            result = tool(job.arguments, context)
        finally:
            context.close()
        if len(result) > MAX_LINE_BYTES // 2:
            message = f"the result has {len(result)} bytes, more than a message can carry"
            raise CallRefused("too_large", message)
        return result

    def _explain(self, error: Exception) -> tuple[str, str]:
        """Return the code and the message that answer for *error*."""
        match error:
            case JobCancelled():
                return "cancelled", "cancelled"
            case CallRefused():
                return error.code, error.message
            case MemoryError():
                limit = self.settings.sandbox.memory_limit_bytes >> 20
                return "memory_limit", f"It needs more than a worker's memory limit of {limit} MiB."
            case _:
                import traceback  # noqa: PLC0415 - 2 ms of a start, for what should never happen

                traceback.print_exception(error, file=sys.stderr)
                return "internal", f"{type(error).__name__}: {error}"

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


def serve(kind: Kind, settings: WorkerSettings, channel: Channel, sandbox: Prepared) -> NoReturn:
    """Be a worker for as long as the coordinator wants one."""
    lineage.keep_descendants()
    resident_bytes()  # opens what the sandbox would close
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody is left to tell
        Runtime(kind, settings, channel, sandbox).run()
    sys.stderr.flush()
    os._exit(0)  # nothing is left to save, and interpreter teardown takes longer than a start


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
