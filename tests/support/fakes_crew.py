"""A crew whose workers exist in its rosters alone: they do what a test says, and nothing else."""

from functools import partial
from typing import Any

from msgspec import Raw

from coordinator.crew.actions import Note
from coordinator.crew.health import HealthLimits, Sample
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.roster import Roster
from coordinator.crew.scaling import ScalingPolicy
from coordinator.dispatch.backend import Outcome, Task
from protocol.worker.messages import (
    Ask,
    Drain,
    FromWorker,
    Job,
    Progress,
    Ready,
    ToWorker,
    decode_to_worker,
)
from protocol.worker.settings import WorkerSettings
from support.fakes_time import FakeLoop

SANDBOX = {"landlock": "on", "memory": "1 bytes"}


class FakeProcess:
    """Keeps what its worker is told."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.told: list[ToWorker] = []
        self.was_killed = False

    def send(self, line: bytes, *, at_once: bool = False) -> None:
        del at_once
        self.told.append(decode_to_worker.decode(line))

    def kill(self) -> None:
        self.was_killed = True


class FakeCrew(LocalCrew):
    """One kind called a, and another called b, with places for *most* workers each."""

    def __init__(self, loop: FakeLoop, most: int = 2, *, depth: int = 1) -> None:
        self.notes: list[tuple[str, Note]] = []
        listener = CrewListener(
            on_note=lambda kind, note: self.notes.append((kind, note)),
            on_ready=lambda _kind, _ready: None,
            on_log=lambda _kind, _number, _text: None,
        )
        super().__init__([config(kind, most, depth) for kind in "ab"], 0.05, listener)
        self.loop = loop
        self.outcomes: list[tuple[int, Outcome]] = []
        self.told_of: list[str] = []
        self.to_be_born: list[tuple[str, int]] = []
        self._sink = self
        self._processes: dict[str, dict[int, FakeProcess]] = {}
        for name, kind in self.kinds.items():
            shell: Any = kind
            self._processes[name] = shell._processes
            shell._spawn = partial(self._note_birth, name)

    def _note_birth(self, kind: str, number: int) -> None:
        self.to_be_born.append((kind, number))

    def _set_timer(self, interval_s: float) -> None:
        """Look at nobody: what becomes due is a matter of the test."""

    # --- what its workers do

    def roster(self, kind: str = "a") -> Roster:
        return self.kinds[kind].roster

    def process(self, number: int, kind: str = "a") -> FakeProcess:
        return self._processes[kind][number]

    def bear(self, number: int, pid: int, kind: str = "a") -> None:
        """Let a process start that is not ready yet."""
        member = self.roster(kind).members[number - 1]
        member.fill(self.loop.now, 1.0, self.kinds[kind].config.depth)
        self._processes[kind][number] = FakeProcess(pid)
        self.kinds[kind].born(number, pid)

    def ready(
        self,
        number: int,
        pid: int,
        kind: str = "a",
        *,
        capacity: int = 1,
        sandbox: dict[str, str] = SANDBOX,
    ) -> None:
        """Let a worker be there."""
        self.bear(number, pid, kind)
        self.say(number, Ready(kind, pid, capacity, sandbox=sandbox), kind)

    def say(self, number: int, message: FromWorker, kind: str = "a") -> None:
        crew = self.kinds[kind]
        crew.carry_out(crew.roster.receive(number, message, self.loop.now))

    def seen(self, number: int, sample: Sample, kind: str = "a") -> None:
        """Let a worker be looked at."""
        self.roster(kind).members[number - 1].look(sample)

    def give(self, task_id: int, kind: str = "a", tool: str = "t", attempt: int = 1) -> int:
        """Send a job, which is a short one, and return the number of the worker that has it."""
        task = Task(task_id, kind, tool, Raw(b"{}"), 1e9, attempt=attempt, is_short=True)
        self.send(task)
        (number,) = [m.number for m in self.roster(kind).members if task_id in m.tasks]
        return number

    def die(self, number: int, kind: str = "a") -> None:
        """Let a worker's end be seen; its successor is not born by itself."""
        self.kinds[kind].exited(number, -9)

    # --- the sink

    def on_part(self, task_id: int, result: Raw) -> None:
        raise AssertionError((task_id, result))

    def on_progress(self, task_id: int, progress: Progress) -> None:
        raise AssertionError((task_id, progress))

    def on_ask(self, task_id: int, ask: Ask) -> None:
        raise AssertionError((task_id, ask))

    def on_outcome(self, task_id: int, outcome: Outcome) -> None:
        self.outcomes.append((task_id, outcome))

    def on_capacity(self, kind: str) -> None:
        self.told_of.append(kind)


def config(kind: str, most: int, depth: int) -> KindConfig:
    """Return the particulars of a kind whose processes nobody starts."""
    return KindConfig(
        name=kind,
        scaling=ScalingPolicy(least=most, most=most),
        argv=("true",),
        limits=HealthLimits(),
        restarts=RestartPolicy(),
        settings=WorkerSettings(coordinator_pid=1, roots=("/",), working_directory="/"),
        depth=depth,
    )


def jobs_of(process: FakeProcess) -> list[int]:
    """Return the jobs that a worker was given."""
    return [message.id for message in process.told if isinstance(message, Job)]


def was_asked_to_go(process: FakeProcess) -> bool:
    """Tell whether a worker is to go when it is done."""
    return any(isinstance(message, Drain) for message in process.told)
