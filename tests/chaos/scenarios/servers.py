"""The whole server under attack, as its client sees it."""

import datetime as dt
import os
import random
import signal
import time
from collections import Counter

from chaos.client import Client, logged_events, starting, worker_pids
from chaos.report import Figures, Findings, spread
from chaos.watch import following
from support.toolcrew import Toolcrew

Shot = tuple[float, int]
"""When, by the time of day, and whom."""


class Gunner:
    """Sends a signal to a random worker of a server every now and then."""

    def __init__(self, server: Toolcrew, number: signal.Signals, every_s: float) -> None:
        self.shots: list[Shot] = []
        self._server = server
        self._number = number
        self._every_s = every_s
        self._due = time.monotonic()
        self._random = random.Random(1)

    def shoot_if_due(self) -> None:
        """Shoot if it is time; nobody may be there to be shot at."""
        if time.monotonic() < self._due:
            return
        self._due = max(self._due, time.monotonic() - self._every_s / 2) + self._every_s
        if victims := worker_pids(self._server):
            victim = self._random.choice(victims)
            self.shots.append((time.time(), victim))
            os.kill(victim, self._number)


def kill_workers(*, seconds: float, every_s: float, in_flight: int) -> Findings:
    """SIGKILL a random worker of the server again and again."""
    return _attack(signal.SIGKILL, seconds, every_s, in_flight)


def stop_workers(*, seconds: float, every_s: float, in_flight: int) -> Findings:
    """SIGSTOP a random worker of the server again and again."""
    return _attack(signal.SIGSTOP, seconds, every_s, in_flight)


def _attack(number: signal.Signals, seconds: float, every_s: float, in_flight: int) -> Findings:
    with starting() as start:
        server = start(CREW_PARSE_WORKERS=2, CREW_PARSE_WORKERS_MIN=2)
        server.ready_workers(2)
        client = Client(server)
        gunner = Gunner(server, number, every_s)
        client.run(seconds, in_flight, gunner.shoot_if_due)
        server.ready_workers(2)
        violations = client.violations()
        log = logged_events(server)
    return Findings(
        violations=violations,
        figures={
            **_outcomes(client, seconds),
            "shots": len(gunner.shots),
            **spread("call_ms", client.latencies_ms),
            **spread("found_ms", _until(log, "worker_exited", gunner.shots)),
            **spread("shot_to_ready_ms", _until(log, "worker_ready", gunner.shots)),
        },
    )


def _outcomes(client: Client, seconds: float) -> Figures:
    """Return what became of the calls (see `common.outcomes_under_fire`)."""
    calls = len(client.latencies_ms) + len(client.failures)
    codes = Counter(client.failures)
    shot_twice = codes.pop("worker_lost", 0)
    return {
        "calls": calls,
        "lost": codes.total(),
        "shot_twice": shot_twice,
        "calls_per_s": calls / seconds,
        **{f"calls_{code}": count for code, count in sorted(codes.items())},
    }


def _until(log: list[dict[str, object]], event: str, shots: list[Shot]) -> list[float]:
    """Return how long it took from each shot to the next *event* of the same place, by the log."""
    place_of: dict[object, object] = {}
    times: dict[object, list[float]] = {}
    for line in log:
        if line["event"] == "worker_started":
            place_of[line["pid"]] = line["worker"]
        if line["event"] == event:
            at = dt.datetime.fromisoformat(str(line["timestamp"])).timestamp()
            times.setdefault(line["worker"], []).append(at)
    ends = [(at, following(times.get(place_of.get(pid), []), at)) for at, pid in shots]
    return [(end - at) * 1e3 for at, end in ends if end is not None]


def overload(*, floods: int, calls: int, queue_size: int) -> Findings:
    """Ask for far more than the queue holds, again and again: the rest is refused, and memory stays."""
    sizes: list[float] = []
    with starting() as start:
        server = start(QUEUE_SIZE=queue_size, CACHE_MAX_BYTES=0)
        server.ready_workers(1)
        client = Client(server)
        for _ in range(floods):
            client.ask(calls)
            client.hear_out()
            sizes.append(server.process.memory_info().rss / (1 << 20))
        violations = client.violations()
    wrong = [code for code in client.failures if code != "queue_full"]
    return Findings(
        violations=[*violations, *wrong],
        figures={
            "calls": floods * calls,
            "refused": len(client.failures),
            "rss_grown_mb": sizes[-1] - sizes[0],
        },
    )


def pause(*, seconds: float, in_flight: int, pause_s: float) -> Findings:
    """Stop the coordinator itself for a while: afterwards it blames nobody for its own silence."""
    with starting() as start:
        server = start(CREW_PARSE_WORKERS=2, CREW_PARSE_WORKERS_MIN=2, CREW_BEAT_S=0.1)
        before = {worker["pid"] for worker in server.ready_workers(2)}
        client = Client(server)
        client.ask(in_flight)
        server.process.suspend()
        time.sleep(pause_s)
        server.process.resume()
        client.hear_out()
        client.run(seconds, in_flight, lambda: None)
        violations = client.violations()
        after = {worker["pid"] for worker in server.ready_workers(2)}
    return Findings(
        violations=violations,
        figures={**_outcomes(client, seconds), "workers_replaced": len(before - after)},
    )


def full_disk(*, seconds: float, in_flight: int) -> Findings:
    """The log is on a device that is full; workers are killed, of which there is much to say."""
    with starting() as start, open("/dev/full", "wb") as full:
        server = start.logging_to(full.fileno(), CREW_PARSE_WORKERS=2, CREW_PARSE_WORKERS_MIN=2)
        server.ready_workers(2)
        client = Client(server)
        gunner = Gunner(server, signal.SIGKILL, 0.1)
        client.run(seconds, in_flight, gunner.shoot_if_due)
        violations = client.violations()
        code, last_words = server.leave()
    wrong = [] if (code, last_words) == (0, []) else [f"exit status {code}, {last_words}"]
    return Findings(violations=[*violations, *wrong], figures=_outcomes(client, seconds))
