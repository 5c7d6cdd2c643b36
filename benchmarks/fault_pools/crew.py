"""Toolcrew: its dispatcher and its local crew as the server puts them together, on the caller's own loop."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from coordinator.built_in import DEPTH
from coordinator.config import CrewConfig, QueueConfig
from coordinator.crew.actions import Note
from coordinator.crew.birth import built_in_argv, zygote_argv
from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import Dispatcher, JobSpec
from coordinator.dispatch.quarantine import Quarantine
from coordinator.dispatch.queue import JobQueue
from fault_pools.pool import MEMORY_LIMIT, WORKERS, CallLost
from fault_pools.tasks import Answer, Argument, Task
from protocol.worker.messages import Progress, Ready
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings

KIND = "faults"
_MODULE = "fault_pools.crew_worker"
_BENCHMARKS = Path(__file__).parents[1]
_NO_DEADLINE_S = 3600.0

_answer_decoder = msgspec.json.Decoder(Answer)
_encode = msgspec.json.Encoder().encode


class CrewPool:
    """The crew of one kind behind its dispatcher (see `Pool`)."""

    has_deadlines = True

    def __init__(self) -> None:
        crew, queue = CrewConfig(), QueueConfig()
        self._quarantine = Quarantine(crew.quarantine_s)
        self.crew = LocalCrew(
            [_kind()],
            crew.check_interval_s,
            CrewListener(on_note=_ignore_note, on_ready=_ignore_ready, on_log=_log),
            owns_process=True,
        )
        self.dispatcher = Dispatcher(
            self.crew,
            self.crew.kinds,
            lambda kind: JobQueue(queue.size, queue.class_step_s, lambda: self.crew.capacity(kind)),
            _ignore_wait,
        )

    async def start(self) -> None:
        """Start the workers; calls may come at once and wait for them."""
        self.crew.start(self.dispatcher)

    async def rebuild(self) -> None:
        """Never needed."""

    def submit(
        self, task: Task, argument: Argument, timeout_s: float | None
    ) -> asyncio.Future[Answer]:
        """Queue a job; a future that is cancelled takes its job along."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        arguments = msgspec.Raw(_encode(argument))
        spec = JobSpec(
            kind=KIND,
            tool=task,
            arguments=arguments,
            priority="normal",
            timeout_s=timeout_s or _NO_DEADLINE_S,
            is_short=True,
        )
        job_id = self.dispatcher.submit(spec, _Listener(future, spec, self._quarantine))
        future.add_done_callback(lambda ended: self._drop(ended, job_id))
        return future

    def is_broken_by(self, error: Exception) -> bool:
        """Nothing breaks a crew for good."""
        del error
        return False

    def worker_pids(self) -> list[int]:
        """Return the workers that the roster has."""
        return [member.pid for member in self.crew.kinds[KIND].roster.members if member.pid]

    def _drop(self, ended: asyncio.Future[Answer], job_id: int) -> None:
        if ended.cancelled():
            self.dispatcher.cancel(job_id)


class _Listener:
    """One call: run again while it has not killed two workers, as a call of the server is."""

    def __init__(
        self, future: asyncio.Future[Answer], spec: JobSpec, quarantine: Quarantine
    ) -> None:
        self._future = future
        self._spec = spec
        self._quarantine = quarantine

    def on_part(self, result: msgspec.Raw) -> None:
        del result  # no task has parts

    def on_progress(self, progress: Progress) -> None:
        del progress  # no task has any

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        key = self._spec.tool.encode() + bytes(self._spec.arguments)
        if is_blamed and self._quarantine.strike(key, time.monotonic()):
            self._future.set_exception(CallLost(f"it has killed two workers: {reason}"))
            return None
        return self._spec.arguments

    def on_end(self, outcome: Outcome) -> None:
        if outcome.status == "done":
            self._future.set_result(_answer_decoder.decode(outcome.result))
        else:
            words = outcome.code or outcome.status
            self._future.set_exception(CallLost(f"{words}: {outcome.message}"))


def _kind() -> KindConfig:
    crew = CrewConfig()
    scratch = tempfile.gettempdir()  # this measurement's own
    return KindConfig(
        name=KIND,
        scaling=ScalingPolicy(least=WORKERS, most=WORKERS),
        argv=built_in_argv(KIND, _MODULE),
        zygote_argv=zygote_argv(KIND, _MODULE),
        environment={"PYTHONPATH": str(_BENCHMARKS)},
        depth=DEPTH,
        settings=WorkerSettings(
            coordinator_pid=os.getpid(),
            roots=(),
            working_directory=os.getcwd(),
            beat_s=crew.beat_s,
            sandbox=SandboxPolicy(
                read=(str(_BENCHMARKS),), write=(scratch,), memory_limit_bytes=MEMORY_LIMIT
            ),
        ),
        limits=HealthLimits(memory_limit_bytes=MEMORY_LIMIT),
        restarts=RestartPolicy(),
    )


def _log(kind: str, number: int, text: str) -> None:
    print(f"{kind}-{number}: {text}", file=sys.stderr)


def _ignore_note(kind: str, note: Note) -> None:
    del kind, note


def _ignore_ready(kind: str, ready: Ready) -> None:
    del kind, ready


def _ignore_wait(kind: str, seconds: float) -> None:
    del kind, seconds
