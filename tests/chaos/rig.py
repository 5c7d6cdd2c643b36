"""A local crew of misbehaving workers with a dispatcher on top, as in the server.

It becomes the owner of its process, as the server does, so it must run in a process of its own.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import psutil

from chaos import history
from chaos.calls import KIND, Calls, Order
from chaos.watch import Watch
from chaos.work import FOLDER_VARIABLE, WORK_LOG
from coordinator.built_in import DEPTH
from coordinator.crew.birth import built_in_argv, zygote_argv
from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.crew.member import Member
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from coordinator.dispatch.backend import Task
from coordinator.dispatch.dispatcher import Dispatcher, QueuedJob
from coordinator.dispatch.queue import JobQueue
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings

TESTS = Path(__file__).parents[1]
MODULE = "chaos.kind"
CHECK_INTERVAL_S = 0.05


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a crew is made of; as the server has it by default, save that all workers are there at once."""

    workers: int = 2
    module: str = MODULE
    has_zygote: bool = True
    zygote_module: str | None = None
    depth: int = DEPTH
    beat_s: float = 1.0
    limits: HealthLimits = HealthLimits()
    restarts: RestartPolicy = RestartPolicy()
    sandbox: SandboxPolicy = SandboxPolicy(enabled=False)
    queue_size: int = 1000
    quarantine_s: float = 300.0
    flags: tuple[str, ...] = ()
    """Files that are in the folder of the crew from the beginning; what they mean is the kind's business."""


class TappedCrew(LocalCrew):
    """A crew that remembers in which order it was sent its tasks."""

    sent: list[int]

    def send(self, task: Task) -> None:
        """Start *task*."""
        self.sent.append(task.id)
        super().send(task)


class Rig:
    """The running crew, the calls on it, and what is known of both."""

    def __init__(self, setup: Setup, folder: Path) -> None:
        self.setup = setup
        self.folder = folder
        self.watch = Watch()
        self.executions: list[history.Execution] = []
        self._work_log = folder / WORK_LOG
        for name in (WORK_LOG, *setup.flags):
            (folder / name).touch()
        listener = CrewListener(
            on_note=self.watch.on_note, on_ready=_ignore, on_log=self.watch.on_log
        )
        self.crew = TappedCrew([self._kind(setup)], CHECK_INTERVAL_S, listener, owns_process=True)
        self.crew.sent = []
        self.dispatcher = Dispatcher(
            self.crew,
            [KIND],
            lambda _: self._queue(setup),
            _ignore,
        )
        self.calls = Calls(self.dispatcher, setup.quarantine_s, self.watch.poke)

    def _queue(self, setup: Setup) -> JobQueue[QueuedJob]:
        return JobQueue(setup.queue_size, 0.5, lambda: self.crew.capacity(KIND))

    def _kind(self, setup: Setup) -> KindConfig:
        folder = str(self.folder)
        return KindConfig(
            name=KIND,
            scaling=ScalingPolicy(least=setup.workers, most=setup.workers),
            argv=built_in_argv(KIND, setup.module),
            zygote_argv=zygote_argv(KIND, setup.zygote_module or setup.module)
            if setup.has_zygote
            else None,
            depth=setup.depth,
            limits=setup.limits,
            restarts=setup.restarts,
            settings=WorkerSettings(
                coordinator_pid=os.getpid(),
                roots=(folder,),
                working_directory=folder,
                beat_s=setup.beat_s,
                sandbox=setup.sandbox,
            ),
            environment={
                "PYTHONPATH": str(TESTS),
                FOLDER_VARIABLE: folder,
            },
        )

    # --- workers

    def members(self) -> list[Member]:
        """Return the places of the crew."""
        return self.crew.kinds[KIND].roster.members

    def ready(self) -> list[Member]:
        """Return the places whose workers can work."""
        return [member for member in self.members() if member.is_ready()]

    async def until_ready(self) -> None:
        """Wait until every worker can work."""
        await self.watch.until(lambda: len(self.ready()) == self.setup.workers)

    async def until_proven(self) -> None:
        """Wait until every worker can work, and has: its death will cost the kind no restart."""
        await self.until_ready()
        while any(member.jobs_done == 0 for member in self.members()):
            await asyncio.gather(*(self.calls.ok(Order()) for _ in self.members()))

    async def zygote(self) -> psutil.Process:
        """Return the zygote, as soon as there is one."""
        watch = self.watch
        await watch.until(lambda: watch.count("zygote_started") > watch.count("zygote_exited"))
        return psutil.Process(watch.of("zygote_started")[-1].note.pid)

    def late_replies(self) -> int:
        """Return how many replies came too late to count."""
        return self.crew.kinds[KIND].roster.late_replies

    # --- afterwards

    def read_work_log(self) -> None:
        """Take in what the workers did."""
        with self._work_log.open("rb") as lines:
            self.executions = history.read_work_log(lines)

    def violations(self) -> list[str]:
        """Return every promise that was broken."""
        gone = [history.Gone(s.note.pid or 0, s.at) for s in self.watch.of("worker_exited")]
        found = history.check(self.calls.events, self.executions, gone)
        return [f"call {one.call}: {one.rule} {one.detail}".strip() for one in found]


def _ignore(*_: object) -> None:
    """Nobody wants to know."""


@asynccontextmanager
async def rig(setup: Setup | None = None) -> AsyncGenerator[Rig]:
    """Run a crew until the block ends; nobody may be left then, and the loop must have had no bugs."""
    bugs: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(
        lambda _, context: bugs.append(f"{context['message']}: {context.get('exception')!r}")
    )
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        one = Rig(setup or Setup(), Path(folder))
        one.crew.start(one.dispatcher)
        try:
            yield one
        finally:
            await one.crew.close(grace_s=0.5)
            one.read_work_log()
    left = psutil.Process().children(recursive=True)
    assert not left, left
    assert not bugs, bugs
