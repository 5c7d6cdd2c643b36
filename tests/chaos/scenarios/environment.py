"""The machine misbehaves: clocks jump, signals interrupt, and there are no more descriptors or processes."""

import asyncio
import os
import resource
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from unittest import mock

from chaos.faults import Marksman
from chaos.load import Load, beats
from chaos.report import Findings
from chaos.rig import Rig, Setup, rig
from chaos.scenarios.common import outcomes_under_fire
from chaos.scenarios.starts import own_cpu_s
from chaos.work import NO_PROCESSES
from coordinator.crew.actions import Note
from coordinator.crew.health import HealthLimits
from coordinator.crew.restarts import RestartPolicy

_DAY_S = 86_400
_KILL_EVERY_S = 0.1


async def clock_jumps(*, seconds: float, callers: int) -> Findings:
    """The time of day jumps to and fro by a day."""
    now = time.time
    with mock.patch("time.time") as clock:
        clock.side_effect = now
        async with rig() as one:
            load = await _load(one, callers)
            marksman = Marksman(one)
            async for beat in beats(_KILL_EVERY_S, seconds):
                jump = (-1) ** beat * _DAY_S
                clock.side_effect = lambda jump=jump: now() + jump
                marksman.shoot(signal.SIGKILL)
            await load.stop()
    return _findings(one)


async def interruptions(*, seconds: float, callers: int, every_s: float) -> Findings:
    """Signals interrupt the coordinator's system calls all the time."""
    interrupted = 0

    def count(*_: object) -> None:
        nonlocal interrupted
        interrupted += 1

    async with rig() as one:
        load = await _load(one, callers)
        marksman = Marksman(one)
        before = signal.signal(signal.SIGALRM, count)
        signal.setitimer(signal.ITIMER_REAL, every_s, every_s)
        async for _ in beats(_KILL_EVERY_S, seconds):
            marksman.shoot(signal.SIGKILL)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        await load.stop()
    findings = _findings(one)
    findings.figures["interruptions"] = interrupted
    return findings


class Descriptors:
    """Takes every descriptor that this process may have."""

    def __init__(self, most: int = 256) -> None:
        self._taken: list[int] = []
        self._limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, self._limits[1]))

    def take_all(self) -> None:
        """Leave none."""
        while True:
            try:
                self._taken.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
            except OSError:
                return

    def give_back(self) -> None:
        """Let go of all."""
        for descriptor in self._taken:
            os.close(descriptor)
        self._taken.clear()
        resource.setrlimit(resource.RLIMIT_NOFILE, self._limits)


@contextmanager
def no_descriptors() -> Generator[Descriptors]:
    """Be ready to take all descriptors, and give them back in the end."""
    descriptors = Descriptors()
    try:
        yield descriptors
    finally:
        descriptors.give_back()


async def descriptors(*, seconds: float, callers: int, when: str) -> Findings:
    """There is not a single descriptor left when a worker has died, or when its successor is born."""
    setup = Setup(
        restarts=RestartPolicy(backoff_base_s=0.01, backoff_max_s=0.05, cool_down_s=0.1),
        limits=HealthLimits(max_jobs=10_000_000),  # who is left must last
    )
    async with rig(setup) as one:
        load = await _load(one, callers)
        with no_descriptors() as taken:
            loop = asyncio.get_running_loop()

            def take(note: Note) -> None:
                if note.event == "worker_exited" and when == "death":
                    taken.take_all()
                elif note.event == "worker_exited":
                    loop.call_soon(taken.take_all)  # a fork has been asked for by then

            one.watch.on_event = take
            Marksman(one).shoot(signal.SIGKILL)
            await one.watch.until(lambda: one.watch.count("worker_exited") > 0)
            await asyncio.sleep(seconds)
            served = len(load.replies)
            one.watch.on_event = None
        await one.until_ready()
        await load.stop()
    findings = _findings(one)
    troubles = sum("could not be started" in line for line in one.watch.log)
    findings.figures |= {"served_meanwhile": served, "failed_starts": troubles}
    return findings


async def processes(*, seconds: float) -> Findings:
    """The system gives us no more processes for a while."""
    async with rig(Setup(module="chaos.unforkable_kind")) as one:
        await one.until_ready()
        (one.folder / NO_PROCESSES).touch()
        Marksman(one).shoot(signal.SIGKILL)
        await one.watch.until(lambda: any("was not forked" in line for line in one.watch.log))
        load = Load(one.calls, 1, pause_s=0.05)
        load.start()
        start, cpu = time.monotonic(), own_cpu_s()
        await asyncio.sleep(seconds)
        share = (own_cpu_s() - cpu) / (time.monotonic() - start)
        (one.folder / NO_PROCESSES).unlink()
        await one.until_ready()
        await load.stop()
    findings = _findings(one)
    refusals = sum("was not forked" in line for line in one.watch.log)
    findings.figures |= {
        "served_meanwhile": len(load.replies),
        "forks_refused": refusals,
        "coordinator_cpu_percent": 100 * share,
    }
    return findings


async def _load(one: Rig, callers: int) -> Load:
    await one.until_ready()
    load = Load(one.calls, callers)
    load.start()
    return load


def _findings(one: Rig) -> Findings:
    died = one.watch.count("worker_exited", "died")
    return Findings(
        violations=one.violations(), figures={**outcomes_under_fire(one), "deaths": died}
    )
