"""Calls that nobody waits for any more."""

import asyncio
import random
from typing import Any

from chaos.calls import Calls, Order, Reply
from chaos.report import Figures, Findings, spread
from chaos.rig import Setup, rig
from chaos.scenarios.common import outcomes

_LONG: dict[str, Any] = {"seconds": 60.0}
RUNNING = ("nap", "deaf", "loop", "gil_loop")
"""What may have to be cancelled, from the most obliging to the least."""


async def slots(*, rounds: int) -> Findings:
    """Cancel what runs on the only worker: how soon is the next call answered?"""
    figures: Figures = {}
    async with rig(Setup(workers=1)) as one:
        await one.until_ready()
        for tool in RUNNING:
            taken: list[float] = []
            for _ in range(rounds):
                call = one.calls.start(Order(tool=tool, arguments=_LONG))
                await one.watch.until(lambda call=call: call.has_begun)  # type: ignore[misc]
                call.cancel()
                reply = await one.calls.ask(Order())
                taken.append(reply.seconds * 1e3)
            figures |= spread(f"{tool}_ms", taken)
    worst = max(figures[f"{tool}_p99_ms"] for tool in RUNNING)
    return Findings(
        violations=one.violations(),
        figures={**outcomes(one), **figures, "slot_p99_ms": worst},
    )


async def storm(*, seconds: float, callers: int, seed: int) -> Findings:
    """Cancel every second call at a random moment, whether it listens or not."""
    choice = random.Random(seed)
    async with rig(Setup(workers=callers)) as one:
        await one.until_ready()
        end = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(callers):
                group.create_task(_cancelling_caller(one.calls, choice, end))
        last = await one.calls.ask(Order())
    cancelled = sum(type(event).__name__ == "Cancelled" for event in one.calls.events)
    return Findings(
        violations=[*one.violations(), *([] if last.answer else [f"afterwards: {last}"])],
        figures={
            **outcomes(one),
            "cancelled": cancelled,
            "killed": one.watch.count("worker_killed", "ignored_request"),
        },
    )


async def _cancelling_caller(calls: Calls, choice: random.Random, end: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < end:
        tool = choice.choice(("nap", "deaf", "echo"))
        seconds = choice.uniform(0.0, 0.03)
        replied: asyncio.Future[Reply] = loop.create_future()
        arguments = {} if tool == "echo" else {"seconds": seconds}
        call = calls.start(Order(tool=tool, arguments=arguments), replied.set_result)
        if choice.random() < 0.5:
            await asyncio.wait([replied], timeout=choice.uniform(0.0, 0.02))
            call.cancel()
        if not call.is_cancelled:
            await replied
