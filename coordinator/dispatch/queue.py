"""Jobs that wait for a worker: bounded, fair between tenants, in order of priority, and none waits for ever.

Between the tenants `fair` decides, by seconds of service; this is what happens inside one of them.
Rule 1: a job's place is fixed when it is put: `now + rank * class_step`, then the order of arrival.
So only what comes within two steps after a low job can overtake it: ageing needs no timer.
Rule 2: `_waiting` is the truth. The heaps may name jobs that have left it, and those are skipped.
Rule 3: no clock is read; *now* is an argument that never goes back.
Rule 4: a job that could not start before its deadline is refused, rather than let in to expire.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

import msgspec

from coordinator.dispatch.backlog import LONGEST, SHORTEST, Backlog
from coordinator.dispatch.fair import Turns
from coordinator.dispatch.pace import Pace
from coordinator.dispatch.tenants import Tenant, Tenants
from protocol.errors import CallRefused
from protocol.tools.contract import Priority

T = TypeVar("T")

SOONEST_RETRY_S: Final = 0.1
RANKS: Final[dict[Priority, int]] = {"high": 0, "normal": 1, "low": 2}
HEAP_SLACK = 64
"""A heap is rebuilt when it is longer than twice the jobs that wait, and this much more."""


class Entry(msgspec.Struct, Generic[T]):
    """A *job* and its place: *order* first, then *sequence*, which no other entry has.

    *charged* is what its tenant was charged when it was taken, in seconds; 0 until then.
    """

    job_id: int
    job: T
    priority: Priority
    enqueued_at: float
    deadline: float
    order: float
    sequence: int
    tenant: str = "-"
    charged: float = 0.0


class JobQueue(Generic[T]):
    """At most *size* jobs, worked off by *slots* at a time.

    *class_step* is the head start of a class over the next, in seconds.
    """

    def __init__(self, size: int, class_step: float, slots: Callable[[], int] = lambda: 1) -> None:
        self._size = size
        self._class_step = class_step
        self._slots = slots
        self._waiting: dict[int, Entry[T]] = {}
        self._deadlines: list[tuple[float, int, int]] = []  # deadline, sequence, job id
        self._sequence = 0
        self._pace = Pace()
        self._backlog = Backlog()
        self._turns = Turns()
        self._tenants = Tenants(len(RANKS), self._turns.is_idle)

    def __len__(self) -> int:
        return len(self._waiting)

    def put(  # noqa: PLR0913, PLR0917 - a job and all that decides about its place
        self,
        job_id: int,
        job: T,
        priority: Priority,
        now: float,
        deadline: float,
        tenant: str = "-",
    ) -> None:
        """Add a *job* of *tenant*, which is of no use after *deadline*.

        Raises:
            CallRefused: The queue is full, or the job would wait for longer than it has time
                (`queue_full`); it says when to come back.
        """
        if len(self._waiting) >= self._size:
            raise self._refusal()
        rank = RANKS[priority]
        owner = self._tenants.get(tenant)
        if self._backlog.is_measured and self._waiting:
            self._require_in_time(owner, rank, deadline - now)
        self._sequence += 1
        order = now + rank * self._class_step
        entry = Entry(job_id, job, priority, now, deadline, order, self._sequence, tenant)
        self._insert(entry, owner)

    def pass_through(  # noqa: PLR0913, PLR0917 - as `put`
        self,
        job_id: int,
        job: T,
        priority: Priority,
        now: float,
        deadline: float,
        tenant: str = "-",
    ) -> Entry[T]:
        """Take a *job* of *tenant* at once, for whom a slot is free; nobody may wait.

        It leaves behind what `put` and `pop` would, without a place in heaps and turns: 3 us against 9 us.
        """
        assert not self._waiting, "whoever waits comes first"
        owner = self._tenants.get(tenant)
        self._sequence += 1
        order = now + RANKS[priority] * self._class_step
        cost = self._backlog.mean_of(owner)
        self._pace.idled()
        self._pace.popped(now)
        self._turns.pass_by(owner, self._backlog.mean, cost)
        return Entry(job_id, job, priority, now, deadline, order, self._sequence, tenant, cost)

    def put_back(self, entry: Entry[T]) -> None:
        """Give *entry*, whose worker died, the place it had.

        It was let in once and charged once: no bound holds, and to take it again is not charged
        again. How long it then runs is charged at its end.
        """
        self._insert(entry, self._tenants.get(entry.tenant))

    def pop(self, now: float) -> Entry[T] | None:
        """Take out the first job of the tenant whose turn it is.

        One past its deadline is passed over: it is left for `expire`.
        """
        while (tenant := self._turns.next(self._backlog.mean)) is not None:
            line = tenant.line
            while line:
                _, sequence, job_id = heappop(line)
                entry = self._find(job_id, sequence)
                if entry is None or entry.deadline <= now:
                    continue
                self._remove(entry, tenant)
                self._pace.popped(now)
                return self._charged(entry, tenant)
        return None

    def served(self, tenant: str, seconds: float) -> None:
        """Learn that a job of *tenant* runs no longer, after so much service and however it ended.

        This is to be said once each time that a job was taken, before it is put back if it will be.
        """
        seconds = min(max(seconds, SHORTEST), LONGEST)
        owner = self._tenants.get(tenant)
        if self._waiting:
            self._turns.settle(owner, seconds, self._backlog.mean_of(owner))
        else:
            self._turns.forgive()
        self._backlog.measure(owner, seconds)

    def discard(self, job_id: int) -> bool:
        """Take a job out wherever it stands; tell whether it was waiting."""
        entry = self._waiting.get(job_id)
        if entry is not None:
            self._remove(entry, self._tenants.get(entry.tenant))
        return entry is not None

    def expire(self, now: float) -> list[Entry[T]]:
        """Take out the jobs whose deadline has passed, earliest first; cheap if none has."""
        expired: list[Entry[T]] = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, sequence, job_id = heappop(self._deadlines)
            entry = self._find(job_id, sequence)
            if entry is not None:
                self._remove(entry, self._tenants.get(entry.tenant))
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

    # --- inside

    def _refusal(self) -> CallRefused:
        retry_after = self.retry_after()
        message = f"The queue is full: {len(self)} jobs wait. Try again in {retry_after:.1f} s."
        return CallRefused("queue_full", message, retry_after)

    def _require_in_time(self, tenant: Tenant, rank: int, has: float) -> None:
        if self._backlog.seconds() <= has:
            return  # even if all of it came first, and one after the other
        head_start = self._turns.owes(tenant) + self._backlog.mean
        work = self._backlog.seconds_before(tenant, rank, self._tenants.waiting(), head_start)
        wait = work / max(self._slots(), 1)
        if wait > has:
            retry_after = max(wait - has, SOONEST_RETRY_S)
            raise CallRefused("queue_full", _late_message(wait, has, retry_after), retry_after)

    def _insert(self, entry: Entry[T], tenant: Tenant) -> None:
        assert entry.job_id not in self._waiting, "a job waits in one place"
        if not self._waiting:
            self._pace.idled()
        self._waiting[entry.job_id] = entry
        self._backlog.add(tenant, RANKS[entry.priority])
        if not tenant.seat:
            self._turns.join(tenant)
        heappush(tenant.line, (entry.order, entry.sequence, entry.job_id))
        heappush(self._deadlines, (entry.deadline, entry.sequence, entry.job_id))
        if len(tenant.line) > 2 * tenant.jobs + HEAP_SLACK:
            tenant.line = [place for place in tenant.line if self._find(place[2], place[1])]
            heapify(tenant.line)
        if len(self._deadlines) > 2 * len(self._waiting) + HEAP_SLACK:
            self._deadlines = [
                (entry.deadline, entry.sequence, entry.job_id) for entry in self._waiting.values()
            ]
            heapify(self._deadlines)

    def _charged(self, entry: Entry[T], tenant: Tenant) -> Entry[T]:
        if entry.charged:
            self._turns.charge(tenant, 0.0)
            return entry
        entry.charged = self._backlog.mean_of(tenant)
        self._turns.charge(tenant, entry.charged)
        return entry

    def _remove(self, entry: Entry[T], tenant: Tenant) -> None:
        del self._waiting[entry.job_id]
        self._backlog.remove(tenant, RANKS[entry.priority])
        if not self._waiting:
            self._turns.forgive()
            self._backlog.clear()

    def _find(self, job_id: int, sequence: int) -> Entry[T] | None:
        entry = self._waiting.get(job_id)
        return entry if entry is not None and entry.sequence == sequence else None


def _late_message(wait: float, has: float, retry_after: float) -> str:
    return (
        f"The queue is too long: the job would wait about {_rounded(wait)} s, longer than its deadline "
        f"of {_rounded(has)} s. Try again in {retry_after:.1f} s."
    )


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1f}"  # noqa: PLR2004
