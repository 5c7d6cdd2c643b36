"""Calls on a dispatcher, made as clients make them, with everything written down for the history checker.

What becomes of a call whose worker died is decided as in the server: it is run again if it is idempotent,
until it has killed as many workers as the quarantine allows; of any other the outcome is unknown.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from chaos.history import Answered, Cancelled, Event, Invoked
from chaos.work import Answer
from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import Dispatcher, JobSpec
from coordinator.dispatch.quarantine import Quarantine
from protocol.errors import CallRefused
from protocol.tools.contract import Priority
from protocol.worker.messages import Progress

KIND = "chaos"
_TOKENS = 1 << 60


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller wants. Calls of the same *key* are the same piece of work; "" = like no other."""

    tool: str = "echo"
    arguments: dict[str, Any] = {}
    is_idempotent: bool = True
    is_short: bool = False
    timeout_s: float = 60.0
    tenant: str = "-"
    priority: Priority = "normal"
    key: str = ""


class Reply(msgspec.Struct, frozen=True):
    """What a caller got after *seconds*: an answer, or the code and the message of an error."""

    seconds: float
    answer: Answer | None = None
    code: str = ""
    message: str = ""
    retry_after: float | None = None


class Calls:
    """Makes calls, and writes down what callers see."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        quarantine_s: float,
        on_change: Callable[[], None],
        seed: int = 1,
    ) -> None:
        self.dispatcher = dispatcher
        self.on_change = on_change
        self.quarantine = Quarantine(quarantine_s)
        self.events: list[Event] = []
        self.codes: Counter[str] = Counter()
        self.blamed: Counter[str] = Counter()
        """How often a call of each tool was said to have been running when its worker died."""

        self._numbers = itertools.count(1)
        self._random = random.Random(seed)

    def start(self, order: Order, on_reply: Callable[[Reply], None] = lambda _: None) -> "Call":
        """Make a call; *on_reply* hears of its end, perhaps before this returns."""
        call = Call(self, next(self._numbers), self._random.randrange(_TOKENS), order, on_reply)
        call.start()
        return call

    async def ask(self, order: Order) -> Reply:
        """Make a call and wait for its end."""
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.start(order, future.set_result)
        return await future

    async def ok(self, order: Order) -> Answer:
        """Make a call that must succeed."""
        reply = await self.ask(order)
        assert reply.answer is not None, f"{order.tool}: {reply.code} {reply.message}"
        return reply.answer


class Call:
    """One call, from its invocation to its one reply (a listener of the dispatcher)."""

    def __init__(
        self,
        calls: Calls,
        number: int,
        token: int,
        order: Order,
        on_reply: Callable[[Reply], None],
    ) -> None:
        self.number = number
        self.order = order
        self.reply: Reply | None = None
        self.has_begun = False
        self.is_cancelled = False
        self.job_id: int | None = None
        self._calls = calls
        self._token = token
        self._on_reply = on_reply
        self._key = (order.key or f"call {number}").encode()
        arguments = {"call": number, "token": token, **order.arguments}
        self._arguments = msgspec.Raw(msgspec.json.encode(arguments))
        self._started_at = 0.0

    def start(self) -> None:
        """Ask the dispatcher."""
        order, calls = self.order, self._calls
        self._started_at = now = time.monotonic()
        calls.events.append(
            Invoked(self.number, now, self._token, order.is_idempotent, order.is_short)
        )
        if calls.quarantine.holds_for(self._key, now) is not None:
            self._refuse("quarantined", "It has killed workers before.")
            return
        spec = JobSpec(
            kind=KIND,
            tool=order.tool,
            arguments=self._arguments,
            priority=order.priority,
            timeout_s=order.timeout_s,
            tenant=order.tenant,
            is_short=order.is_short,
        )
        try:
            self.job_id = calls.dispatcher.submit(spec, self)
        except CallRefused as refusal:
            self._refuse(refusal.code, refusal.message, refusal.retry_after)

    def cancel(self) -> None:
        """Want no answer any more."""
        if self.reply is None and not self.is_cancelled and self.job_id is not None:
            self.is_cancelled = True
            self._calls.events.append(Cancelled(self.number, time.monotonic()))
            self._calls.dispatcher.cancel(self.job_id)

    # --- JobListener

    def on_part(self, result: msgspec.Raw) -> None:
        """No tool here answers in parts."""
        raise AssertionError(result)

    def on_progress(self, progress: Progress) -> None:
        """Its tool has begun with what takes long."""
        del progress
        self.has_begun = True
        self._calls.on_change()

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        """Its worker died: run it again, unless it must not be, or has killed too many."""
        now = time.monotonic()
        self._calls.blamed[self.order.tool] += is_blamed
        if not self.order.is_idempotent:  # also if it is not blamed: it may have just begun
            self._end(Answered(self.number, now, "unknown"), "outcome_unknown", reason)
            return None
        if is_blamed and self._calls.quarantine.strike(self._key, now):
            self._refuse("worker_lost", reason)
            return None
        return self._arguments

    def on_end(self, outcome: Outcome) -> None:
        """It is done, or never will be."""
        if outcome.status != "done":
            self._refuse(outcome.code or outcome.status, outcome.message)
            return
        now = time.monotonic()
        answer = msgspec.json.decode(outcome.result, type=Answer)
        is_whole = answer.payload == self.order.arguments.get("payload", answer.payload)
        token = answer.token if is_whole and answer.call == self.number else -1
        self._end(Answered(self.number, now, "ok", token), "ok", answer=answer)

    # --- inside

    def _refuse(self, code: str, message: str, retry_after: float | None = None) -> None:
        answered = Answered(self.number, time.monotonic(), "fail")
        self._end(answered, code, message, retry_after=retry_after)

    def _end(
        self,
        answered: Answered,
        code: str,
        message: str = "",
        *,
        answer: Answer | None = None,
        retry_after: float | None = None,
    ) -> None:
        self._calls.events.append(answered)
        self._calls.codes[code] += 1
        seconds = answered.at - self._started_at
        self.reply = Reply(seconds, answer, "" if answer else code, message, retry_after)
        self._calls.on_change()
        self._on_reply(self.reply)
