"""Workers that live and do nothing: stopped, looping, holding the GIL, silent, born stuck."""

import signal

from chaos.calls import Order, Reply
from chaos.faults import Hit, Marksman
from chaos.load import Load, beats
from chaos.report import Findings, spread
from chaos.rig import Rig, Setup, rig
from chaos.scenarios.common import outcomes, outcomes_under_fire
from coordinator.crew.health import HealthLimits


async def stop_workers(*, seconds: float, every_s: float, callers: int) -> Findings:
    """SIGSTOP a random worker again and again."""
    async with rig() as one:
        await one.until_ready()
        marksman = Marksman(one)
        load = Load(one.calls, callers)
        load.start()
        async for _ in beats(every_s, seconds):
            await one.until_ready()
            marksman.shoot(signal.SIGSTOP)
        await one.watch.until(lambda: len(_found_ms(one, marksman.hits)) == len(marksman.hits))
        await load.stop()
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes_under_fire(one),
            "stopped": len(marksman.hits),
            **spread("found_ms", _found_ms(one, marksman.hits)),
            **spread("call_ms", load.latencies_ms()),
        },
    )


def _found_ms(one: Rig, hits: list[Hit]) -> list[float]:
    """Return after how long each stopped worker was killed."""
    killed = {seen.note.pid: seen.at for seen in one.watch.of("worker_killed", "stopped")}
    return [(killed[hit.pid] - hit.at) * 1e3 for hit in hits if hit.pid in killed]


async def loops(*, rounds: int, deadline_s: float, callers: int) -> Findings:
    """Loop for ever in Python, and in C with the GIL held, while others call the worker beside it."""
    late: list[float] = []
    wrong: list[str] = []
    async with rig() as one:
        await one.until_ready()
        load = Load(one.calls, callers)
        load.start()
        for _ in range(rounds):
            for tool in ("loop", "gil_loop"):
                reply = await one.calls.ask(Order(tool=tool, timeout_s=deadline_s))
                wrong += _unless(reply, "deadline", tool)
                late.append((reply.seconds - deadline_s) * 1e3)
        await load.stop()
    expected = one.calls.codes.pop("deadline", 0)
    return Findings(
        violations=[*one.violations(), *wrong],
        figures={**outcomes(one), "loops": expected, **spread("late_ms", late)},
    )


async def silence(*, rounds: int) -> Findings:
    """Hold the GIL with a deadline far away: only the beats that are missed tell."""
    found: list[float] = []
    wrong: list[str] = []
    limits = HealthLimits(beat_timeout_s=0.3)
    async with rig(Setup(beat_s=0.1, limits=limits)) as one:
        for _ in range(rounds):
            await one.until_proven()
            reply = await one.calls.ask(Order(tool="gil_loop", is_idempotent=False))
            wrong += _unless(reply, "outcome_unknown", "gil_loop")
            wrong += [] if reply.message == "missed_beats" else [f"found by {reply.message}"]
            found.append(reply.seconds * 1e3)
    return Findings(violations=[*one.violations(), *wrong], figures={**spread("found_ms", found)})


async def born_stuck(*, has_zygote: bool, start_timeout_s: float) -> Findings:
    """The first process that loads the kind never gets to its end."""
    setup = Setup(
        module="chaos.stuck_kind",
        has_zygote=has_zygote,
        limits=HealthLimits(start_timeout_s=start_timeout_s),
    )
    async with rig(setup) as one:
        await one.until_ready()
        ready_after_s = one.watch.of("worker_ready")[-1].at - one.watch.started_at
        await one.calls.ok(Order())
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes(one),
            "ended": one.watch.count("worker_killed", "start_timeout")
            + one.watch.count("zygote_exited"),
            "overdue_ms": (ready_after_s - start_timeout_s) * 1e3,
        },
    )


def _unless(reply: Reply, code: str, what: str) -> list[str]:
    return [] if reply.code == code else [f"{what}: {reply}"]
