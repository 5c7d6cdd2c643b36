"""One worker's conversation, as both sides may hold each other to it.

Rule 1: every state change is a row of TRANSITIONS; no other line assigns `state`, save `end`.
Rule 2: a job is in flight from the `Job` that sends it to the `Done` or `Failed` that answers it, cancelled
or not, because the worker is busy with it until then.
Rule 3: a worker of capacity 1 answers its jobs in the order in which it got them, so that the oldest one in
flight is the one that runs. It may be sent *depth* jobs all the same: it reads the next when it is done.
Rule 4: a question of a job is open from its `Ask` to its `Answer`, and no longer than the job is in flight.
Rule 5: this file reads no bytes, no clock and no configuration.
"""

import enum
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from protocol.errors import ProtocolError
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    FromWorker,
    Job,
    Notice,
    Part,
    Ping,
    Progress,
    Ready,
    ToWorker,
)

Message = ToWorker | FromWorker

MOST_CAPACITY = 1000
"""A worker that could be sent more at once would be a queue without a bound."""

MOST_ASKS = 16
"""So many questions of one job may be open at a time, in a kind that may ask at all."""


class State(enum.StrEnum):
    """Where a worker's conversation stands; strings, as their hash costs 0.2 us less at each message."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    ENDED = "ended"


_ALWAYS: tuple[type[Message], ...] = (
    Cancel,
    Answer,
    Ping,
    Progress,
    Part,
    Ask,
    Done,
    Failed,
    Beat,
    Notice,
)

TRANSITIONS: dict[tuple[State, type[Message]], State] = {
    (State.STARTING, Ready): State.READY,
    (State.STARTING, Drain): State.DRAINING,
    (State.DRAINING, Ready): State.DRAINING,  # our Drain crossed its Ready on the way
    (State.READY, Job): State.READY,
    (State.READY, Drain): State.DRAINING,
    **{(State.READY, message): State.READY for message in _ALWAYS},
    **{(State.DRAINING, message): State.DRAINING for message in _ALWAYS},
}


class WorkerSession:
    """Tracks one worker's state, the ids of the jobs it has, oldest first, and what they have asked."""

    def __init__(self, depth: int = 1, most_asks: int = 0) -> None:
        self.state: State = State.STARTING
        self.depth = depth
        self.most_asks = most_asks
        self.capacity = 0
        self.in_flight: dict[int, None] = {}
        self.asks: dict[int, set[int]] = {}
        """The open questions of each job that has any."""

    def __repr__(self) -> str:
        return f"<WorkerSession {self.state.value} {len(self.in_flight)}/{self.capacity}>"

    def free_slots(self) -> int:
        """Return how many more jobs would be begun at once."""
        return max(0, self.capacity - len(self.in_flight)) if self.state is State.READY else 0

    def is_full(self) -> bool:
        """Tell whether another job would be one too many, even behind the others."""
        return len(self.in_flight) >= max(self.capacity, self.depth)

    def open_asks(self, job_id: int) -> list[int]:
        """Return the questions of a job that have no answer yet."""
        return sorted(self.asks.get(job_id, ()))

    def advance(self, message: Message) -> None:
        """Take one message, sent or received.

        Raises:
            ProtocolError: the message is not legal here; the session has ended.
        """
        kind = type(message)
        following = TRANSITIONS.get((self.state, kind))
        if following is None:
            self._break(f"{kind.__name__} while {self.state.value}")
        if (account := self._ACCOUNTS.get(kind)) is not None:
            account(self, message)
        self.state = following

    def end(self) -> list[int]:
        """Close the session, however it came to it; return the ids that were in flight, oldest first."""
        self.state = State.ENDED
        lost, self.in_flight, self.asks = list(self.in_flight), {}, {}
        return lost

    def _begin(self, message: Ready) -> None:
        if self.capacity > 0:
            self._break("Ready for the second time")
        if not 1 <= message.capacity <= MOST_CAPACITY:
            self._break(f"capacity {message.capacity}")
        self.capacity = message.capacity

    def _take(self, message: Job) -> None:
        if message.id in self.in_flight or self.is_full():
            self._break(f"job {message.id} has no free slot")
        self.in_flight[message.id] = None

    def _finish(self, message: Done | Failed) -> None:
        self._require_running(message.id)
        del self.in_flight[message.id]
        self.asks.pop(message.id, None)

    def _go_on(self, message: Part | Progress) -> None:
        self._require_running(message.id)

    def _drop(self, message: Cancel) -> None:
        if message.id not in self.in_flight:
            self._break(f"job {message.id} is not in flight")

    def _take_ask(self, message: Ask) -> None:
        self._require_ours("it asks, and may not")
        self._require_running(message.id)
        numbers = self.asks.setdefault(message.id, set())
        if message.ask in numbers:
            self._break(f"question {message.ask} of job {message.id} is open already")
        if len(numbers) >= self.most_asks:
            self._break(f"job {message.id} has more than {self.most_asks} questions open")
        numbers.add(message.ask)

    def _take_answer(self, message: Answer) -> None:
        numbers = self.asks.get(message.id, set())
        if message.ask not in numbers:
            self._break(f"question {message.ask} of job {message.id} is not open")
        numbers.remove(message.ask)
        if not numbers:
            del self.asks[message.id]

    def _note(self, _message: Notice) -> None:
        self._require_ours("it gives notice, and may not")

    def _require_ours(self, otherwise: str) -> None:
        """Only kinds of ours that may ask are believed what they want counted, too."""
        if not self.most_asks:
            self._break(otherwise)

    # A table: to try each message against class patterns took 2 us of every job.
    _ACCOUNTS: ClassVar[dict[type[Message], Callable[["WorkerSession", Any], None]]] = {
        Ready: _begin,
        Job: _take,
        Done: _finish,
        Failed: _finish,
        Part: _go_on,
        Progress: _go_on,
        Ask: _take_ask,
        Answer: _take_answer,
        Notice: _note,
        Cancel: _drop,
    }

    def _require_running(self, job_id: int) -> None:
        if job_id not in self.in_flight:
            self._break(f"job {job_id} is not in flight")
        if self.capacity == 1 and job_id != next(iter(self.in_flight)):
            self._break(f"job {job_id} is answered before an older one")

    def _break(self, what: str) -> NoReturn:
        # The ids in flight are kept: `end` hands them to whoever runs them elsewhere.
        self.state = State.ENDED
        raise ProtocolError(what)
