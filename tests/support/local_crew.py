"""A local crew of real processes, and a sink that remembers what becomes of it."""

import asyncio
import os
import select
import sys
import textwrap
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil

from coordinator.crew.actions import Note
from coordinator.crew.birth import built_in_argv, zygote_argv
from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.crew.member import Member
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from coordinator.dispatch.backend import Outcome, Task
from protocol.worker.messages import Ask, Progress, Ready
from protocol.worker.settings import WorkerSettings

KIND = "parse"
LONG_S = 30.0
_POLL_S = 0.005
PATIENT = HealthLimits(start_timeout_s=LONG_S, beat_timeout_s=LONG_S, ask_grace_s=LONG_S)
"""For tests on a machine that may be busy with anything."""

TESTS = Path(__file__).parents[1]

PRELUDE = """
import json, os, signal, subprocess, sys, time
def say(**message):
    sys.stdout.write(json.dumps(message) + "\\n")
    sys.stdout.flush()
def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)
def ready(capacity=1):
    say(type="ready", kind="parse", pid=os.getpid(), capacity=capacity)
def first_time(name):
    try:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
def serve():
    while True:
        message = hear()
        if message["type"] == "drain":
            sys.exit(0)
        if message["type"] == "job":
            say(type="done", id=message["id"], result=message["arguments"])
"""


class Recorder:
    """A sink that remembers, and wakes whoever waits for something to have happened."""

    def __init__(self) -> None:
        self.outcomes: dict[int, list[Outcome]] = {}
        self.parts: list[bytes] = []
        self.progress: list[Progress] = []
        self.asks: list[Ask] = []
        self.notes: list[Note] = []
        self.ready: list[Ready] = []
        self.logs: list[str] = []
        self.when: dict[str, Callable[[Note], None]] = {}
        """What to do at once when an event is noted."""

        self._changed = asyncio.Event()

    def on_part(self, task_id: int, result: msgspec.Raw) -> None:
        del task_id
        self.parts.append(bytes(result))
        self._changed.set()

    def on_progress(self, task_id: int, progress: Progress) -> None:
        del task_id
        self.progress.append(progress)
        self._changed.set()

    def on_ask(self, task_id: int, ask: Ask) -> None:
        del task_id
        self.asks.append(ask)
        self._changed.set()

    def on_outcome(self, task_id: int, outcome: Outcome) -> None:
        self.outcomes.setdefault(task_id, []).append(outcome)
        self._changed.set()

    def on_capacity(self, kind: str) -> None:
        del kind
        self._changed.set()

    def on_note(self, kind: str, note: Note) -> None:
        del kind
        self.notes.append(note)
        self._changed.set()
        if note.event in self.when:
            self.when[note.event](note)

    def on_ready(self, kind: str, ready: Ready) -> None:
        del kind
        self.ready.append(ready)
        self._changed.set()

    def on_log(self, kind: str, number: int, text: str) -> None:
        del kind, number
        self.logs.append(text)
        self._changed.set()

    def events(self) -> list[str]:
        """Return the names of all that was noted."""
        return [note.event for note in self.notes]

    def noted(self, event: str) -> list[Note]:
        """Return what was noted under one name."""
        return [note for note in self.notes if note.event == event]

    def killed_for(self) -> list[str]:
        """Return why workers were killed."""
        return [note.reason for note in self.noted("worker_killed")]

    async def until(self, has_happened: Callable[[], bool]) -> None:
        """Wait for what the crew reports; whatever else happens is looked at in between."""
        async with asyncio.timeout(LONG_S):
            while not has_happened():
                self._changed.clear()
                await self._changed.wait()


