"""Workers and their zygote are killed under load."""

import itertools
import signal

from chaos.faults import Hit, Marksman
from chaos.load import Load, beats
from chaos.report import Findings, spread
from chaos.rig import Setup, rig
from chaos.scenarios.common import back_after_ms, outcomes_under_fire


async def kill_workers(*, seconds: float, every_s: float, callers: int) -> Findings:
    """SIGKILL a random worker again and again."""
    async with rig() as one:
        await one.until_ready()
        marksman = Marksman(one)
        load = Load(one.calls, callers)
        load.start()
        async for _ in beats(every_s, seconds):
            marksman.shoot(signal.SIGKILL)
        await load.stop()
        await one.until_ready()
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes_under_fire(one),
            "calls_per_s": one.calls.codes.total() / seconds,
            "deaths": one.watch.count("worker_exited", "died"),
            **spread("call_ms", load.latencies_ms()),
            **spread("death_to_ready_ms", back_after_ms(one, marksman.hits)),
        },
    )


async def kill_zygote(*, seconds: float, every_s: float, callers: int) -> Findings:
    """SIGKILL the zygote, and at the same moment one of the workers: the other one goes on."""
    hits: list[Hit] = []
    async with rig() as one:
        await one.until_ready()
        load = Load(one.calls, callers)
        load.start()
        async for _ in beats(every_s, seconds):
            await one.until_ready()
            (await one.zygote()).kill()
            hit = Marksman(one, seed=len(hits)).shoot(signal.SIGKILL)
            assert hit is not None
            hits.append(hit)
        await one.until_ready()
        await load.stop()
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes_under_fire(one),
            "zygotes_killed": one.watch.count("zygote_exited"),
            "longest_silence_ms": _longest_silence_ms(load),
            **spread("zygote_and_worker_back_ms", back_after_ms(one, hits)),
        },
    )


def _longest_silence_ms(load: Load) -> float:
    """Return the longest time in which no call was answered."""
    return max((b - a) * 1e3 for a, b in itertools.pairwise(load.answered_at))


async def no_zygote(*, seconds: float, every_s: float, callers: int) -> Findings:
    """There never is a zygote: workers are started as programs instead, also under fire."""
    async with rig(Setup(zygote_module="chaos.no_such_kind")) as one:
        await one.until_ready()
        marksman = Marksman(one)
        load = Load(one.calls, callers)
        load.start()
        async for _ in beats(every_s, seconds):
            marksman.shoot(signal.SIGKILL)
        await one.until_ready()
        await load.stop()
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes_under_fire(one),
            "deaths": one.watch.count("worker_exited", "died"),
            "zygote_starts": one.watch.count("zygote_started"),
            **spread("death_to_ready_ms", back_after_ms(one, marksman.hits)),
        },
    )
