"""A dispatcher between a fake backend and fake listeners, in fake time."""

from typing import Any

import msgspec
from msgspec import Raw

from coordinator.dispatch.dispatcher import Dispatcher, JobSpec
from coordinator.dispatch.queue import JobQueue
from support.fakes import FakeBackend, FakeListener
from support.fakes_time import FakeLoop

KINDS = ("parse", "scan")
SIZE = 4
TIMEOUT_S = 30.0
SPEC = JobSpec(kind="parse", tool="t", arguments=Raw(b"{}"), priority="normal", timeout_s=TIMEOUT_S)


class Bench:
    """Both sides of a dispatcher."""

    def __init__(self, loop: FakeLoop, slots: int = 1) -> None:
        self.loop = loop
        self.backend = FakeBackend(slots)
        self.waits: list[tuple[str, float]] = []
        self.dispatcher = Dispatcher(
            self.backend,
            KINDS,
            lambda _kind: JobQueue(SIZE, 1.0),
            lambda kind, seconds: self.waits.append((kind, seconds)),
        )
        self.backend.attach(self.dispatcher)

    def submit(self, listener: FakeListener, **changes: Any) -> int:
        """Submit a job that is like any other but for the *changes*."""
        return self.dispatcher.submit(msgspec.structs.replace(SPEC, **changes), listener)

    def served(self, kind: str = "parse") -> list[tuple[str, float]]:
        """Return what the queue hears of service from now on."""
        heard: list[tuple[str, float]] = []
        queue = self.dispatcher.queues[kind]
        tell = queue.served

        def served(tenant: str, seconds: float) -> None:
            heard.append((tenant, seconds))
            tell(tenant, seconds)

        queue.served = served  # type: ignore[method-assign]
        return heard