class Crew:
    """A crew of one kind that reports to a recorder."""

    def __init__(self, config: KindConfig) -> None:
        self.seen = Recorder()
        listener = CrewListener(
            on_note=self.seen.on_note, on_ready=self.seen.on_ready, on_log=self.seen.on_log
        )
        self.backend = LocalCrew([config], 0.01, listener)

    @property
    def members(self) -> list[Member]:
        """The places of the kind."""
        return self.backend.kinds[KIND].roster.members

    def send(
        self, task_id: int, tool: str = "echo", timeout_s: float = LONG_S, **changes: Any
    ) -> None:
        """Send a task; a slot must be free."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        task = Task(task_id, KIND, tool, msgspec.Raw(b'{"n":1}'), deadline)
        self.backend.send(msgspec.structs.replace(task, **changes))

    async def until_free(self, slots: int = 1) -> None:
        """Wait for free slots."""
        await self.seen.until(lambda: self.backend.slots(KIND) >= slots)

    async def outcome_of(self, task_id: int) -> Outcome:
        """Wait for the one outcome of a task."""
        await self.seen.until(lambda: task_id in self.seen.outcomes)
        (outcome,) = self.seen.outcomes[task_id]
        return outcome

    async def run(self, task_id: int, tool: str = "echo") -> Outcome:
        """Wait for a slot, and let one task have it."""
        await self.until_free()
        self.send(task_id, tool)
        return await self.outcome_of(task_id)

    def pids(self) -> list[int]:
        """Return the workers that there are."""
        return [member.pid for member in self.members if member.pid]


def scripted(
    script: str, folder: Path, limits: HealthLimits = PATIENT, size: int = 1, **changes: Any
) -> KindConfig:
    """Return a kind whose workers run *script* in *folder*."""
    program = PRELUDE + f"os.chdir({str(folder)!r})\n" + textwrap.dedent(script)
    config = KindConfig(
        name=KIND,
        scaling=ScalingPolicy(least=size, most=size),
        argv=(sys.executable, "-c", program),
        limits=limits,
        restarts=RestartPolicy(
            intensity=3, period_s=60, at_once=1, backoff_base_s=0.001, cool_down_s=60
        ),
        settings=settings_in(folder),
    )
    return msgspec.structs.replace(config, **changes)


def forked(
    module: str, folder: Path, limits: HealthLimits = PATIENT, size: int = 1, **changes: Any
) -> KindConfig:
    """Return a kind whose workers are forked from a zygote that has loaded *module*, one of ours."""
    config = KindConfig(
        name=KIND,
        scaling=ScalingPolicy(least=size, most=size),
        argv=built_in_argv(KIND, module),
        zygote_argv=zygote_argv(KIND, module),
        limits=limits,
        restarts=RestartPolicy(
            intensity=3, period_s=60, at_once=1, backoff_base_s=0.001, cool_down_s=60
        ),
        settings=settings_in(folder),
        environment={"PYTHONPATH": str(TESTS), "KIND_FOLDER": str(folder)},
    )
    return msgspec.structs.replace(config, **changes)


def patient(**changes: Any) -> HealthLimits:
    """Return limits that nobody reaches, save what is said."""
    return msgspec.structs.replace(PATIENT, **changes)


def settings_in(folder: Path) -> WorkerSettings:
    """Return what a worker is told that may look at *folder*."""
    return WorkerSettings(
        coordinator_pid=os.getpid(), roots=(str(folder),), working_directory=str(folder)
    )


@asynccontextmanager
async def crew(
    config: KindConfig, when: dict[str, Callable[[Note], None]] | None = None
) -> AsyncGenerator[Crew]:
    """Run a crew, and see that it leaves nothing behind."""
    made = Crew(config)
    made.seen.when = when or {}
    made.backend.start(made.seen)
    try:
        yield made
    finally:
        await made.backend.close(grace_s=0.0)
    assert not living_children()


async def eventually(has_happened: Callable[[], bool]) -> bool:
    """Wait for what nobody tells us of; False if it does not come in a long time."""
    end = asyncio.get_running_loop().time() + LONG_S
    while not has_happened():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(_POLL_S)
    return True


def living_children() -> set[int]:
    """Return our descendants, less those who have ended and wait to be reaped."""
    found: set[int] = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                found.add(child.pid)
    return found


def ends(pid: int) -> bool:
    """Wait for the end of a process, and reap it if it has become a child of ours; a zombie has ended."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        has_ended = bool(select.select([pidfd], [], [], LONG_S)[0])
    finally:
        os.close(pidfd)
    if has_ended:
        with suppress(
            ChildProcessError
        ):  # whoever made a crew adopts what its workers leave behind
            os.waitpid(pid, 0)
    return has_ended
