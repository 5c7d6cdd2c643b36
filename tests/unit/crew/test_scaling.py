"""Workers follow the load: up at once, down one at a time, and never for nothing."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coordinator.crew.scaling import Scaler, ScalingPolicy

POLICY = ScalingPolicy(least=1, most=64, utilisation=0.7, keepalive_s=30, clear_backlog_s=0.05)

policies = st.builds(
    ScalingPolicy,
    least=st.integers(0, 3),
    most=st.integers(3, 12),
    utilisation=st.floats(0.1, 1),
    keepalive_s=st.sampled_from([0.0, 5.0, 30.0]),
    clear_backlog_s=st.floats(0.01, 10),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.sampled_from([0.0, 0.1, 1.0, 7.0, 29.0, 31.0])),
        st.tuples(st.just("start"), st.sampled_from([1, 20])),
        st.tuples(st.just("served"), st.sampled_from([0.0, 0.001, 0.1, 5.0, 1000.0])),
        st.tuples(st.just("wait"), st.sampled_from([0, 0, 0, 1, 50])),
    ),
    max_size=60,
)


class Load:
    """A scaler under jobs that come and end, in a time that only this tells."""

    def __init__(self, policy: ScalingPolicy = POLICY) -> None:
        self.scaler = Scaler(policy)
        self.now = 0.0
        self.wanted: list[tuple[float, int]] = []

    def look(self, waiting: int = 0) -> int:
        self.wanted.append((self.now, self.scaler.wanted(self.now, waiting)))
        return self.wanted[-1][1]

    def run(self, arrivals: list[float], service: float) -> None:
        """Every job finds a worker at once; somebody looks ten times in a second and at every job."""
        ends = [at + service for at in arrivals]
        ticks = [tick / 10 for tick in range(int(max(ends) * 10))]
        events = [(at, "start") for at in arrivals] + [(at, "end") for at in ends]
        began = self.now
        for at, event in sorted(events + [(at, "tick") for at in ticks]):
            self.now = began + at
            if event == "start":
                self.scaler.started(self.now)
            elif event == "end":
                self.scaler.served(service)
            self.look()

    def rest(self, seconds: float) -> None:
        for _ in range(int(seconds * 2)):
            self.now += 0.5
            self.look()


@given(policies, steps)
def test_whatever_happens_there_are_as_many_as_allowed_and_none_goes_before_its_time(
    policy: ScalingPolicy, steps: list[tuple[str, float]]
) -> None:
    load = Load(policy)
    load.look()
    for what, much in steps:
        match what:
            case "pass":
                load.now += much
            case "start":
                for _ in range(int(much)):
                    load.scaler.started(load.now)
            case "served":
                load.scaler.served(much)
            case _:
                load.look(int(much))
        load.look()

    assert all(policy.least <= workers <= policy.most for _, workers in load.wanted)
    changed = 0.0
    for (_, before), (now, after) in pairwise(load.wanted):
        assert after >= before - 1
        assert after >= before or now - changed >= policy.keepalive_s
        changed = now if after != before else changed


@given(
    rate=st.floats(0.5, 30),
    service=st.sampled_from([0.01, 0.1, 1.0, 3.0]),
    keepalive=st.sampled_from([5.0, 30.0]),
)
def test_a_steady_load_has_the_workers_that_it_takes_at_the_target_utilisation(
    rate: float, service: float, keepalive: float
) -> None:
    policy = ScalingPolicy(most=1000, keepalive_s=keepalive)
    needed = rate * service / policy.utilisation
    error = 1.5 / 8 / policy.utilisation  # a job more or less in the window of eight service times
    assume(needed % 1 > error or math.ceil(needed) <= 1 or service < 1)
    load = Load(policy)

    load.run([number / rate for number in range(int(rate * 12 * max(service, 1)))], service)

    settled = {workers for at, workers in load.wanted if at > load.now / 2 and at < load.now - 4}
    assert len(settled) == 1
    assert settled <= {max(math.ceil(needed), 1), math.ceil(needed + error)}


def test_long_jobs_that_seldom_come_are_a_load_as_well() -> None:
    load = Load(ScalingPolicy(most=64, keepalive_s=5))

    load.run([10.0 * number for number in range(60)], 30)

    assert {workers for at, workers in load.wanted if 300 < at < 590} == {5}  # 3 / 0.7


def test_a_load_that_is_the_same_on_average_does_not_make_workers_come_and_go() -> None:
    """Jobs that come by chance: there may be some more than on average, but those stay."""
    chance = random.Random(1)
    arrivals, at = list[float](), 0.0
    while at < 200:
        at += chance.expovariate(20)
        arrivals.append(at)
    load = Load()

    load.run(arrivals, 0.1)

    settled = [workers for at, workers in load.wanted if 40 < at < 196]
    assert sum(after != before for before, after in pairwise(settled)) <= 4
    assert set(settled) <= {3, 4, 5}


def test_a_burst_is_met_at_once_and_by_no_more_workers_than_it_has_jobs() -> None:
    load = Load()
    load.scaler.started(0)
    load.scaler.served(0.1)

    assert load.look(waiting=3) == 3
    assert load.look(waiting=20) == 20
    assert load.look(waiting=1000) == 64


def test_short_jobs_that_wait_are_worth_few_workers() -> None:
    load = Load()
    load.scaler.started(0)
    load.scaler.served(0.001)

    assert load.look(waiting=50) == 1
    assert load.look(waiting=200) == 4


def test_the_load_follows_what_jobs_have_come_to_take() -> None:
    load = Load()
    for service in [0.001] + 50 * [0.1]:
        load.scaler.started(0)
        load.scaler.served(service)
    load.now = 3600

    assert load.look(waiting=10) == 10
    for _ in range(100):
        load.scaler.served(0.001)
    assert load.look(waiting=64) == 10


def test_jobs_that_run_are_counted_with_those_that_wait() -> None:
    load = Load()
    load.scaler.started(0)
    load.scaler.served(10)
    load.scaler.started(0)
    load.scaler.started(0)

    assert load.look(waiting=1) == 3


def test_many_starts_in_a_moment_are_a_load_before_anything_waits() -> None:
    load = Load()
    load.scaler.served(0.1)
    for _ in range(71):
        load.scaler.started(0)

    assert load.look() == 10


def test_one_long_job_now_and_then_is_no_load_of_many_workers() -> None:
    load = Load()
    load.scaler.started(0)
    load.scaler.served(30)
    for hour in range(1, 5):
        load.now = hour * 3600
        load.scaler.started(load.now)
        assert load.look() == 1
        load.scaler.served(30)


def test_with_nothing_measured_every_look_at_waiting_jobs_adds_one_worker_up_to_the_jobs() -> None:
    load = Load(ScalingPolicy(least=1, most=4))
    load.scaler.started(0)

    assert [load.look(waiting=1) for _ in range(3)] == [2, 2, 2]
    assert [load.look(waiting=9) for _ in range(3)] == [3, 4, 4]
    assert Load().look() == 1


def test_workers_go_one_by_one_each_after_a_whole_keepalive_without_need() -> None:
    load = Load(ScalingPolicy(least=2, most=8, keepalive_s=10))
    load.scaler.started(0)
    load.scaler.served(0.1)
    assert load.look(waiting=5) == 5

    load.rest(60)

    ends = [now for (_, before), (now, after) in pairwise(load.wanted) if after < before]
    assert ends == [10, 20, 30]
    assert load.wanted[-1][1] == 2


def test_a_need_in_between_begins_the_keepalive_anew() -> None:
    load = Load(ScalingPolicy(least=1, most=8, keepalive_s=10))
    load.scaler.started(0)
    load.scaler.served(0.1)
    load.look(waiting=5)
    load.rest(9.5)
    load.look(waiting=5)

    load.rest(9.5)
    assert load.look() == 5
    load.rest(0.5)
    assert load.look() == 4


def test_a_need_of_fewer_in_between_does_not() -> None:
    load = Load(ScalingPolicy(least=1, most=8, keepalive_s=10))
    load.scaler.started(0)
    load.scaler.served(0.1)
    load.look(waiting=5)
    load.rest(9.5)
    assert load.look(waiting=4) == 5

    load.rest(0.5)

    assert load.look() == 4


@pytest.mark.parametrize("service", [0.001, 20.0])
def test_what_is_remembered_of_the_load_does_not_grow(service: float) -> None:
    load = Load()
    for number in range(20_000):
        load.scaler.started(number / 100)
        load.scaler.served(service)

    assert len(load.scaler._arrivals._buckets) <= 17  # pyright: ignore[reportPrivateUsage]


def test_what_waits_behind_a_long_job_gets_another_worker_though_jobs_are_short() -> None:
    scaler = Scaler(POLICY)
    for number in range(100):
        scaler.started(number)
        scaler.served(0.003)
    scaler.started(100.0)  # and this one does not end

    asked = [scaler.wanted(100.0 + 0.02 * look, waiting=1) for look in range(10)]

    assert asked[0] == 1
    assert asked[-1] == 2
    assert scaler.wanted(100.2, waiting=0) == 2


def test_one_look_at_what_waits_is_no_reason_for_another_worker() -> None:
    scaler = Scaler(POLICY)
    scaler.started(0.0)
    scaler.served(0.003)
    scaler.started(1.0)

    assert [scaler.wanted(1.0 + look, waiting=(look + 1) % 2) for look in range(10)] == [1] * 10
