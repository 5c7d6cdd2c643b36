"""The queue between tenants: fair in seconds, and nothing is let in that could not start in time."""

import itertools
import math
import random
from collections import Counter
from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.dispatch.queue import Entry, JobQueue
from coordinator.dispatch.tenants import REMEMBERED
from protocol.errors import CallRefused
from protocol.tools.contract import Priority

FAR = 1e9
STEP = 0.5


class Bench:
    """A queue whose jobs are numbered by themselves."""

    def __init__(self, slots: int = 1, size: int = 20_000) -> None:
        self.queue: JobQueue[float] = JobQueue(size, STEP, lambda: slots)
        self.ids = itertools.count()

    def put(  # noqa: PLR0913 - one job's particulars, most of them the same in most tests
        self,
        tenant: str,
        jobs: int = 1,
        *,
        seconds: float = 1,
        priority: Priority = "normal",
        deadline: float = FAR,
        now: float = 0,
    ) -> None:
        for _ in range(jobs):
            self.queue.put(next(self.ids), seconds, priority, now, deadline, tenant)

    def retry_after(self, tenant: str, has: float) -> float:
        """Try to put a job that leaves nothing behind; return for how long it was refused, if it was."""
        try:
            self.queue.put(-1, 0, "normal", 0, has, tenant)
        except CallRefused as refusal:
            return refusal.retry_after or math.nan
        assert self.queue.discard(-1)
        return 0

    def take(self, now: float = 0) -> Entry[float]:
        entry = self.queue.pop(now)
        assert entry is not None
        return entry

    def serve(self, now: float = 0) -> str:
        """Take a job, which ends before the next one is taken."""
        entry = self.take(now)
        self.queue.served(entry.tenant, entry.job)
        return entry.tenant

    def measure(self, tenant: str, seconds: float) -> None:
        self.put(tenant, seconds=seconds)
        self.serve()


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("measured", [None, 1e-3, 0.1, 1, 60])
@pytest.mark.parametrize("served_before", [0, 1, 7, 50])
def test_ten_jobs_behind_ten_thousand_of_another_tenant_are_among_the_first_twenty(
    bench: Bench, measured: float | None, served_before: int
) -> None:
    if measured is not None:
        bench.measure("flood", measured)
    bench.put("flood", 10_000, seconds=measured or 1)
    for _ in range(served_before):
        bench.serve() if measured else bench.take()
    bench.put("late", 10, seconds=measured or 1)

    order = [bench.take().tenant for _ in range(20)]

    assert order.count("late") == 10


@pytest.mark.parametrize("seconds", [1e-4, 0.01, 100])
def test_what_the_first_jobs_of_all_really_take_does_not_hold_up_who_comes_late(
    seconds: float,
) -> None:
    """They were charged before anything was known, and nothing of that is left."""
    bench = Bench(slots=8)
    bench.put("flood", 1000, seconds=seconds)
    running = [bench.take() for _ in range(8)]
    bench.put("late", 10, seconds=seconds)
    for entry in running:
        bench.queue.served(entry.tenant, entry.job)

    order = [bench.serve() for _ in range(20)]

    assert order.count("late") >= 9


def test_a_tenant_with_long_jobs_gets_as_many_seconds_as_one_with_short_ones(bench: Bench) -> None:
    bench.put("long", 2000, seconds=2)
    bench.put("short", 10_000, seconds=0.05)

    jobs = Counter(bench.serve() for _ in range(5000))

    assert abs(jobs["long"] * 2 - jobs["short"] * 0.05) <= 2 + 2
    assert jobs["long"] > 50


def test_many_slots_are_shared_as_well_when_nobody_knows_how_long_a_job_will_take() -> None:
    """Eight jobs at a time have been charged what jobs take on average, and most of them take less."""
    chance = random.Random(1)
    bench = Bench(slots=8)
    bench.put("short", 20_000 - 2000, seconds=0.01)
    for _ in range(2000):
        bench.put("by chance", seconds=chance.expovariate(2))
    got = {"short": 0.0, "by chance": 0.0}
    running: list[tuple[float, int, Entry[float]]] = []
    now = 0.0
    while now < 40:
        while len(running) < 8:
            entry = bench.take(now)
            heappush(running, (now + entry.job, entry.job_id, entry))
        now, _, entry = heappop(running)
        bench.queue.served(entry.tenant, entry.job)
        got[entry.tenant] += entry.job

    assert abs(got["short"] - got["by chance"]) <= 0.03 * sum(got.values())


