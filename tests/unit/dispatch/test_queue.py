"""The queue keeps its order, its bound and its count, whatever is done to it."""

from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from msgspec.structs import replace

from coordinator.dispatch import queue as queue_module
from coordinator.dispatch.queue import HEAP_SLACK, RANKS, Entry, JobQueue
from protocol.errors import CallRefused
from protocol.tools.contract import Priority

SIZE = 6
STEP = 10  # whole seconds, so that the model's sums are exact
FAR = 1e9
priorities = st.sampled_from(list(RANKS))
tenants = st.sampled_from(["a", "b", "c"])


class QueueMachine(RuleBasedStateMachine):
    """The model is a list that is sorted whenever somebody wants to know what comes first.

    Whose turn it is does not matter here: whoever it is, its jobs come in their order.
    """

    def __init__(self) -> None:
        super().__init__()
        # Without slack the heaps are rebuilt so often that a mistake in it has to show.
        self.no_slack = mock.patch.object(queue_module, "HEAP_SLACK", 0)
        self.no_slack.start()
        self.queue: JobQueue[str] = JobQueue(SIZE, STEP)
        self.waiting: list[Entry[str]] = []
        self.taken: list[Entry[str]] = []
        self.puts = 0
        self.now = 0
        self.longest = 0

    def teardown(self) -> None:
        self.no_slack.stop()

    @rule(
        data=st.data(), priority=priorities, lifetime=st.sampled_from([5, 10, 40]), tenant=tenants
    )
    def put(self, data: st.DataObject, priority: Priority, lifetime: int, tenant: str) -> None:
        """Numbers come again as soon as they are free, and no order can come from them."""
        used = {entry.job_id for entry in self.waiting + self.taken}
        job_id = data.draw(st.sampled_from(sorted(set(range(SIZE + 4)) - used)))
        deadline = self.now + lifetime
        if len(self.waiting) >= SIZE:
            with pytest.raises(CallRefused, match="queue is full"):
                self.queue.put(job_id, "job", priority, self.now, deadline, tenant)
            return
        self.puts += 1
        job = f"job {self.puts}"
        self.queue.put(job_id, job, priority, self.now, deadline, tenant)
        order = self.now + RANKS[priority] * STEP
        entry = Entry(job_id, job, priority, self.now, deadline, order, self.puts, tenant)
        self.waiting.append(entry)

    @rule()
    def pop(self) -> None:
        entry = self.queue.pop(self.now)
        alive = [entry for entry in self.waiting if entry.deadline > self.now]
        if entry is None:
            assert not alive
            return
        first = min((other for other in alive if other.tenant == entry.tenant), key=place)
        assert entry == replace(first, charged=entry.charged)
        assert entry.charged == first.charged or first.charged == 0 < entry.charged
        self.waiting.remove(first)
        self.taken = [*self.taken[-2:], entry]  # the others are done

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.taken))
        self.taken.remove(entry)
        self.queue.put_back(entry)
        self.waiting.append(entry)

    # So short that the time a job has is never too short, and so different that turns change.
    @rule(tenant=tenants, seconds=st.sampled_from([0.0, 1e-4, 1e-2]))
    def served(self, tenant: str, seconds: float) -> None:
        self.queue.served(tenant, seconds)

    @rule(job_id=st.integers(0, SIZE + 4))
    def discard(self, job_id: int) -> None:
        found = [entry for entry in self.waiting if entry.job_id == job_id]
        assert self.queue.discard(job_id) is bool(found)
        self.waiting = [entry for entry in self.waiting if entry not in found]

    @precondition(lambda self: any(entry.deadline <= self.now for entry in self.waiting))
    @rule()
    def expire(self) -> None:
        gone = [entry for entry in self.waiting if entry.deadline <= self.now]
        assert self.queue.expire(self.now) == sorted(gone, key=deadline)
        self.waiting = [entry for entry in self.waiting if entry not in gone]

    @rule(seconds=st.sampled_from([1, 5, 5, 10]))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def every_count_is_exact(self) -> None:
        assert len(self.queue) == len(self.waiting)
        ranks = [entry.priority for entry in self.waiting]
        assert self.queue.depths() == {priority: ranks.count(priority) for priority in RANKS}
        oldest = min((entry.enqueued_at for entry in self.waiting), default=self.now)
        assert self.queue.oldest_wait(self.now) == self.now - oldest

    @invariant()
    def the_heaps_stay_in_proportion(self) -> None:
        self.longest = max(self.longest, len(self.waiting))
        assert longest_heap(self.queue) <= 2 * self.longest


