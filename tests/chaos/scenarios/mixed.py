"""Everything at once, by a seed."""

import asyncio
import random
import signal
from typing import Any

from chaos.calls import Call, Calls, Order, Reply
from chaos.faults import Marksman
from chaos.load import beats
from chaos.report import Findings
from chaos.rig import Rig, Setup, rig
from coordinator.crew.health import HealthLimits

_TOOLS: dict[str, dict[str, Any]] = {
    "echo": {"payload": "x" * 900},
    "busy": {"seconds": 0.003},
    "nap": {"seconds": 0.01},
    "deaf": {"seconds": 0.01},
    "noise": {},
    "die": {},
    "torn": {},
    "garble": {},
    "stop": {},
    "loop": {},
    "close_stdout": {},
}
_WEIGHTS = (400, 100, 50, 50, 10, 10, 3, 3, 1, 3, 3)
_WAYS = ("segfault", "exit", "sys_exit", "sigkill", "abort", "exception")
_PHASES = ("decoding", "running", "encoding", "replying")
_EXPECTED = {
    "ok",
    "deadline",
    "internal",
    "outcome_unknown",
    "quarantined",
    "queue_full",
    "worker_lost",
}


async def everything(*, seconds: float, callers: int, seed: int) -> Findings:
    """Callers ask for good and bad, cancel, and give deadlines; workers and the zygote are shot at."""
    choice = random.Random(seed)
    setup = Setup(workers=3, limits=HealthLimits(max_jobs=500), quarantine_s=1.0)
    async with rig(setup) as one:
        await one.until_ready()
        end = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(_shoot(one, choice, seconds))
            for _ in range(callers):
                group.create_task(_caller(one.calls, choice, end))
        await one.until_ready()
        await one.calls.ok(Order())
    codes = one.calls.codes
    unexpected = {code: count for code, count in codes.items() if code not in _EXPECTED}
    return Findings(
        violations=[*one.violations(), *(f"{code}: {n} calls" for code, n in unexpected.items())],
        figures={
            "calls": codes.total(),
            **{f"calls_{code}": count for code, count in sorted(codes.items())},
            "deaths": one.watch.count("worker_exited"),
            "zygote_deaths": one.watch.count("zygote_exited"),
            "late_replies": one.late_replies(),
        },
    )


async def _shoot(one: Rig, choice: random.Random, seconds: float) -> None:
    marksman = Marksman(one, choice.randrange(1 << 30))
    async for beat in beats(0.1, seconds):
        marksman.shoot(signal.SIGSTOP if choice.random() < 0.2 else signal.SIGKILL)
        if beat % 10 == 9:
            (await one.zygote()).kill()


async def _caller(calls: Calls, choice: random.Random, end: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < end:
        replied: asyncio.Future[Reply] = loop.create_future()
        call: Call = calls.start(_order(choice), replied.set_result)
        if choice.random() < 0.05:
            await asyncio.wait([replied], timeout=choice.uniform(0.0, 0.02))
            call.cancel()
        if not call.is_cancelled:
            await replied


def _order(choice: random.Random) -> Order:
    (tool,) = choice.choices(list(_TOOLS), _WEIGHTS)
    arguments = dict(_TOOLS[tool])
    if tool == "die":
        arguments = {
            "how": choice.choice(_WAYS),
            "phase": choice.choice(_PHASES),
            "times": choice.choice((1, 1, 100)),
        }
    is_idempotent = choice.random() < 0.8
    return Order(
        tool=tool,
        arguments=arguments,
        is_idempotent=is_idempotent,
        is_short=is_idempotent and tool == "echo",
        timeout_s=0.1 if tool == "loop" else 20.0,
        tenant=choice.choice("ABC"),
        priority=choice.choice(("high", "normal", "low")),
    )
