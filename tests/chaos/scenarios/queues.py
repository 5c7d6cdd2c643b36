"""More work than there are workers: fairness, ageing, and a bound that holds."""

from chaos.calls import Call, Order
from chaos.load import Load, beats, small_call
from chaos.report import Findings, percentile, spread
from chaos.rig import Rig, Setup, rig
from chaos.scenarios.common import outcomes
from protocol.tools.contract import Priority

_SERVICE_S = 0.002
"""What a job here takes; more if the machine is busy."""


async def flood(*, flood: int, few: int) -> Findings:
    """Tenant A has filled the queue when tenant B comes with a few calls of the same kind."""
    async with rig(Setup(queue_size=2 * flood, depth=1)) as one:
        await one.until_ready()
        await _learn_service_time(one)
        many = [one.calls.start(_work("A")) for _ in range(flood)]
        sent_before = len(one.crew.sent)
        calls = [one.calls.start(_work("B")) for _ in range(few)]
        await one.watch.until(lambda: _answered(calls))
        ranks = {job: rank for rank, job in enumerate(one.crew.sent[sent_before:], start=1)}
        for call in many:
            call.cancel()
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes(one),
            "first_dequeue": min(ranks[call.job_id or 0] for call in calls),
            "last_dequeue": max(ranks[call.job_id or 0] for call in calls),
        },
    )


def _work(tenant: str, priority: Priority = "normal", seconds: float = _SERVICE_S) -> Order:
    return Order(
        tool="busy",
        arguments={"seconds": seconds},
        tenant=tenant,
        priority=priority,
        timeout_s=3600,
    )


def _answered(calls: list[Call]) -> bool:
    return all(call.reply is not None for call in calls)


async def _learn_service_time(one: Rig) -> None:
    """Both tenants have been seen before."""
    for tenant in "AB":
        for _ in range(20):
            await one.calls.ok(_work(tenant))


async def ageing(*, seconds: float, callers: int, every_s: float) -> Findings:
    """Calls of the highest class never end; now and then there is one of the lowest."""
    waits: list[float] = []
    async with rig(Setup(depth=1)) as one:
        await one.until_ready()
        load = Load(one.calls, callers, lambda: _work("-", "high"))
        load.start()
        low = [
            one.calls.start(_work("-", "low"), lambda reply: waits.append(reply.seconds))
            async for _ in beats(every_s, seconds)
        ]
        await one.watch.until(lambda: _answered(low))
        await load.stop()
    return Findings(
        violations=one.violations(),
        figures={**outcomes(one), "low_calls": len(low), "low_wait_max_s": max(waits)},
    )


async def overload(*, seconds: float, size: int, times: float) -> Findings:
    """Ask for several times what the workers can do at best: what is accepted takes no longer for that."""
    calls: list[Call] = []
    async with rig(Setup(queue_size=size, depth=1)) as one:
        await one.until_ready()
        rate = times * one.setup.workers / _SERVICE_S
        async for beat in beats(_SERVICE_S, seconds):
            due = int((beat + 1) * _SERVICE_S * rate)
            calls += [one.calls.start(_work("-")) for _ in range(due - len(calls))]
        await one.watch.until(lambda: _answered(calls))
    accepted = [call.reply.seconds * 1e3 for call in calls if call.reply and call.reply.answer]
    refused = [call.reply for call in calls if call.reply and not call.reply.answer]
    wrong = [f"{r}" for r in refused if r.code != "queue_full" or not r.retry_after]
    third = len(accepted) // 3
    first, last = percentile(accepted[:third], 0.99), percentile(accepted[-third:], 0.99)
    return Findings(
        violations=[*one.violations(), *wrong],
        figures={
            "asked": len(calls),
            "accepted": len(accepted),
            "refused": len(refused),
            **spread("accepted_ms", accepted),
            "last_third_to_first_p99": last / first,
        },
    )


async def rescue(*, rounds: int, behind: int) -> Findings:
    """What stands behind a job that takes long is taken back; then nothing happens but answers."""
    slow = Order(tool="busy", arguments={"seconds": 0.06}, is_short=True)
    async with rig(Setup(workers=1)) as one:
        await one.until_ready()
        for _ in range(rounds):
            for _ in range(30):
                await one.calls.ok(small_call())  # short enough for another to stand behind it
            calls = [one.calls.start(order) for order in (slow, *[small_call()] * behind)]
            await one.watch.until(lambda calls=calls: _answered(calls))  # type: ignore[misc]
    return Findings(
        violations=one.violations(), figures={**outcomes(one), "taken_back": one.late_replies()}
    )
