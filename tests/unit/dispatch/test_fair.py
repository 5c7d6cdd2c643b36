"""Tenants share the seconds of service, and a model that spins round after round agrees on every turn."""

from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coordinator.dispatch import fair
from coordinator.dispatch.fair import HEAP_SLACK, NEWCOMERS, Turns
from coordinator.dispatch.tenants import Tenant

NAMES: tuple[str, ...] = ("a", "b", "c")
PLACE = (0.0, 0, 0)
ROOM = 1
"""So few newcomers that the model's three tenants are often one too many."""

seconds = st.integers(1, 9)


class Spinning:
    """Deficit round robin as in the paper: one round after the other, one quantum each."""

    def __init__(self, quantum: float = 0.0) -> None:
        self.deficits: dict[str, float] = {}
        self.held: dict[str, list[float]] = {name: [] for name in NAMES}
        self.seats: list[str] = []
        self.round: list[str] = []
        self.quantum = quantum
        self.room = ROOM

    def join(self, name: str) -> None:
        credit = self.deficits.get(name, self.quantum)
        self.deficits[name] = min(credit, self.quantum)
        self.seats.append(name)
        if self.room:
            self.room -= 1
            self.round.append(name)
        else:
            self.deficits[name] = min(credit, 0)

    def has_credit(self, name: str) -> bool:
        return self.deficits[name] > self.quantum / 1000

    def next(self, jobs: dict[str, int], quantum: float) -> str | None:
        while self.seats:
            if not self.round:
                self.begin_round(quantum)
            name = self.round[0]
            if not jobs[name]:
                self.round.remove(name)
                self.seats.remove(name)
            elif self.has_credit(name):
                return name
            else:
                self.round.remove(name)
        return None

    def begin_round(self, quantum: float) -> None:
        while not any(self.has_credit(name) for name in self.seats):
            self.quantum = quantum
            self.deficits = {name: old + quantum for name, old in self.deficits.items()}
        self.round = [name for name in self.seats if self.has_credit(name)]
        self.room = ROOM

    def charge(self, name: str, cost: float) -> None:
        self.deficits[name] -= cost
        self.held[name].append(cost)

    def settle(self, name: str, cost: float, expected: float) -> None:
        held = self.held[name] or [expected]
        mean = sum(held) / len(held)
        self.deficits.setdefault(name, self.quantum)
        self.held[name] = [mean] * (len(held) - 1)
        most = self.quantum + sum(self.held[name])
        self.deficits[name] = min(self.deficits[name] + mean - cost, most)


class TurnsMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.few = mock.patch.object(fair, "NEWCOMERS", ROOM)
        self.few.start()
        self.turns = Turns()
        self.model = Spinning()
        self.tenants = {name: Tenant(name, 3) for name in NAMES}

    def teardown(self) -> None:
        self.few.stop()

    def jobs(self) -> dict[str, int]:
        return {name: len(tenant.line) for name, tenant in self.tenants.items()}

    @rule(name=st.sampled_from(NAMES), jobs=st.integers(1, 5))
    def put(self, name: str, jobs: int) -> None:
        tenant = self.tenants[name]
        if not tenant.seat:
            self.turns.join(tenant)
            self.model.join(name)
        tenant.line += [PLACE] * jobs

    @rule(quantum=seconds, cost=st.sampled_from([1, 3, 9, 100]))
    def take(self, quantum: int, cost: int) -> None:
        tenant = self.turns.next(quantum)
        assert (tenant and tenant.name) == self.model.next(self.jobs(), quantum)
        if tenant is not None:
            self.turns.charge(tenant, cost)
            self.model.charge(tenant.name, cost)
            tenant.line.pop()

    @rule(name=st.sampled_from(NAMES), cost=st.sampled_from([1, 3, 9, 100]))
    def settle(self, name: str, cost: int) -> None:
        """With nothing held it is a job from before all was forgiven."""
        self.turns.settle(self.tenants[name], cost, 3)
        self.model.settle(name, cost, 3)

    @rule(name=st.sampled_from(NAMES))
    def leave(self, name: str) -> None:
        self.tenants[name].line.clear()

    @precondition(lambda self: not any(self.jobs().values()))
    @rule()
    def forgive(self) -> None:
        self.turns.forgive()
        self.model = Spinning(self.model.quantum)

    @invariant()
    def every_tenant_sits_in_one_place(self) -> None:
        now = list(self.turns._now)  # pyright: ignore[reportPrivateUsage]
        later = [entry for entry in self.turns._later if entry[1] == entry[2].stamp]  # pyright: ignore[reportPrivateUsage]
        sitting = now + [tenant for _, _, tenant in later]
        assert len(sitting) == len(set(sitting))
        assert set(sitting) == {tenant for tenant in self.tenants.values() if tenant.seat}
        assert {tenant for tenant in self.tenants.values() if tenant.stamp} == set(sitting) - set(
            now
        )


