"""Jobs that take more memory than they should, at once or bit by bit."""

import asyncio
from collections.abc import Coroutine

from chaos.calls import Order
from chaos.load import PAYLOAD, Load
from chaos.report import Findings, percentile
from chaos.rig import Rig, Setup, rig
from chaos.scenarios.common import outcomes
from coordinator.crew.health import HealthLimits
from protocol.worker.sandbox import SandboxPolicy

MIB = 1 << 20
_CALLERS, _PAUSE_S = 8, 0.005


async def hog(*, seconds: float, limit_mb: int, by_kernel: bool) -> Findings:
    """Take 1 GB/s again and again beside a calm load: each is stopped at the limit, the others go on.

    The limit is the kernel's, which makes it a clean error, or ours, which is found out by looking. The
    others are compared with how they do beside a job that only computes: it takes up a worker and a core too.
    """
    limit = limit_mb * MIB
    setup = Setup(
        limits=HealthLimits(memory_limit_bytes=0 if by_kernel else limit),
        sandbox=SandboxPolicy(enabled=False, memory_limit_bytes=limit if by_kernel else 0),
    )
    code = "memory_limit" if by_kernel else "outcome_unknown"
    async with rig(setup) as one:
        await one.until_ready()
        usual, _ = await _beside_load(one, _compute(one, seconds / 2))
        hit, wrong = await _beside_load(one, _hogs(one, seconds, code))
    hogs = one.calls.codes.pop(code, 0)
    return Findings(
        violations=[*one.violations(), *wrong],
        figures={
            **outcomes(one),
            "hogs": hogs,
            "usual_p99_ms": percentile(usual, 0.99),
            "hit_p99_ms": percentile(hit, 0.99),
            "slowdown": percentile(hit, 0.99) / percentile(usual, 0.99),
        },
    )


async def _beside_load(
    one: Rig, work: Coroutine[None, None, list[str]]
) -> tuple[list[float], list[str]]:
    """Do *work* beside a load; return how long the load's calls took, and what the work returns."""
    load = Load(one.calls, _CALLERS, pause_s=_PAUSE_S)
    load.start()
    result = await work
    await load.stop()
    return load.latencies_ms(), result


async def _compute(one: Rig, seconds: float) -> list[str]:
    await one.calls.ok(Order(tool="busy", arguments={"seconds": seconds}))
    return []


async def _hogs(one: Rig, seconds: float, code: str) -> list[str]:
    """Take memory for *seconds*; return what was wrong with how that ended."""
    wrong: list[str] = []
    order = Order(tool="hog", arguments={"most_bytes": 8 << 30}, is_idempotent=False)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        reply = await one.calls.ask(order)
        if reply.code != code or "memory" not in reply.message:
            wrong.append(f"hog: {reply}")
    return wrong


async def leak(*, seconds: float, callers: int, growth_mb: int) -> Findings:
    """Leak 1 MB with every call: workers that have grown are replaced between calls."""
    order = Order(tool="leak", arguments={"most_bytes": MIB}, is_idempotent=False)
    async with rig(Setup(limits=HealthLimits(max_growth_bytes=growth_mb * MIB))) as one:
        await one.until_ready()
        load = Load(one.calls, callers, lambda: order)
        load.start()
        await asyncio.sleep(seconds)
        await load.stop()
        await one.until_ready()
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes(one),
            "recycled": one.watch.count("worker_exited", "grown"),
            "killed": one.watch.count("worker_killed"),
        },
    )


async def recycle(*, seconds: float, callers: int) -> Findings:
    """Replace every worker after every job, none of which may be run twice."""
    order = Order(arguments={"payload": PAYLOAD}, is_idempotent=False)
    async with rig(Setup(limits=HealthLimits(max_jobs=1))) as one:
        await one.until_ready()
        load = Load(one.calls, callers, lambda: order)
        load.start()
        await asyncio.sleep(seconds)
        await load.stop()
        await one.until_ready()
    calls = one.calls.codes.total()
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes(one),
            "calls_per_s": calls / seconds,
            "jobs_per_worker": calls / max(1, one.watch.count("worker_exited", "worn_out")),
            "killed": one.watch.count("worker_killed"),
        },
    )
