"""What a tool sees of the process it runs in."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
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


class AsyncJobContext(Protocol):
    """One running job's way to the outside, where many run at once; to cancel it cancels its task."""

    @property
    def settings(self) -> WorkerSettings:
        """The limits that hold in this worker."""
        ...

    @property
    def deadline(self) -> float:
        """When nobody waits for an answer any more, as a time of the event loop."""
        ...

    def progress(self, done: float, total: float | None, message: str) -> None:
        """Say how far the job is: *done* of *total* units (None: unknown)."""

    async def ask(self, tool: str, arguments: bytes) -> msgspec.Raw:
        """Have another *tool* of the server called with encoded *arguments*, on behalf of this job.

        Returns the result of an MCP `tools/call`, as JSON.

        Raises:
            AskRefused: there is no result, and why (see `workers.questions`).
        """
        ...


AsyncTool = Callable[[msgspec.Raw, AsyncJobContext], Awaitable[bytes]]
"""As `Tool`, but many run at once on one event loop; none may hold it up for long."""


class Outside(Protocol):
    """What an asynchronous kind sees of its process, whichever job runs."""

    @property
    def settings(self) -> WorkerSettings:
        """What the coordinator has told this process."""
        ...

    def report(self, event: str, subject: str, detail: str = "", **amounts: float) -> None:
        """Have something logged and counted: *event* has happened to *subject* (see `Notice`)."""


Serving = Callable[[Outside], AbstractAsyncContextManager[Mapping[str, AsyncTool]]]
"""Opens what all jobs of a kind share, for as long as it serves, and returns its tools."""