lengths = st.sampled_from([0.01, 0.3, 1, 5])


@given(st.lists(st.tuples(lengths, lengths), min_size=1, max_size=80))
def test_two_tenants_who_wait_get_the_same_seconds_whatever_their_jobs_take(
    jobs: list[tuple[float, float]],
) -> None:
    """No quantum is longer than the longest job, for it is an average."""
    bench = Bench()
    for one, other in jobs:
        bench.put("one", seconds=one)
        bench.put("other", seconds=other)

    ahead = 0.0
    lead = [ahead]
    while all(bench.queue._tenants.get(name).jobs for name in ("one", "other")):  # pyright: ignore[reportPrivateUsage]
        entry = bench.take()
        bench.queue.served(entry.tenant, entry.job)
        ahead += entry.job if entry.tenant == "one" else -entry.job
        lead.append(ahead)

    longest = max(itertools.chain.from_iterable(jobs))
    assert max(map(abs, lead)) <= 2 * longest + 1e-9


def test_a_low_job_has_its_turn_under_an_endless_load_of_its_own_tenant_and_another(
    bench: Bench,
) -> None:
    """Ageing bounds what overtakes it in its tenant, and fairness what the other tenant gets."""
    bench.measure("a", 0.1)
    bench.put("a", priority="low")
    popped: list[tuple[str, Priority]] = []
    for tick in range(1000):
        now = tick / 10
        bench.put("a", priority="high", now=now, seconds=0.1)
        bench.put("b", 3, priority="high", now=now, seconds=0.1)
        entry = bench.take(now)
        popped.append((entry.tenant, entry.priority))
        bench.queue.served(entry.tenant, 0.1)

    # Ten high jobs of its tenant came in the second by which it is put back, each with one of b's.
    assert popped.index(("a", "low")) <= 2 * (2 * STEP / 0.1 + 1)


def test_a_job_put_back_is_charged_once(bench: Bench) -> None:
    bench.measure("a", 1)
    bench.put("a", 20)
    bench.put("b", 20)
    first = bench.take()
    order = [first.tenant]
    for _ in range(5):
        bench.queue.put_back(first)
        while (entry := bench.take()).job_id != first.job_id:
            order.append(entry.tenant)
        assert entry == first

    order += [bench.take().tenant for _ in range(10)]
    assert first.charged == 1
    assert abs(order.count("a") - order.count("b")) <= 1


def test_every_run_of_a_job_put_back_counts_as_long_as_it_took(bench: Bench) -> None:
    bench.measure("a", 1)
    bench.put("a", 20)
    bench.put("b", 20)
    first = bench.take()
    bench.queue.served("a", 5)
    bench.queue.put_back(first)

    order = [bench.serve() for _ in range(14)]

    assert order.count("a") == 5


def test_a_debt_outlives_the_jobs_of_its_tenant_while_another_waits(bench: Bench) -> None:
    bench.measure("a", 1)
    bench.put("a")
    bench.put("b", 50)
    entry = bench.take()
    bench.queue.served(entry.tenant, 20)
    assert entry.tenant == "a"

    bench.serve()
    bench.put("a", 5)
    order = [bench.serve() for _ in range(30)]

    assert 15 <= order.index("a") <= 21


def test_when_nobody_waits_every_debt_is_forgiven(bench: Bench) -> None:
    bench.measure("a", 1)
    bench.put("a")
    bench.queue.served(bench.take().tenant, 20)

    bench.put("b", 20)
    bench.put("a", 20)

    assert "a" in [bench.take().tenant for _ in range(2)]


def test_a_debt_is_forgiven_as_well_when_those_who_waited_have_been_taken_out(
    bench: Bench,
) -> None:
    bench.measure("a", 1)
    bench.put("a")
    bench.put("b")
    entry = bench.take()
    assert entry.tenant == "a"
    bench.queue.served("a", 20)
    assert bench.queue.discard(entry.job_id + 1)

    bench.put("b", 20)
    bench.put("a", 20)

    assert "a" in [bench.take().tenant for _ in range(2)]


