"""The local crew on real processes that misbehave in every way a worker can."""

import asyncio
import os
import select
import signal
import sys
import textwrap
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import psutil
import pytest

from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.local import LocalCrew
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.roster import Note
from coordinator.dispatch.backend import Outcome, Task
from protocol.worker.messages import Progress
from protocol.worker.settings import WorkerSettings

KIND = "parse"
LONG_S = 30.0

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
        self.notes: list[Note] = []
        self.logs: list[str] = []
        self._changed = asyncio.Event()

    def on_part(self, task_id: int, result: msgspec.Raw) -> None:
        del task_id
        self.parts.append(bytes(result))
        self._changed.set()

    def on_progress(self, task_id: int, progress: Progress) -> None:
        del task_id, progress

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

    def on_log(self, kind: str, number: int, text: str) -> None:
        del kind, number
        self.logs.append(text)
        self._changed.set()

    def killed_for(self) -> list[str]:
        return [note.reason for note in self.notes if note.event == "worker_killed"]

    async def until(self, has_happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(LONG_S):
            while not has_happened():
                self._changed.clear()
                await self._changed.wait()


class Crew:
    """A crew of one kind whose workers run *script*."""

    def __init__(self, script: str, folder: Path, limits: HealthLimits, size: int) -> None:
        self.seen = Recorder()
        self.folder = folder
        program = PRELUDE + f"os.chdir({str(folder)!r})\n" + textwrap.dedent(script)
        config = KindConfig(
            name=KIND,
            size=size,
            argv=(sys.executable, "-c", program),
            limits=limits,
            restarts=RestartPolicy(intensity=3, period_s=60, backoff_base_s=0.001, cool_down_s=60),
        )
        settings = WorkerSettings(
            coordinator_pid=os.getpid(), roots=(str(folder),), working_directory=str(folder)
        )
        self.backend = LocalCrew([config], settings, 0.01, self.seen.on_note, self.seen.on_log)

    def send(self, task_id: int, timeout_s: float = LONG_S) -> None:
        deadline = asyncio.get_running_loop().time() + timeout_s
        self.backend.send(Task(task_id, KIND, "echo", msgspec.Raw(b'{"n":1}'), deadline))

    async def until_free(self) -> None:
        await self.seen.until(lambda: self.backend.slots(KIND) > 0)

    async def outcome_of(self, task_id: int) -> Outcome:
        await self.seen.until(lambda: task_id in self.seen.outcomes)
        (outcome,) = self.seen.outcomes[task_id]
        return outcome

    def pids(self) -> list[int]:
        return [member.pid for member in self.backend.kinds[KIND].roster.members if member.pid]


@asynccontextmanager
async def crew(
    script: str, folder: Path, limits: HealthLimits | None = None, size: int = 1
) -> AsyncGenerator[Crew]:
    made = Crew(script, folder, limits or HealthLimits(beat_timeout_s=LONG_S), size)
    made.backend.start(made.seen)
    try:
        yield made
    finally:
        await made.backend.close(grace_s=0.0)
    assert not psutil.Process().children(recursive=True)


def ends(pid: int) -> bool:
    """Wait for the end of a process that is no child of ours; a zombie has ended too."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([pidfd], [], [], LONG_S)[0])
    finally:
        os.close(pidfd)


async def test_a_worker_answers_and_takes_the_next_job(tmp_path: Path) -> None:
    async with crew("ready(); serve()", tmp_path) as one:
        for task_id in (1, 2):
            await one.until_free()
            one.send(task_id)
            outcome = await one.outcome_of(task_id)

            assert (outcome.status, bytes(outcome.result)) == ("done", b'{"n": 1}')


@pytest.mark.parametrize(
    ("last_act", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("os._exit(0)", "died"),
        ('sys.stdout.write(\'{"type":"done","id":\'); sys.stdout.flush(); os._exit(1)', "died"),
        (
            "sys.stdout.write('Segmentation fault\\n'); sys.stdout.flush(); time.sleep(60)",
            "not a message",
        ),
        ("say(type='done', id=99, result=1); time.sleep(60)", "broke the protocol"),
        (
            "say(type='job', id=1, tool='x', arguments={}, timeout=1); time.sleep(60)",
            "not a message",
        ),
        ("os.write(1, b'\\xff\\xfe\\n'); time.sleep(60)", "not a message"),
        ("os.write(1, b'x' * 70_000_000); time.sleep(60)", "overlong"),
        ("os.close(1); os.close(0); time.sleep(60)", "died"),
    ],
)
async def test_a_worker_that_ends_badly_loses_its_job_once_and_is_replaced(
    tmp_path: Path, last_act: str, reason: str
) -> None:
    script = f"""
        ready()
        if first_time("bad"):
            hear()
            {last_act}
        serve()
    """
    async with crew(script, tmp_path) as one:
        await one.until_free()
        one.send(1)
        lost = await one.outcome_of(1)
        await one.until_free()
        one.send(2)
        done = await one.outcome_of(2)

        assert lost.status == "lost"
        assert reason in lost.message
        assert done.status == "done"


async def test_a_stopped_worker_is_found_while_it_has_a_job(tmp_path: Path) -> None:
    async with crew("ready(); hear(); time.sleep(60)", tmp_path) as one:
        await one.until_free()
        one.send(1)
        os.kill(one.pids()[0], signal.SIGSTOP)

        assert (await one.outcome_of(1)).message == "stopped"


async def test_a_job_past_its_deadline_is_answered_and_its_worker_replaced(tmp_path: Path) -> None:
    script = """
        ready()
        if first_time("loop"):
            hear()
            while True:
                pass
        serve()
    """
    async with crew(script, tmp_path) as one:
        await one.until_free()
        one.send(1, timeout_s=0.05)

        assert (await one.outcome_of(1)).status == "deadline"
        await one.until_free()
        one.send(2)
        assert (await one.outcome_of(2)).status == "done"


async def test_a_worker_that_falls_silent_misses_its_beats(tmp_path: Path) -> None:
    limits = HealthLimits(beat_timeout_s=0.2)
    async with crew("ready(); hear(); time.sleep(60)", tmp_path, limits) as one:
        await one.until_free()
        one.send(1)

        assert (await one.outcome_of(1)).message == "missed_beats"


async def test_a_worker_that_never_starts_is_killed(tmp_path: Path) -> None:
    limits = HealthLimits(start_timeout_s=0.2, beat_timeout_s=LONG_S)
    script = """
        if first_time("stuck"):
            time.sleep(60)
        ready()
        serve()
    """
    async with crew(script, tmp_path, limits) as one:
        await one.until_free()

        assert one.seen.killed_for() == ["start_timeout"]


async def test_a_worker_that_ignores_a_cancel_is_killed(tmp_path: Path) -> None:
    limits = HealthLimits(ask_grace_s=0.05, beat_timeout_s=LONG_S)
    async with crew("ready(); hear(); time.sleep(60)", tmp_path, limits) as one:
        await one.until_free()
        one.send(1)
        one.backend.cancel(1)

        assert (await one.outcome_of(1)).message == "ignored_request"


async def test_a_worker_past_its_jobs_is_recycled_between_jobs(tmp_path: Path) -> None:
    limits = HealthLimits(max_jobs=1, beat_timeout_s=LONG_S)
    async with crew("ready(); serve()", tmp_path, limits) as one:
        await one.until_free()
        (old,) = one.pids()
        one.send(1)
        await one.outcome_of(1)
        await one.seen.until(lambda: old not in one.pids() and one.backend.slots(KIND) > 0)

        assert one.backend.kinds[KIND].roster.restarts_by_reason == {"worn_out": 1}


async def test_a_kind_that_cannot_start_goes_down_instead_of_looping(tmp_path: Path) -> None:
    async with crew("sys.exit('no such grammar')", tmp_path, size=2) as two:
        await two.seen.until(lambda: two.backend.down_for(KIND) is not None)

        starts = [note for note in two.seen.notes if note.event == "worker_started"]
        assert 0 < (two.backend.down_for(KIND) or 0) <= 60
        assert len(starts) <= 2 + 3  # both places once, then the budget
        assert "no such grammar" in two.seen.logs


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="only Linux tells of a strange process's end"
)
async def test_what_a_worker_started_ends_with_it_even_while_it_holds_the_socket(
    tmp_path: Path,
) -> None:
    script = """
        ready()
        if first_time("parent"):
            hear()
            child = subprocess.Popen(["sleep", "60"])  # inherits the socket as stdin and stdout
            open("child", "w").write(str(child.pid))
            os._exit(1)
        serve()
    """
    async with crew(script, tmp_path) as one:
        await one.until_free()
        one.send(1)
        outcome = await one.outcome_of(1)

        child = int((tmp_path / "child").read_text())
        assert outcome.status == "lost"
        assert ends(child)


async def test_stderr_is_logged_line_by_line_up_to_its_last_word(tmp_path: Path) -> None:
    script = """
        sys.stderr.write("first\\nsecond\\nlast words")
        sys.stderr.flush()
        ready()
        hear()
        os._exit(3)
    """
    async with crew(script, tmp_path) as one:
        await one.until_free()
        one.send(1)
        await one.outcome_of(1)

        assert one.seen.logs[:3] == ["first", "second", "last words"]


async def test_a_program_that_is_not_there_takes_the_kind_down_with_a_reason(
    tmp_path: Path,
) -> None:
    seen = Recorder()
    config = KindConfig(
        name=KIND,
        size=1,
        argv=(str(tmp_path / "missing"),),
        limits=HealthLimits(),
        restarts=RestartPolicy(intensity=1, backoff_base_s=0.001),
    )
    settings = WorkerSettings(coordinator_pid=os.getpid(), roots=(), working_directory="/")
    backend = LocalCrew([config], settings, 0.01, seen.on_note, seen.on_log)
    backend.start(seen)
    await seen.until(lambda: backend.down_for(KIND) is not None)
    await backend.close(0.0)

    assert "could not be started" in seen.logs[0]


async def test_draining_lets_the_running_job_finish(tmp_path: Path) -> None:
    script = """
        ready()
        job = hear()
        while hear()["type"] != "drain":
            pass
        say(type="done", id=job["id"], result="finished")
        sys.exit(0)
    """
    async with crew(script, tmp_path) as one:
        await one.until_free()
        one.send(1)
        await one.backend.close(grace_s=LONG_S)

        assert (await one.outcome_of(1)).status == "done"
        assert [n.code for n in one.seen.notes if n.event == "worker_exited"] == [0]
