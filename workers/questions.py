"""What the jobs of this worker have asked the coordinator, and who waits for the answers.

Any runtime may use it: it sends each `Ask` through the function that it is given, and is fed each `Answer`
with `take`. The futures can be waited for by a thread, or by a coroutine through `asyncio.wrap_future`.
"""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future

from msgspec import Raw

from protocol.errors import CallRefused, ErrorCode
from protocol.worker.messages import Answer, Ask
from protocol.worker.session import MOST_ASKS


class AskRefused(CallRefused):
    """The tool that was asked for has no result; *code* and *message* say why, in words for a model."""


class Questions:
    """The open questions of all jobs; any thread may ask."""

    def __init__(self, send: Callable[[Ask], None]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._open: dict[int, dict[int, Future[Raw]]] = {}

    def ask(self, job_id: int, tool: str, arguments: Raw) -> Future[Raw]:
        """Have *tool* called on behalf of a job.

        The future gets the result of an MCP `tools/call`, as JSON; or it raises `AskRefused`, at once if
        `MOST_ASKS` of this job are open: one more would break the protocol.
        """
        future: Future[Raw] = Future()
        with self._lock:
            waiting = self._open.setdefault(job_id, {})
            if len(waiting) >= MOST_ASKS:
                message = f"{MOST_ASKS} calls of this job wait for an answer: wait for one of them."
                future.set_exception(AskRefused("queue_full", message))
                return future
            number = next(self._numbers)
            waiting[number] = future
        self._send(Ask(job_id, number, tool, arguments))
        return future

    def take(self, answer: Answer) -> None:
        """Give an answer to whoever waits for it; nobody does if the job has ended meanwhile."""
        with self._lock:
            future = self._open.get(answer.id, {}).pop(answer.ask, None)
        if future is None or not future.set_running_or_notify_cancel():
            return
        if answer.code:
            future.set_exception(_refused(answer))
        else:
            future.set_result(answer.result)

    def drop(self, job_id: int) -> None:
        """The job has ended, or is to: nobody waits for its answers any more."""
        with self._lock:
            futures = self._open.pop(job_id, {})
        for future in futures.values():
            future.cancel()

    def open(self, job_id: int) -> int:
        """Return how many questions of a job have no answer yet."""
        return len(self._open.get(job_id, {}))


def _refused(answer: Answer) -> AskRefused:
    # The coordinator is ours, and says only what is an `ErrorCode`.
    code: ErrorCode = answer.code  # type: ignore[assignment]
    return AskRefused(code, answer.message)
