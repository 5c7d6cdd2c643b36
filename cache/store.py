"""Results that outlive the server: a thread of its own between an event loop and the file.

Rule 1: nothing here waits: questions go to the thread, and answers come back as calls on the loop.
Rule 2: every question is answered, "not known" at the latest after `PATIENCE_S`; while one is overdue no
other is taken.
Rule 3: what there is no time to keep is dropped.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from cache.known import Finding, Known, OnEvent, Realm, Wanted

if TYPE_CHECKING:
    from cache.keeper import Keeper

PATIENCE_S = 1.0
"""A disk that takes longer than this is not worth waiting for."""

_LINGER_S = 0.1
_BATCH = 256
"""What is to be kept is written in portions of this size, or after a moment."""
_MOST_WAITING_BYTES = 16 << 20

_Work = Callable[["Keeper"], Any]


class Store:
    """The results in *folder*. Make and use it on one event loop; its thread begins with the first use."""

    def __init__(self, folder: str, max_bytes: int, realm: Realm, on_event: OnEvent) -> None:
        self._settings = (folder, max_bytes, realm)
        self._on_event = on_event
        self._keeper: Keeper | None = None
        self._loop = asyncio.get_running_loop()
        self._thread: threading.Thread | None = None
        self._ended = asyncio.Event()
        self._condition = threading.Condition()
        self._questions: deque[_Question] = deque()
        self._findings: deque[Finding] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._overdue = 0
        self.dropped = 0

    def find(self, wanted: Sequence[Wanted], then: Callable[[Sequence[Known]], None]) -> bool:
        """Ask for all of *wanted*; *then* hears, in the same order. False: there is no point in asking."""
        return self._ask(lambda keeper: keeper.find(wanted), then, [Known()] * len(wanted))

    def fetch(self, place: bytes, digest: bytes, then: Callable[[bytes | None], None]) -> bool:
        """Ask for the value of a content, as `find` does."""
        return self._ask(lambda keeper: keeper.fetch(place, digest), then, None)

    def keep(self, finding: Finding) -> None:
        """Keep a result, if there is time to."""
        if self._is_off():
            return
        with self._condition:
            size = _size(finding)
            if self._waiting_bytes + size > _MOST_WAITING_BYTES:
                self.dropped += 1
                return
            self._findings.append(finding)
            self._waiting_bytes += size
            if len(self._findings) in {1, _BATCH}:
                self._condition.notify()
        self._begin()

    def open(self) -> None:
        """Open the file already now, so that the first question need not wait for it."""
        if not self._is_off():
            self._begin()

    async def close(self, longest_s: float = 1.0) -> None:
        """Write what is left to write, but do not wait for ever."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        if self._thread is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(longest_s):
                    await self._ended.wait()

    # --- on the loop

    def _is_off(self) -> bool:
        return self._closing or (self._keeper is not None and self._keeper.is_off())

    def _ask(self, work: _Work, then: Callable[[Any], None], otherwise: object) -> bool:
        if self._overdue or self._is_off():
            return False
        question = _Question(work, then)
        question.timer = self._loop.call_later(PATIENCE_S, self._overtaken, question, otherwise)
        with self._condition:
            self._questions.append(question)
            self._condition.notify()
        self._begin()
        return True

    def _overtaken(self, question: "_Question", otherwise: object) -> None:
        self._overdue += 1
        question.is_overdue = True
        question.then(otherwise)

    def _answered(self, question: "_Question", answer: object) -> None:
        if question.is_overdue:
            self._overdue -= 1
            return
        assert question.timer is not None
        question.timer.cancel()
        question.then(answer)

    def _begin(self) -> None:
        if self._thread is None:
            # A daemon: a disk that hangs must not keep the server from ending.
            self._thread = threading.Thread(target=self._work, name="store", daemon=True)
            self._thread.start()

    # --- in the thread

    def _work(self) -> None:
        # Here, because it takes 7 ms, of which a server's start shall not have any.
        from cache.keeper import Keeper  # noqa: PLC0415

        keeper = self._keeper = Keeper(*self._settings, partial(self._post, self._on_event))
        keeper.open()
        while (task := self._next_task()) is not None:
            task(keeper)
        keeper.close()
        self._post(self._ended.set)

    def _next_task(self) -> Callable[["Keeper"], None] | None:
        """Wait for something to do; None when all is done."""
        lingered = False
        with self._condition:
            while True:
                if self._questions:
                    return partial(self._answer, self._questions.popleft())
                if self._findings and (lingered or self._closing or len(self._findings) >= _BATCH):
                    return partial(_put, self._take())
                if self._closing:
                    return None
                lingered = not self._condition.wait(_LINGER_S if self._findings else None)

    def _answer(self, question: "_Question", keeper: "Keeper") -> None:
        self._post(self._answered, question, question.work(keeper))
        if not self._questions:
            keeper.note_use()

    def _take(self) -> list[Finding]:
        taken = [self._findings.popleft() for _ in range(min(_BATCH, len(self._findings)))]
        self._waiting_bytes -= sum(map(_size, taken))
        return taken

    def _post(self, callback: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._loop.call_soon_threadsafe(callback, *arguments)


class _Question:
    """What somebody on the loop waits for."""

    __slots__ = ("is_overdue", "then", "timer", "work")

    def __init__(self, work: _Work, then: Callable[[Any], None]) -> None:
        self.work = work
        self.then = then
        self.timer: asyncio.TimerHandle | None = None
        self.is_overdue = False


def _put(findings: list[Finding], keeper: "Keeper") -> None:
    keeper.put(findings)


def _size(finding: Finding) -> int:
    return len(finding.value or b"")
