"""Jobs that wait for a worker: bounded, in order of priority, and none waits for ever.

Rule 1: a job's place is fixed when it is put: `now + rank * class_step`, then the order of arrival.
So only what comes within two steps after a low job can overtake it: ageing needs no timer.
Rule 2: `_waiting` is the truth. The heaps may name jobs that have left it, and those are skipped.
Rule 3: no clock is read; *now* is an argument that never goes back.
"""

from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

import msgspec

from protocol.errors import CallRefused
from protocol.tools.contract import Priority

T = TypeVar("T")

RANKS: Final[dict[Priority, int]] = {"high": 0, "normal": 1, "low": 2}
HEAP_SLACK = 64
"""A heap is rebuilt when it is longer than twice the jobs that wait, and this much more."""


class Entry(msgspec.Struct, Generic[T], frozen=True):
    """A *job* and its place: *order* first, then *sequence*, which no other entry has."""

    job_id: int
    job: T
    priority: Priority
    enqueued_at: float
    deadline: float
    order: float
    sequence: int


class JobQueue(Generic[T]):
    """At most *size* jobs; *class_step* is the head start of a class over the next, in seconds."""

    def __init__(self, size: int, class_step: float) -> None:
        self._size = size
        self._class_step = class_step
        self._waiting: dict[int, Entry[T]] = {}
        self._places: list[tuple[float, int, int]] = []  # order, sequence, job id
        self._deadlines: list[tuple[float, int, int]] = []  # deadline, sequence, job id
        self._sequence = 0
        self._pace = _Pace()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, job_id: int, job: T, priority: Priority, now: float, deadline: float) -> None:
        """Add *job*, which is of no use after *deadline*.

        Raises:
            CallRefused: The queue is full (`queue_full`); it says when to come back.
        """
        if len(self._waiting) >= self._size:
            raise self._refusal()
        self._sequence += 1
        order = now + RANKS[priority] * self._class_step
        self._insert(Entry(job_id, job, priority, now, deadline, order, self._sequence))

    def put_back(self, entry: Entry[T]) -> None:
        """Give *entry*, whose worker died, the place it had. It was let in once: no bound holds."""
        self._insert(entry)

    def pop(self, now: float) -> Entry[T] | None:
        """Take the first job out. One past its deadline is passed over: it is left for `expire`."""
        while self._places:
            _, sequence, job_id = heappop(self._places)
            entry = self._find(job_id, sequence)
            if entry is not None and entry.deadline > now:
                del self._waiting[job_id]
                self._pace.popped(now)
                return entry
        return None

    def discard(self, job_id: int) -> bool:
        """Take a job out wherever it stands; tell whether it was waiting."""
        return self._waiting.pop(job_id, None) is not None

    def expire(self, now: float) -> list[Entry[T]]:
        """Take out the jobs whose deadline has passed, earliest first; cheap if none has."""
        expired: list[Entry[T]] = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, sequence, job_id = heappop(self._deadlines)
            entry = self._find(job_id, sequence)
            if entry is not None:
                del self._waiting[job_id]
                expired.append(entry)
        return expired

    def depths(self) -> dict[Priority, int]:
        """Count the waiting jobs of each class; walks through all of them."""
        depths = dict.fromkeys(RANKS, 0)
        for entry in self._waiting.values():
            depths[entry.priority] += 1
        return depths

    def oldest_wait(self, now: float) -> float:
        """Say for how long the oldest job has waited, 0 if none waits; walks through all."""
        return now - min((entry.enqueued_at for entry in self._waiting.values()), default=now)

    def retry_after(self) -> float:
        """Estimate the seconds until a tenth of the queue has been taken by workers.

        A single place will be free sooner, but whoever was refused is seldom the only one.
        """
        return self._pace.seconds_for(self._size / 10)

    def _refusal(self) -> CallRefused:
        retry_after = self.retry_after()
        message = f"The queue is full: {len(self)} jobs wait. Try again in {retry_after:.1f} s."
        return CallRefused("queue_full", message, retry_after)

    def _insert(self, entry: Entry[T]) -> None:
        assert entry.job_id not in self._waiting, "a job waits in one place"
        if not self._waiting:
            self._pace.idled()
        self._waiting[entry.job_id] = entry
        heappush(self._places, _place(entry))
        heappush(self._deadlines, _deadline(entry))
        self._compact()

    def _find(self, job_id: int, sequence: int) -> Entry[T] | None:
        entry = self._waiting.get(job_id)
        return entry if entry is not None and entry.sequence == sequence else None

    def _compact(self) -> None:
        bound = 2 * len(self._waiting) + HEAP_SLACK
        if len(self._places) > bound:
            self._places = [_place(entry) for entry in self._waiting.values()]
            heapify(self._places)
        if len(self._deadlines) > bound:
            self._deadlines = [_deadline(entry) for entry in self._waiting.values()]
            heapify(self._deadlines)


class _Pace:
    """How fast a queue is worked off: a moving average of the time between its pops."""

    _WEIGHT = 0.1
    _SHORTEST, _UNKNOWN, _LONGEST = 0.1, 1.0, 60.0

    def __init__(self) -> None:
        self._interval: float | None = None
        self._last_pop: float | None = None

    def popped(self, now: float) -> None:
        if self._last_pop is not None:
            sample = now - self._last_pop
            known = sample if self._interval is None else self._interval
            self._interval = known + self._WEIGHT * (sample - known)
        self._last_pop = now

    def idled(self) -> None:
        """Forget the last pop: until the next one it was the queue that was empty."""
        self._last_pop = None

    def seconds_for(self, pops: float) -> float:
        if self._interval is None:
            return self._UNKNOWN
        return min(max(self._interval * pops, self._SHORTEST), self._LONGEST)


def _place(entry: Entry[T]) -> tuple[float, int, int]:
    return entry.order, entry.sequence, entry.job_id


def _deadline(entry: Entry[T]) -> tuple[float, int, int]:
    return entry.deadline, entry.sequence, entry.job_id
