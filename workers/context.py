"""What a tool sees of the process it runs in."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from protocol.worker.settings import WorkerSettings


class JobCancelled(Exception):
    """Raised by a tool that has seen `cancelled()` and stopped; the runtime answers for it."""


class JobContext(Protocol):
    """One running job's way to the outside."""

    @property
    def settings(self) -> WorkerSettings:
        """The limits that hold in this worker."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first time that this job is run, one more after each worker that died with it."""
        ...

    def part(self, result: bytes) -> None:
        """Send one finished piece of the result, as encoded JSON, at once."""
        ...

    def progress(self, done: float, total: float | None, message: str) -> None:
        """Say how far the job is: *done* of *total* units (None: unknown)."""

    def cancelled(self) -> bool:
        """Tell whether nobody waits for this job any more; cheap enough to ask in every loop."""
        ...


Tool = Callable[[msgspec.Raw, JobContext], bytes]
"""Takes the job's raw arguments, returns its encoded result. May raise `JobCancelled` and `CallRefused`."""
