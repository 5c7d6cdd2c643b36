"""Workers and their zygote are killed under load."""

import signal

from chaos.faults import Marksman
from chaos.load import Load, beats
from chaos.report import Figures, Findings, spread
from chaos.rig import Rig, Setup, rig
from chaos.watch import following


async def kill_workers(*, seconds: float, every_s: float = 0.05, callers: int = 32) -> Findings:
    """SIGKILL a random worker again and again; every call is answered well, and once."""
    async with rig(Setup(workers=2)) as one:
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
            **answered(one, seconds),
            "deaths": one.watch.count("worker_exited", "died"),
            **spread("call_ms", load.latencies_ms()),
            **spread("death_to_ready_ms", _back_after_ms(one, marksman)),
        },
    )


def answered(one: Rig, seconds: float) -> Figures:
    """Return how many calls were made, and how many did not end well."""
    codes = one.calls.codes
    return {
        "calls": codes.total(),
        "calls_per_s": codes.total() / seconds,
        "lost": codes.total() - codes["ok"],
    }


def _back_after_ms(one: Rig, marksman: Marksman) -> list[float]:
    """Return how long it took from each hit until there was a ready worker in the same place."""
    ready = one.watch.times_of("worker_ready")
    ends = [(hit.at, following(ready[hit.number], hit.at)) for hit in marksman.hits]
    return [(end - at) * 1e3 for at, end in ends if end is not None]
