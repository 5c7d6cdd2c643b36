"""The loop of a kind whose jobs mostly wait: many of them run at once, each a task of one event loop.

Rule 1: a job is answered exactly once, when its task ends, however that comes about; to cancel it cancels
the task.
Rule 2: beats come from the loop itself: a loop that something holds up is silent, and its worker is replaced.
Rule 3: what all jobs share is opened before Ready, inside the sandbox, and closed before the end.
"""

import asyncio
import os
from collections.abc import Mapping

import msgspec

from protocol.errors import CallRefused, ProtocolError
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    Job,
    Notice,
    Ping,
    Progress,
    Ready,
    ToWorker,
)
from protocol.worker.settings import WorkerSettings
from workers.channel import Channel
from workers.context import AsyncTool
from workers.kinds import Kind
from workers.questions import Questions
from workers.runtime import failed, resident_bytes, sendable
from workers.sandbox.apply import Prepared

CLOSE_S = 2.0
"""What running jobs get to end when the coordinator is gone."""


def run(kind: Kind, settings: WorkerSettings, channel: Channel, sandbox: Prepared) -> None:
    """Serve until the end of input or a `Drain`."""
    in_force = sandbox.enforce()  # first: a thread that the loop starts must be inside as well
    asyncio.run(AsyncRuntime(kind, settings, channel, sandbox).run(in_force))


class AsyncRuntime:
    """Runs jobs until the coordinator drains us or is gone."""

    def __init__(
        self, kind: Kind, settings: WorkerSettings, channel: Channel, sandbox: Prepared
    ) -> None:
        self.settings = settings
        self._kind = kind
        self._channel = channel
        self._sandbox = sandbox
        self._tools: Mapping[str, AsyncTool] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.questions = Questions(self._send)
        self._jobs_done = 0
        self._broken: ProtocolError | None = None

    async def run(self, in_force: dict[str, str]) -> None:
        """Say Ready, then serve until the end of input or a `Drain`; *in_force*: what the sandbox does."""
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        assert self._kind.serving is not None
        async with self._kind.serving(self) as self._tools:
            self._channel.send(
                Ready(
                    kind=self._kind.name,
                    pid=os.getpid(),
                    capacity=self._kind.capacity,
                    tools=self._kind.offers,
                    sandbox=in_force,
                )
            )
            self._channel.watch(self._loop, self._take_in)
            beating = asyncio.create_task(self._beat_for_ever())
            await self._over.wait()
            await self._end_jobs()
            beating.cancel()
        if self._broken is not None:
            raise self._broken

    # --- what comes in

    def _take_in(self) -> None:
        try:
            messages = self._channel.receive()
        except (ProtocolError, msgspec.MsgspecError) as broken:
            self._broken = ProtocolError(str(broken))
            self._stop()
            return
        except OSError:  # the coordinator is gone
            self._stop()
            return
        for message in messages:
            self._take(message)
        if self._channel.closed:
            self._stop()

    def _take(self, message: ToWorker) -> None:
        match message:
            case Job():
                self._start(message)
            case Cancel(id=job_id):
                if (task := self._tasks.get(job_id)) is not None:
                    task.cancel()
            case Answer():
                self.questions.take(message)
            case Ping(n=n):
                self._channel.send(self._beat(n))
            case Drain():
                self._over.set()

    def _start(self, job: Job) -> None:
        task = self._loop.create_task(self._answer(job, _Context(self, job)))
        self._tasks[job.id] = task
        # Also of a task that is cancelled before it has begun: its job still gets an answer.
        task.add_done_callback(lambda done: self._ended(job, done))

    def _ended(self, job: Job, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._send(Failed(id=job.id, code="cancelled", message="cancelled"))
        self.questions.drop(job.id)
        del self._tasks[job.id]
        self._jobs_done += 1

    # --- what goes out

    async def _answer(self, job: Job, context: "_Context") -> None:
        """Run *job*; whatever it raises becomes an answer, because a tool's mistake is not the worker's."""
        reply: Done | Failed
        try:
            result = sendable(await self._tool(job.tool)(job.arguments, context))
            reply = Done(id=job.id, result=msgspec.Raw(result), cache_for=None)
        except Exception as error:  # noqa: BLE001 - the edge between foreign code and the protocol
            reply = failed(job, error, self.settings)
        self._send(reply)

    def _tool(self, name: str) -> AsyncTool:
        if (tool := self._tools.get(name)) is None:
            raise CallRefused("internal", f"{self._kind.name} has no tool {name}")
        return tool

    def send_progress(self, job_id: int, done: float, total: float | None, message: str) -> None:
        """Say how far *job_id* is."""
        self._send(Progress(id=job_id, done=done, total=total, message=message))

    def report(self, event: str, subject: str, detail: str = "", **amounts: float) -> None:
        """Have something logged and counted, before the answer that it belongs to is given."""
        self._send(Notice(event, subject, detail, amounts))

    def _send(self, message: Progress | Done | Failed | Ask | Notice) -> None:
        try:
            self._channel.send(message)
        except OSError:
            self._stop()

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.settings.beat_s)
            try:
                self._channel.send(self._beat(-1))
            except OSError:
                self._stop()

    def _beat(self, n: int) -> Beat:
        return Beat(
            n=n,
            rss=resident_bytes(),
            jobs_done=self._jobs_done,
            busy=bool(self._tasks),
            outdated=not self._sandbox.is_current(),
        )

    # --- the end

    def _stop(self) -> None:
        """Nobody is left to work for."""
        self._channel.unwatch(self._loop)
        for task in self._tasks.values():
            task.cancel()
        self._over.set()

    async def _end_jobs(self) -> None:
        """Finish what there is; without a coordinator it has been cancelled, and gets little time."""
        while self._tasks:
            patience_s = CLOSE_S if self._channel.closed or self._broken else None
            await asyncio.wait(list(self._tasks.values()), timeout=patience_s)
            if patience_s is not None:
                return


class _Context:
    """One running job's way to the outside (see `AsyncJobContext`)."""

    def __init__(self, runtime: AsyncRuntime, job: Job) -> None:
        self.settings = runtime.settings
        self.deadline = asyncio.get_running_loop().time() + job.timeout
        self._runtime = runtime
        self._job_id = job.id

    def progress(self, done: float, total: float | None, message: str) -> None:
        self._runtime.send_progress(self._job_id, done, total, message)

    async def ask(self, tool: str, arguments: bytes) -> msgspec.Raw:
        future = self._runtime.questions.ask(self._job_id, tool, msgspec.Raw(arguments))
        return await asyncio.wrap_future(future)
