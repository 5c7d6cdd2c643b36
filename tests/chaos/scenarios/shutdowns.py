"""The server is told to go, politely and not, with a hundred calls in flight."""

import signal
import time
from collections.abc import Callable
from typing import Any

import psutil

from chaos.client import Start, starting
from chaos.report import Figures, Findings
from chaos.watch import LONG_S
from support.messages import request, snippet_call
from support.toolcrew import Toolcrew

_LONG_GRACE_S, _SHORT_GRACE_S = 60.0, 0.5
_SETTINGS = {"CREW_PARSE_WORKERS": 2, "CREW_DEADLINE_S": 120}
_BUDGET_S = 0.01


def shut_down(*, in_flight: int) -> Findings:
    """Say SIGTERM, say it twice, close the pipe, or vanish."""
    violations: list[str] = []
    figures: Figures = {"calls": 0.0, "answered": 0.0}
    with starting() as start:
        for leave in (_terminate, _close_input):
            server = _busy_server(start, in_flight)
            workers = server.workers()
            at = time.monotonic()
            code, last_words = leave(server)
            figures[f"drained_s{leave.__name__}"] = time.monotonic() - at
            violations += _judge(leave.__name__, code, workers)
            violations += _judge_answers(leave.__name__, last_words, in_flight)
            figures["calls"] += in_flight
            figures["answered"] += len(last_words)
        for hurry, grace_s in ((_terminate_twice, _LONG_GRACE_S), (_vanish, _SHORT_GRACE_S)):
            server = _stuck_server(start, in_flight, grace_s)
            workers = server.workers()
            figures[f"gone_s{hurry.__name__}"] = hurry(server)
            violations += _judge(hurry.__name__, server.wait(), workers)
    figures["second_signal_s"] = figures.pop("gone_s_terminate_twice")
    figures["beyond_grace_s"] = figures.pop("gone_s_vanish") - _SHORT_GRACE_S
    return Findings(violations=violations, figures=figures)


# --- servers with calls in flight


def _busy_server(start: Start, in_flight: int) -> Toolcrew:
    """Start a server that has just taken calls which it can answer within a second or so."""
    server = start(FILES_PARSE_BUDGET_S=_BUDGET_S, SERVER_GRACE_S=_LONG_GRACE_S, **_SETTINGS)
    return _give(server, in_flight, 2_000)


def _stuck_server(start: Start, in_flight: int, grace_s: float) -> Toolcrew:
    """Start a server that has just taken calls which it can not answer for long."""
    server = start(FILES_PARSE_BUDGET_S=1000, SERVER_GRACE_S=grace_s, **_SETTINGS)
    return _give(server, in_flight, 10_000)


def _give(server: Toolcrew, count: int, length: int) -> Toolcrew:
    server.ready_workers(1)
    calls = (snippet_call(n, f"# {n}\n" + "cat <<A " * length, "bash") for n in range(count))
    server.talk.send(*calls, request("read", "ping"))
    server.talk.answer("read")
    return server


# --- ways to go


def _terminate(server: Toolcrew) -> tuple[int, list[Any]]:
    server.popen.send_signal(signal.SIGTERM)
    last_words = server.talk.rest()
    return server.wait(), last_words


def _close_input(server: Toolcrew) -> tuple[int, list[Any]]:
    return server.leave()


def _terminate_twice(server: Toolcrew) -> float:
    server.popen.send_signal(signal.SIGTERM)
    _until(lambda: '"signal"' in server.logged())
    at = time.monotonic()
    server.popen.send_signal(signal.SIGTERM)
    server.wait()
    return time.monotonic() - at


def _vanish(server: Toolcrew) -> float:
    at = time.monotonic()
    server.talk.close()
    server.wait()
    return time.monotonic() - at


def _until(has_happened: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    while not has_happened():
        assert time.monotonic() < end
        time.sleep(0.002)


# --- what must be true afterwards


def _judge(how: str, code: int, workers: list[psutil.Process]) -> list[str]:
    left = [f"{how}: {worker} is left" for worker in workers if worker.is_running()]
    return left if code == 0 else [f"{how}: exit status {code}", *left]


def _judge_answers(how: str, last_words: list[Any], in_flight: int) -> list[str]:
    numbers = sorted(message.get("id", -1) for message in last_words)
    if numbers == list(range(in_flight)):
        return []
    return [f"{how}: {len(last_words)} answers for {in_flight} calls"]