TestTurnsAgainstTheirModel = TurnsMachine.TestCase
TestTurnsAgainstTheirModel.settings = settings(max_examples=300)


def seated(turns: Turns, name: str, jobs: int = 1) -> Tenant:
    tenant = Tenant(name, 3)
    turns.join(tenant)
    tenant.line += [PLACE] * jobs
    return tenant


def take(turns: Turns, quantum: float, charge: float, took: float | None = None) -> str:
    """Take a job, which ends at once if it is known what it *took*."""
    tenant = turns.next(quantum)
    assert tenant is not None
    tenant.line.pop()
    turns.charge(tenant, charge)
    if took is not None:
        turns.settle(tenant, took, charge)
    return tenant.name


@given(
    jobs=st.lists(st.tuples(seconds, st.sampled_from([1, 5, 9])), min_size=1, max_size=60),
    quantum=seconds,
)
def test_no_tenant_gets_more_than_its_share_in_any_stretch_of_time(
    jobs: list[tuple[int, int]], quantum: int
) -> None:
    """Whatever each job takes, and whatever it was expected to take."""
    turns = Turns()
    for name in NAMES:
        seated(turns, name, len(jobs))
    got = [dict.fromkeys(NAMES, 0)]
    for took, expected in jobs:
        name = take(turns, quantum, expected, took)
        got.append({**got[-1], name: got[-1][name] + took})

    longest = max(took for took, _ in jobs)
    for one in NAMES:
        for other in NAMES:
            ahead = [sums[one] - sums[other] for sums in got]
            assert max(ahead) <= quantum + longest
            lowest = ahead[0]
            for lead in ahead:
                lowest = min(lowest, lead)
                assert lead - lowest <= quantum + 2 * longest


def test_whoever_has_long_jobs_gets_as_many_seconds_as_whoever_has_short_ones() -> None:
    turns = Turns()
    seated(turns, "long", 1000)
    seated(turns, "short", 1000)
    costs = {"long": 10, "short": 1}

    got = {"long": 0, "short": 0}
    for _ in range(550):
        tenant = turns.next(1)
        assert tenant is not None
        tenant.line.pop()
        turns.charge(tenant, costs[tenant.name])
        got[tenant.name] += costs[tenant.name]

    assert abs(got["long"] - got["short"]) <= 11


@pytest.mark.parametrize("jobs", range(1, 30))
def test_a_turn_is_no_job_longer_because_tenths_do_not_add_up(jobs: int) -> None:
    turns = Turns()
    seated(turns, "a", 1000)
    seated(turns, "b", 1000)

    order = [take(turns, jobs / 10, 0.1) for _ in range(6 * jobs)]

    assert order == (["a"] * jobs + ["b"] * jobs) * 3


def test_a_new_tenant_has_its_turn_after_those_who_sit_and_no_earlier() -> None:
    turns = Turns()
    seated(turns, "a", 9)
    seated(turns, "b", 9)
    order = [take(turns, 1, 1)]
    seated(turns, "c", 9)

    order += [take(turns, 1, 1) for _ in range(6)]

    assert order == ["a", "b", "c", "a", "b", "c", "a"]


def test_an_endless_stream_of_new_tenants_does_not_hold_up_who_was_there_before() -> None:
    turns = Turns()
    seated(turns, "patient", 100)
    order: list[str] = []
    for _ in range(200):
        seated(turns, "new")
        order.append(take(turns, 1, 1))

    assert order.count("patient") >= 200 // (2 * NEWCOMERS + 2)


def test_who_leaves_and_comes_back_finds_its_debt() -> None:
    turns = Turns()
    debtor = seated(turns, "debtor", 1)
    seated(turns, "other", 99)
    take(turns, 1, 1, took=20)
    assert take(turns, 1, 1) == "other"  # and so the debtor, who does not wait, has lost its seat

    turns.join(debtor)
    debtor.line.append(PLACE)
    order = [take(turns, 1, 1) for _ in range(25)]

    assert 1 + order.index("debtor") == 20 + 1  # as much as it had, and the round that pays it off