def test_tenants_who_came_once_are_not_remembered_for_ever(bench: Bench) -> None:
    bench.put("stays", 10)
    for number in range(5 * REMEMBERED):
        bench.put(f"once {number}")
        while bench.serve() == "stays":
            bench.put("stays")

    assert len(bench.queue._tenants) <= 2 * REMEMBERED  # pyright: ignore[reportPrivateUsage]


def test_a_tenant_whose_jobs_have_all_expired_holds_nobody_up(bench: Bench) -> None:
    bench.put("gone", 3, deadline=10)
    bench.put("other", 2)

    assert [bench.take(10).tenant for _ in range(2)] == ["other", "other"]
    bench.put("gone", now=10)
    assert bench.take(10).tenant == "gone"
    assert len(bench.queue.expire(10)) == 3


# --- admission


def test_before_anything_is_measured_only_the_length_is_bounded(bench: Bench) -> None:
    bench.put("a", 1000, deadline=0.001)

    assert len(bench.queue) == 1000


def test_a_job_that_could_not_start_before_its_deadline_is_refused() -> None:
    bench = Bench(slots=4)
    bench.measure("a", 2)
    bench.put("a", 64)

    with pytest.raises(CallRefused) as refusal:
        bench.put("a", deadline=30)
    bench.put("a", deadline=32)

    assert refusal.value.code == "queue_full"
    assert str(refusal.value) == (
        "The queue is too long: the job would wait about 32 s, longer than its deadline of 30 s. "
        "Try again in 2.0 s."
    )
    assert refusal.value.retry_after == 2.0


def test_when_all_that_waits_takes_too_long_it_counts_who_comes_first(bench: Bench) -> None:
    """One after the other the jobs of all tenants would take twenty seconds."""
    bench.measure("a", 1)
    bench.put("a", 10)
    bench.put("b", 10)

    assert bench.retry_after("a", 19) == 1
    assert bench.retry_after("a", 20) == 0
    assert bench.retry_after("c", 2) == 0
    assert bench.retry_after("c", 1.5) == 0.5


def test_a_job_has_only_what_is_before_it_to_wait_for(bench: Bench) -> None:
    bench.measure("a", 1)
    bench.put("a", 100, priority="low")

    with pytest.raises(CallRefused):
        bench.put("a", priority="low", deadline=10)
    bench.put("a", priority="normal", deadline=10)
    bench.put("b", priority="low", deadline=10)

    assert len(bench.queue) == 102


def test_whoever_owes_waits_until_it_is_paid(bench: Bench) -> None:
    bench.measure("a", 1)
    bench.put("a")
    bench.put("b", 50)
    entry = bench.take()
    bench.queue.served(entry.tenant, 30)
    assert entry.tenant == "a"

    with pytest.raises(CallRefused):
        bench.put("a", deadline=15)
    bench.put("c", deadline=15)


@given(
    st.integers(1, 300),
    st.integers(0, 300),
    st.floats(0.01, 10),
    st.integers(1, 16),
    st.floats(3, 100),
)
def test_who_comes_back_when_it_was_told_to_is_let_in(
    own: int, others: int, seconds: float, slots: int, jobs: float
) -> None:
    """If it has time for a few jobs, that is: the other tenant may always have a turn first."""
    bench = Bench(slots)
    has = jobs * seconds / slots
    bench.measure("a", seconds)
    bench.put("a", own, seconds=seconds)
    bench.put("b", others, seconds=seconds)
    wait = bench.retry_after("a", has)

    for _ in range(math.ceil(wait * slots / seconds) + 2):  # a turn of either may be in between
        if bench.queue:
            bench.serve()

    assert bench.retry_after("a", has) == 0


def test_a_job_with_no_time_left_is_still_let_into_an_empty_queue(bench: Bench) -> None:
    bench.measure("a", 1)

    bench.put("a", deadline=-1)

    assert bench.queue.pop(0) is None
    assert len(bench.queue.expire(0)) == 1
