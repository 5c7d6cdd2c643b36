"""Calls that kill the workers they run in, and workers that do not speak the protocol."""

import asyncio
import itertools

from chaos.calls import Order, Reply
from chaos.deaths import Death, Phase
from chaos.load import Load, small_call
from chaos.report import Findings, spread
from chaos.rig import Rig, Setup, rig
from chaos.scenarios.common import outcomes
from coordinator.crew.health import HealthLimits

FATAL: tuple[Death, ...] = ("segfault", "abort", "exit", "sys_exit", "sigkill", "recursion")
PHASES: tuple[Phase, ...] = ("decoding", "running", "encoding", "replying")
CRASHES: tuple[Death, ...] = ("segfault", "exit", "sys_exit", "sigkill", "exception")
_LIMIT_BYTES = 300 << 20


async def poison(*, seconds: float, callers: int, one_in: int) -> Findings:
    """Mix calls that kill every worker they get with good ones; each is made once more afterwards."""
    wanted = asyncio.Semaphore(0)
    counter = itertools.count(1)

    def make() -> Order:
        if next(counter) % one_in == 0:
            wanted.release()
        return small_call()

    wrong: list[str] = []
    limits = HealthLimits(memory_limit_bytes=_LIMIT_BYTES)
    async with rig(Setup(limits=limits)) as one:
        await one.until_ready()
        load = Load(one.calls, callers, make)
        load.start()
        end = asyncio.get_running_loop().time() + seconds
        poisons = 0
        while asyncio.get_running_loop().time() < end:
            await wanted.acquire()
            wrong += await _poison(one, poisons)
            poisons += 1
        await load.stop()
    refused = one.calls.codes.pop("worker_lost", 0) + one.calls.codes.pop("quarantined", 0)
    deaths = one.watch.count("worker_exited", "died")
    deaths += one.watch.count("worker_exited", "memory_limit")
    return Findings(
        violations=[*one.violations(), *wrong],
        figures={
            **outcomes(one),
            "poisons": poisons,
            "refused": refused,
            "deaths_per_poison": deaths / poisons,
            "innocents_blamed": one.calls.blamed["echo"],
            **spread("call_ms", load.latencies_ms()),
        },
    )


async def _poison(one: Rig, number: int) -> list[str]:
    """Make a call that kills, until it is refused; return what was wrong with that."""
    kinds = [*FATAL, "hog"]
    how = kinds[number % len(kinds)]
    key = f"poison {number}"
    order = Order(tool="hog", key=key, timeout_s=20)
    if how != "hog":  # short, so that innocents stand behind it
        arguments = {"how": how, "times": 100}
        order = Order(tool="die", arguments=arguments, key=key, is_short=True, timeout_s=20)
    first, second = await one.calls.ask(order), await one.calls.ask(order)
    codes = (first.code, second.code)
    return [] if codes == ("worker_lost", "quarantined") else [f"{how}: {first} {second}"]


async def crash_matrix(*, rounds: int) -> Findings:
    """Die in every phase of a job in every way: it is run again, unless it must not be."""
    wrong: list[str] = []
    cases = [*itertools.product(CRASHES, PHASES)] * rounds
    async with rig() as one:
        for how, phase in cases:
            for is_idempotent in (True, False):
                arguments = {"how": how, "phase": phase}
                order = Order(tool="die", arguments=arguments, is_idempotent=is_idempotent)
                reply = await one.calls.ask(order)
                if (found := _outcome(reply)) != _expected(how, phase, is_idempotent):
                    wrong.append(f"{how} while {phase}: {found}")
                await one.calls.ok(Order())
    return Findings(
        violations=[*one.violations(), *wrong],
        figures={"cases": 2 * len(cases), "wrong": len(wrong)},
    )


def _outcome(reply: Reply) -> str:
    return reply.code or f"ok at attempt {reply.answer.attempt if reply.answer else 0}"


def _expected(how: Death, phase: Phase, is_idempotent: bool) -> str:
    """A tool's exception is its answer, unless half of another answer has been sent before."""
    if how == "exception" and phase != "replying":
        return "internal"
    return "ok at attempt 2" if is_idempotent else "outcome_unknown"


NOT_MESSAGES = ("torn", "garble", "huge", "close_stdout", "malformed", "malformed_layout")


async def not_messages(*, rounds: int) -> Findings:
    """Say what is not a message, or nothing any more; and print, which is no harm at all."""
    wrong: list[str] = []
    async with rig() as one:
        for tool in NOT_MESSAGES * rounds:
            reply = await one.calls.ask(Order(tool=tool))
            if _outcome(reply) != "ok at attempt 2":
                wrong.append(f"{tool}: {reply}")
            reply = await one.calls.ask(Order(tool="noise"))
            if _outcome(reply) != "ok at attempt 1":
                wrong.append(f"noise: {reply}")
    noise = sum("noise" in line for line in one.watch.log)
    return Findings(
        violations=[*one.violations(), *wrong],
        figures={
            **outcomes(one),
            "replaced": one.watch.count("worker_exited") - 2,
            "lines_of_noise": noise,
        },
    )
