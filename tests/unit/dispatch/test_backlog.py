"""The work that waits is the sum over all tenants, however jobs come, go and are measured."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordinator.dispatch.backlog import Backlog
from coordinator.dispatch.tenants import Tenant


class BacklogMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog()
        self.tenants = [Tenant(name, 3) for name in "abc"]
        self.jobs: list[tuple[Tenant, int]] = []

    @rule(index=st.integers(0, 2), rank=st.integers(0, 2))
    def add(self, index: int, rank: int) -> None:
        self.jobs.append((self.tenants[index], rank))
        self.backlog.add(*self.jobs[-1])

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.backlog.remove(*self.jobs.pop(data.draw(st.integers(0, len(self.jobs) - 1))))
        if not self.jobs:
            self.backlog.clear()

    @rule(index=st.integers(0, 2), seconds=st.sampled_from([0.5, 2, 8]))
    def measure(self, index: int, seconds: float) -> None:
        tenant, old, mean = self.tenants[index], self.tenants[index].mean, self.backlog.mean
        self.backlog.measure(tenant, seconds)
        assert tenant.mean is not None
        if old is None:
            assert tenant.mean == seconds
        else:
            assert abs(tenant.mean - seconds) == pytest.approx(0.9 * abs(old - seconds))
        assert self.backlog.mean == pytest.approx(seconds) or self.backlog.mean != mean

    @invariant()
    def every_sum_is_exact(self) -> None:
        work = sum(self.backlog.mean_of(tenant) for tenant, _ in self.jobs)
        assert self.backlog.seconds() == pytest.approx(work)
        for tenant in self.tenants:
            ranks = [rank for other, rank in self.jobs if other is tenant]
            assert tenant.waiting == [ranks.count(rank) for rank in range(3)]
            assert tenant.jobs == len(ranks)


TestBacklogAgainstItsSum = BacklogMachine.TestCase
TestBacklogAgainstItsSum.settings = settings(max_examples=100)


def tenant_with(backlog: Backlog, seconds: float, waiting: list[int]) -> Tenant:
    tenant = Tenant("", 3)
    backlog.measure(tenant, seconds)
    for rank, jobs in enumerate(waiting):
        for _ in range(jobs):
            backlog.add(tenant, rank)
    return tenant


@pytest.mark.parametrize(("rank", "before"), [(0, 2), (1, 10), (2, 42)])
def test_only_its_own_class_and_the_better_ones_come_before_a_job(rank: int, before: int) -> None:
    backlog = Backlog()
    tenant = tenant_with(backlog, 2.0, [1, 4, 16])

    assert backlog.seconds_before(tenant, rank, [tenant], 0.5) == before


def test_of_the_others_as_much_comes_before_a_job_as_of_its_own_tenant_and_their_head_start() -> (
    None
):
    backlog = Backlog()
    few, many = tenant_with(backlog, 1.0, [3, 0, 0]), tenant_with(backlog, 2.0, [0, 0, 1000])
    tenant = tenant_with(backlog, 1.0, [0, 5, 0])
    new = Tenant("", 3)

    assert backlog.seconds_before(tenant, 1, [few, many, tenant], 0.5) == 5 + 3 + 5.5
    assert backlog.seconds_before(new, 1, [few, many, tenant], 0.5) == 3 * 0.5


def test_who_was_never_measured_takes_what_the_others_take() -> None:
    backlog = Backlog()
    tenant_with(backlog, 4.0, [0, 0, 0])

    assert backlog.is_measured
    assert backlog.mean_of(Tenant("", 3)) == 4.0