def place(entry: Entry[str]) -> tuple[float, int]:
    return entry.order, entry.sequence


def deadline(entry: Entry[str]) -> tuple[float, int]:
    return entry.deadline, entry.sequence


def longest_heap(queue: JobQueue[Any]) -> int:
    # The one thing that must be seen from outside and is nobody's business there.
    known = queue._tenants._known.values()  # pyright: ignore[reportPrivateUsage]
    lines = [len(tenant.line) for tenant in known]
    return max(len(queue._deadlines), *lines, 0)  # pyright: ignore[reportPrivateUsage]


TestQueueAgainstItsModel = QueueMachine.TestCase
TestQueueAgainstItsModel.settings = settings(max_examples=200)


@pytest.fixture
def queue() -> JobQueue[str]:
    return JobQueue(SIZE, STEP)


def pop_all(queue: JobQueue[str], now: float = 0) -> list[int]:
    entries = iter(lambda: queue.pop(now), None)
    return [entry.job_id for entry in entries]


arrivals = st.lists(st.tuples(st.integers(0, 3 * STEP), priorities, st.booleans()), max_size=40)


@given(arrivals)
def test_a_job_is_overtaken_only_within_the_steps_between_the_classes(
    arrivals: list[tuple[int, Priority, bool]],
) -> None:
    """However jobs come and go: how long a class waits for the better ones has a bound."""
    queue: JobQueue[str] = JobQueue(len(arrivals) + 1, STEP)
    taken: list[Entry[str]] = []
    for job_id, (now, priority, pop_first) in enumerate(sorted(arrivals)):
        if pop_first:
            taken += [entry for entry in [queue.pop(now)] if entry is not None]
        queue.put(job_id, "", priority, now, FAR)
    taken += list(iter(lambda: queue.pop(3 * STEP), None))

    for position, late in enumerate(taken):
        for early in taken[:position]:
            steps = RANKS[late.priority] - RANKS[early.priority]
            in_time = early.enqueued_at < late.enqueued_at + steps * STEP
            assert in_time or early.sequence < late.sequence


def test_the_better_class_goes_first_and_arrival_decides_within_a_class(
    queue: JobQueue[str],
) -> None:
    queue.put(4, "", "low", 0, FAR)
    queue.put(3, "", "normal", 0, FAR)
    queue.put(2, "", "high", 0, FAR)
    queue.put(1, "", "high", 0, FAR)

    assert pop_all(queue) == [2, 1, 3, 4]


def test_a_low_job_has_its_turn_under_an_endless_stream_of_high_ones(
    queue: JobQueue[str],
) -> None:
    queue.put(-1, "", "low", 0, FAR)
    popped: list[int] = []
    for second in range(100):
        queue.put(second, "", "high", second, FAR)
        entry = queue.pop(second)
        assert entry is not None
        popped.append(entry.job_id)

    assert popped.index(-1) == 2 * STEP


def test_without_a_step_there_are_no_classes() -> None:
    queue: JobQueue[str] = JobQueue(SIZE, 0)
    queue.put(1, "", "low", 0, FAR)
    queue.put(2, "", "high", 0, FAR)

    assert pop_all(queue) == [1, 2]


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(queue: JobQueue[str]) -> None:
    for job_id in range(SIZE):
        queue.put(job_id, "", "low", 0, FAR)

    with pytest.raises(CallRefused, match=r"6 jobs wait\. Try again in 1\.0 s") as refusal:
        queue.put(99, "", "high", 0, FAR)

    assert refusal.value.code == "queue_full"
    assert refusal.value.retry_after == 1.0
    assert len(queue) == SIZE


