"""Kinds that cannot start, and thousands of starts that can."""

import asyncio
import gc
import operator
import os
import resource
import signal
import time

from chaos.calls import Order
from chaos.faults import Marksman
from chaos.load import Load
from chaos.processes import Holdings, holdings
from chaos.report import Figures, Findings
from chaos.rig import Rig, Setup, rig
from chaos.scenarios.common import outcomes
from chaos.work import BROKEN
from coordinator.crew.restarts import RestartPolicy

_REST_S = 0.3


async def crash_loop(*, seconds: float, cool_down_s: float, backoff_base_s: float) -> Findings:
    """The kind cannot be imported for a while: it goes down, is tried now and then, and comes up again."""
    restarts = RestartPolicy(cool_down_s=cool_down_s, backoff_base_s=backoff_base_s)
    setup = Setup(module="chaos.broken_kind", restarts=restarts, flags=(BROKEN,))
    start, cpu = time.monotonic(), own_cpu_s()
    async with rig(setup) as one:
        await one.watch.until(lambda: one.watch.count("kind_down") > 0)
        starts = one.watch.count("worker_started")
        refused = await one.calls.ask(Order())
        await asyncio.sleep(seconds)
        share = (own_cpu_s() - cpu) / (time.monotonic() - start)
        tries = one.watch.count("worker_started") - starts
        probes = one.watch.count("kind_probed")
        (one.folder / BROKEN).unlink()
        await one.watch.until(lambda: bool(one.ready()))
        await one.calls.ok(Order())  # which is what proves that the kind is well again
        await one.watch.until(lambda: one.watch.count("kind_up") > 0)
        await one.until_ready()
    del one.calls.codes["kind_down"]
    return Findings(
        violations=[
            *one.violations(),
            *([] if refused.code == "kind_down" else [f"while down: {refused}"]),
        ],
        figures={
            **outcomes(one),
            "starts_until_down": starts,
            "probes": probes,
            "tries_beyond_probes": max(0, tries - probes),
            "coordinator_cpu_percent": 100 * share,
        },
    )


async def crash_loop_beside(*, seconds: float, cool_down_s: float) -> Findings:
    """New workers cannot be imported any more, while an old one lives and works."""
    restarts = RestartPolicy(cool_down_s=cool_down_s)
    async with rig(Setup(module="chaos.broken_kind", has_zygote=False, restarts=restarts)) as one:
        await one.until_ready()
        (one.folder / BROKEN).touch()
        before = one.watch.count("worker_started")
        load = Load(one.calls, 1, pause_s=0.01)
        load.start()
        Marksman(one).shoot(signal.SIGKILL)
        await one.watch.until(lambda: one.watch.count("kind_down") > 0)
        starts = one.watch.count("worker_started") - before
        await asyncio.sleep(seconds)
        served = len(load.replies)
        (one.folder / BROKEN).unlink()
        await one.until_ready()
        await load.stop()
    return Findings(
        violations=one.violations(),
        figures={**outcomes(one), "starts_until_down": starts, "served_meanwhile": served},
    )


def own_cpu_s() -> float:
    """Return the CPU time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def leaks(*, restarts: int, workers: int) -> Findings:
    """Kill workers between calls, again and again: the coordinator and the zygote keep nothing of them."""
    async with rig(Setup(workers=workers)) as one:
        await _restart(one, 50)
        pids = {"coordinator": os.getpid(), "zygote": (await one.zygote()).pid}
        before = {name: await _at_rest(pid, None) for name, pid in pids.items()}
        start = time.monotonic()
        done = await _restart(one, restarts)
        took_s = time.monotonic() - start
        figures: Figures = {"restarts": done, "restarts_per_s": done / took_s}
        for name, pid in pids.items():
            after = await _at_rest(pid, before[name])
            for what, was, now in zip(Holdings._fields, before[name], after, strict=True):
                figures[f"{name}_{what}_grown"] = now - was
    return Findings(violations=one.violations(), figures={**outcomes(one), **figures})


async def _at_rest(pid: int, before: Holdings | None) -> Holdings:
    """Look at a process, if need be until it has let go of what it held for a moment only."""
    end = time.monotonic() + _REST_S
    while True:
        now = holdings(pid)
        is_back = before is not None and all(map(operator.le, now[:-1], before[:-1]))
        if is_back or time.monotonic() > end:
            return now
        await asyncio.sleep(0.01)


async def _restart(one: Rig, count: int) -> int:
    """Kill at least *count* workers, each after a call; return how many it were."""
    done = 0
    while done < count:
        await one.until_proven()
        for member in one.ready():
            os.kill(member.pid, signal.SIGKILL)
            done += 1
        await one.watch.until(lambda: one.watch.count("worker_exited") == len(one.members()))
        one.watch.seen = one.watch.of("zygote_started")  # ten thousand notes are a leak of our own
    await one.until_ready()
    gc.collect()
    return done