def test_who_leaves_and_comes_back_has_saved_nothing() -> None:
    turns = Turns()
    idler = seated(turns, "idler", 0)
    seated(turns, "other", 99)
    for _ in range(50):
        take(turns, 1, 1)

    turns.join(idler)
    idler.line += [PLACE] * 9
    order = [take(turns, 1, 1) for _ in range(6)]

    assert all(one != other for one, other in pairwise(order))


def test_a_tenant_that_nobody_waits_beside_has_all_the_turns_and_no_debt_from_it() -> None:
    turns = Turns()
    alone = seated(turns, "alone", 101)
    for _ in range(100):
        take(turns, 1, 7)

    assert turns.owes(alone) <= 7
    seated(turns, "other", 9)
    assert {take(turns, 1, 7), take(turns, 1, 7)} == {"alone", "other"}


def test_when_nobody_waits_all_is_forgiven() -> None:
    turns = Turns()
    debtor = seated(turns, "debtor", 1)
    take(turns, 1, 1, took=1000)
    turns.forgive()

    seated(turns, "other", 9)
    assert turns.owes(debtor) == 0
    turns.join(debtor)
    debtor.line += [PLACE] * 9

    assert [take(turns, 1, 1) for _ in range(4)] == ["other", "debtor", "other", "debtor"]


def test_a_tenant_may_be_forgotten_when_it_neither_waits_nor_sits_nor_owes() -> None:
    turns = Turns()
    tenant = seated(turns, "debtor", 1)
    seated(turns, "other", 99)
    tenant.jobs = 1
    take(turns, 1, 1, took=3)
    assert not turns.is_idle(tenant)
    tenant.jobs = 0
    assert not turns.is_idle(tenant)

    take(turns, 1, 1)
    idle = [turns.is_idle(tenant) for _ in range(5) if take(turns, 1, 1)]

    assert tenant.seat == 0
    assert idle == [False, False, True, True, True]
    tenant.jobs = 1  # its deadline has passed, and nobody has taken it out yet
    assert not turns.is_idle(tenant)


def test_a_tenant_may_be_forgotten_when_all_is_forgiven() -> None:
    turns = Turns()
    tenant = seated(turns, "debtor", 1)
    take(turns, 1, 1, took=1000)

    turns.forgive()

    assert turns.is_idle(tenant)
    tenant.seat = 1
    assert not turns.is_idle(tenant)


def test_of_the_jobs_of_whom_nobody_waits_no_trace_is_left() -> None:
    turns = Turns()
    sitting, owing = seated(turns, "sitting", 1000), seated(turns, "owing", 1000)
    take(turns, 1, 1)
    take(turns, 1, 9)
    assert take(turns, 1, 1) == "sitting"

    turns.forgive()

    assert [tenant.line for tenant in (sitting, owing)] == [[], []]
    assert turns.next(1) is None


def test_charges_that_were_too_high_are_not_paid_for_by_who_came_later() -> None:
    """A hundred jobs run that were expected to take long, and a new tenant comes before they end."""
    turns = Turns()
    flood = seated(turns, "flood", 1000)
    for _ in range(100):
        take(turns, 1, 1)
    seated(turns, "late", 10)
    for _ in range(100):
        turns.settle(flood, 0.01, 1)

    order = [take(turns, 1, 1) for _ in range(20)]

    assert order.count("late") >= 9


def test_rounds_that_are_nobodys_are_skipped_in_one_step() -> None:
    """At one microsecond a round the debt takes a million million of them."""
    turns = Turns()
    seated(turns, "debtor", 2)
    take(turns, 1e-6, 1e-6, took=1e6)
    brief = seated(turns, "brief", 1)

    assert take(turns, 1e-6, 1e-6) == "brief"
    assert take(turns, 1e-6, 1e-6) == "debtor"
    assert brief.seat == 0


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30), st.floats(1e-6, 1e6))
def test_there_is_always_a_next_turn_whatever_the_numbers(
    costs: list[float], quantum: float
) -> None:
    turns = Turns()
    seated(turns, "a", len(costs))
    seated(turns, "b", len(costs))

    for cost in costs:
        take(turns, quantum, quantum, cost)


def test_a_charge_that_is_set_right_again_and_again_leaves_nothing_behind() -> None:
    turns = Turns()
    seated(turns, "other", 9)
    debtor = seated(turns, "debtor", 9)
    take(turns, 1, 1)
    take(turns, 1, 1e5)
    take(turns, 1, 1)
    for step in range(10_000):
        turns.settle(debtor, 1e5 - step, 1e5)

    assert len(turns._later) <= 2 * 2 + HEAP_SLACK  # pyright: ignore[reportPrivateUsage]