def test_a_job_put_back_has_its_old_place_even_in_a_full_queue(queue: JobQueue[str]) -> None:
    queue.put(1, "first", "normal", 0, FAR)
    entry = queue.pop(0)
    assert entry is not None
    for job_id in range(2, 2 + SIZE):
        queue.put(job_id, "", "normal", 0, FAR)

    queue.put_back(entry)

    assert len(queue) == SIZE + 1
    assert pop_all(queue) == [1, 2, 3, 4, 5, 6, 7]


def test_a_discarded_job_is_gone(queue: JobQueue[str]) -> None:
    queue.put(1, "", "normal", 0, FAR)

    assert queue.discard(1) is True
    assert queue.discard(1) is False
    assert len(queue) == 0
    assert queue.pop(0) is None


def test_a_discarded_number_may_come_again(queue: JobQueue[str]) -> None:
    queue.put(1, "old", "high", 0, 5)
    queue.discard(1)
    queue.put(1, "new", "low", 0, 50)

    assert queue.expire(5) == []
    assert [entry.job for entry in iter(lambda: queue.pop(5), None)] == ["new"]


def test_a_job_past_its_deadline_is_never_handed_out(queue: JobQueue[str]) -> None:
    queue.put(1, "", "high", 0, 10)
    queue.put(2, "", "low", 0, 20)

    entry = queue.pop(10)

    assert entry is not None
    assert entry.job_id == 2
    assert len(queue) == 1
    assert [entry.job_id for entry in queue.expire(10)] == [1]
    assert len(queue) == 0


def test_expired_jobs_come_out_earliest_first(queue: JobQueue[str]) -> None:
    for job_id, end in enumerate([30, 10, 20]):
        queue.put(job_id, "", "normal", 0, end)

    assert [entry.job_id for entry in queue.expire(20)] == [1, 2]
    assert queue.expire(20) == []


@pytest.mark.parametrize("how", ["discard", "pop"])
def test_the_heaps_do_not_grow_while_jobs_come_and_go(queue: JobQueue[str], how: str) -> None:
    queue.put(-3, "", "low", 0, FAR)
    queue.put(-2, "", "normal", 0, FAR)
    queue.put(-1, "", "high", 0, FAR)
    for job_id in range(10_000):
        queue.put(job_id, "", "high", -1 - job_id, FAR)
        taken = queue.discard(job_id) if how == "discard" else queue.pop(0)

        assert taken
        assert longest_heap(queue) <= 2 * 4 + HEAP_SLACK

    assert pop_all(queue) == [-1, -2, -3]


def test_the_wait_before_coming_back_follows_the_pace_of_the_workers() -> None:
    queue: JobQueue[str] = JobQueue(100, STEP)
    for job_id in range(30):
        queue.put(job_id, "", "normal", 0, FAR)
    for second in range(20):
        queue.pop(second / 2)

    assert queue.retry_after() == pytest.approx(5.0)


def test_the_time_in_which_nothing_waited_does_not_count_as_pace() -> None:
    queue: JobQueue[str] = JobQueue(100, STEP)
    for hour in range(3):
        queue.put(1, "", "normal", hour * 3600, FAR)
        queue.put(2, "", "normal", hour * 3600, FAR)
        queue.pop(hour * 3600 + 1)
        queue.pop(hour * 3600 + 2)

    assert queue.retry_after() == pytest.approx(10.0)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_nobody_is_told_to_come_back_at_once_or_in_hours(pauses: list[float]) -> None:
    queue: JobQueue[str] = JobQueue(1000, STEP)
    now = 0.0
    for job_id, pause in enumerate(pauses):
        queue.put(job_id, "", "normal", 0, FAR)
        queue.put(-1 - job_id, "", "normal", 0, FAR)
        now += pause
        queue.pop(now)

    assert 0.1 <= queue.retry_after() <= 60
