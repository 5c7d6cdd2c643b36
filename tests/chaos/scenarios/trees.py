"""What workers have started, and what is left of it when they, or their coordinator, are gone."""

import contextlib
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Generator

import psutil

from chaos.calls import Order
from chaos.client import starting
from chaos.processes import ends_of, kill_9
from chaos.report import Findings, spread
from chaos.rig import rig
from chaos.scenarios.common import outcomes
from chaos.victim import DOINGS, environment_of
from support.messages import snippet_call
from support.sources import endless_bash
from support.toolcrew import running

_TWO_WORKERS = {"CREW_PARSE_WORKERS": 2, "CREW_PARSE_WORKERS_MIN": 2}


async def worker_killed(*, rounds: int, children: int) -> Findings:
    """Kill a worker that has children, half of them in sessions of their own."""
    gone: list[float] = []
    counts: list[int] = []
    async with rig() as one:
        for _ in range(rounds):
            await one.until_proven()
            order = Order(tool="spawn", arguments={"count": children}, is_idempotent=False)
            call = one.calls.start(order)
            await one.watch.until(lambda call=call: call.has_begun)  # type: ignore[misc]
            (busy,) = [member for member in one.ready() if member.tasks]
            worker = psutil.Process(busy.pid)
            tree = worker.children(recursive=True)
            counts.append(len(tree))
            with ends_of(tree) as ends:
                at = kill_9(worker)
                await one.watch.until(lambda call=call: call.reply is not None)  # type: ignore[misc]
                await one.until_ready()
                gone.append((ends.wait() - at) * 1e3)
    unknown = one.calls.codes.pop("outcome_unknown", 0)
    return Findings(
        violations=one.violations(),
        figures={
            **outcomes(one),
            "trees": unknown,
            "fewest_children": min(counts),
            **spread("gone_ms", gone),
        },
    )


def coordinator_killed(*, rounds: int) -> Findings:
    """Kill a coordinator whose workers are idle, busy, or have children that have fled."""
    gone: list[float] = []
    violations: list[str] = []
    fewest = 1000
    for doing in DOINGS * rounds:
        mark = uuid.uuid4().hex
        with _victim(doing, mark) as victim:
            everybody = running(mark)
            fewest = min(fewest, len(everybody))
            with ends_of(everybody) as ends:
                at = kill_9(psutil.Process(victim.pid))
                gone.append((ends.wait() - at) * 1e3)
        violations += [f"{doing}: {one} is left" for one in running(mark)]
    return Findings(
        violations=violations,
        figures={"coordinators": len(gone), "fewest_processes": fewest, **spread("gone_ms", gone)},
    )


def server_killed(*, rounds: int) -> Findings:
    """Kill the whole server's coordinator while its workers are idle, or busy."""
    gone: list[float] = []
    violations: list[str] = []
    for _ in range(rounds):
        for is_busy in (False, True):
            with starting() as start:
                server = start(**_TWO_WORKERS, FILES_PARSE_BUDGET_S=1000)
                if is_busy:
                    server.talk.send(*(snippet_call(n, endless_bash(n), "bash") for n in range(2)))
                    server.busy_worker()
                server.ready_workers(2)
                with ends_of(running(server.mark)) as ends:
                    at = kill_9(server.process)
                    gone.append((ends.wait() - at) * 1e3)
                violations += [f"{one} is left" for one in running(server.mark)]
    return Findings(
        violations=violations, figures={"servers": len(gone), **spread("gone_ms", gone)}
    )


@contextlib.contextmanager
def _victim(doing: str, mark: str) -> Generator[subprocess.Popen[bytes]]:
    """Start a coordinator that is to be killed, and wait until it is set."""
    command = [sys.executable, "-P", "-m", "chaos.victim", doing]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, env=environment_of(mark, folder), stdout=subprocess.PIPE
        ) as victim,
    ):
        assert victim.stdout is not None
        assert victim.stdout.readline(), "the victim has not started"
        yield victim
