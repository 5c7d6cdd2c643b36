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
from typing import NoReturn

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


class State(enum.Enum):
    """Where a worker's conversation stands."""

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
        key = (self.state, type(message))
        if key not in TRANSITIONS:
            self._break(f"{type(message).__name__} while {self.state.value}")
        self._account(message)
        self.state = TRANSITIONS[key]

    def end(self) -> list[int]:
        """Close the session, however it came to it; return the ids that were in flight, oldest first."""
        self.state = State.ENDED
        lost, self.in_flight, self.asks = list(self.in_flight), {}, {}
        return lost

    def _account(self, message: Message) -> None:
        match message:
            case Ready(capacity=capacity):
                self._take_capacity(capacity)
            case Job(id=job_id):
                if job_id in self.in_flight or self.is_full():
                    self._break(f"job {job_id} has no free slot")
                self.in_flight[job_id] = None
            case Done(id=job_id) | Failed(id=job_id):
                self._require_running(job_id)
                del self.in_flight[job_id]
                self.asks.pop(job_id, None)
            case Part(id=job_id) | Progress(id=job_id):
                self._require_running(job_id)
            case Ask(id=job_id, ask=number):
                self._take_ask(job_id, number)
            case Answer(id=job_id, ask=number):
                self._take_answer(job_id, number)
            case Notice():
                self._require_ours("it gives notice, and may not")
            case Cancel(id=job_id):
                self._require(job_id)
            case _:
                pass

    def _take_capacity(self, capacity: int) -> None:
        if self.capacity > 0:
            self._break("Ready for the second time")
        if not 1 <= capacity <= MOST_CAPACITY:
            self._break(f"capacity {capacity}")
        self.capacity = capacity

    def _take_ask(self, job_id: int, number: int) -> None:
        self._require_ours("it asks, and may not")
        self._require_running(job_id)
        numbers = self.asks.setdefault(job_id, set())
        if number in numbers:
            self._break(f"question {number} of job {job_id} is open already")
        if len(numbers) >= self.most_asks:
            self._break(f"job {job_id} has more than {self.most_asks} questions open")
        numbers.add(number)

    def _require_ours(self, otherwise: str) -> None:
        """Only kinds of ours that may ask are believed what they want counted, too."""
        if not self.most_asks:
            self._break(otherwise)

    def _take_answer(self, job_id: int, number: int) -> None:
        numbers = self.asks.get(job_id, set())
        if number not in numbers:
            self._break(f"question {number} of job {job_id} is not open")
        numbers.remove(number)
        if not numbers:
            del self.asks[job_id]

    def _require(self, job_id: int) -> None:
        if job_id not in self.in_flight:
            self._break(f"job {job_id} is not in flight")

    def _require_running(self, job_id: int) -> None:
        self._require(job_id)
        if self.capacity == 1 and job_id != next(iter(self.in_flight)):
            self._break(f"job {job_id} is answered before an older one")

    def _break(self, what: str) -> NoReturn:
        # The ids in flight are kept: `end` hands them to whoever runs them elsewhere.
        self.state = State.ENDED
        raise ProtocolError(what)
