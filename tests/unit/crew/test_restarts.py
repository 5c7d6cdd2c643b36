"""Deaths are forgiven up to an intensity within a period, and health makes up for them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coordinator.crew.restarts import GoDown, Restart, RestartBudget, RestartPolicy

POLICY = RestartPolicy(
    intensity=3, period_s=10, at_once=1, backoff_base_s=0.5, backoff_max_s=1.5, cool_down_s=4
)
pauses = st.lists(st.sampled_from([0.0, 1.0, 4.0, 10.0, 11.0]), max_size=40)


def longest(_low: float, high: float) -> float:
    return high


def budget(policy: RestartPolicy = POLICY) -> RestartBudget:
    return RestartBudget(policy, jitter=longest)


def times_of(pauses: list[float]) -> list[float]:
    return [sum(pauses[: index + 1]) for index in range(len(pauses))]


@given(pauses)
def test_there_are_never_more_restarts_in_a_period_than_the_intensity(
    pauses: list[float],
) -> None:
    """Going down begins a new count: until the next try nobody asks for a restart."""
    spent = budget()
    restarts: list[float] = []

    for now in times_of(pauses):
        if isinstance(spent.spend(now), Restart):
            restarts.append(now)
        else:
            restarts.clear()

        assert sum(at > now - POLICY.period_s for at in restarts) <= POLICY.intensity


@given(pauses)
def test_a_kind_goes_down_only_when_the_intensity_is_exceeded(pauses: list[float]) -> None:
    spent = budget()
    deaths: list[float] = []

    for now in times_of(pauses):
        deaths.append(now)
        following = spent.spend(now)
        recent = [at for at in deaths if at > now - POLICY.period_s]
        assert isinstance(following, GoDown) is (len(recent) > POLICY.intensity)
        if isinstance(following, GoDown):
            deaths.clear()


@given(
    pauses,
    st.builds(
        RestartPolicy,
        intensity=st.integers(1, 2000),
        period_s=st.just(1e9),
        at_once=st.integers(0, 5),
        backoff_base_s=st.floats(0.001, 60),
        backoff_max_s=st.floats(0.001, 3600),
    ),
)
def test_the_wait_before_a_restart_grows_up_to_a_bound(
    pauses: list[float], policy: RestartPolicy
) -> None:
    spent = budget(policy)

    following = [spent.spend(now) for now in times_of(pauses)[: policy.intensity]]

    delays = [restart.delay_s for restart in following if isinstance(restart, Restart)]
    assert not any(delays[: policy.at_once])
    assert all(delays[policy.at_once :])
    assert all(early <= late for early, late in pairwise(delays))
    assert all(delay <= policy.backoff_max_s for delay in delays)


def test_the_first_restart_is_at_once_and_the_next_ones_wait_twice_as_long_each() -> None:
    spent = budget()

    assert [spent.spend(0) for _ in range(4)] == [
        Restart(0.0),
        Restart(0.5),
        Restart(1.0),
        GoDown(4.0),
    ]


def test_the_first_three_deaths_in_a_row_cost_no_wait() -> None:
    spent = budget(RestartPolicy(backoff_base_s=0.5))

    assert [spent.spend(0) for _ in range(5)] == [Restart(wait) for wait in (0, 0, 0, 0.5, 1)]


def test_after_proof_of_health_the_first_deaths_are_at_once_again() -> None:
    spent = budget(RestartPolicy(intensity=9, backoff_base_s=0.5))
    for _ in range(5):
        spent.spend(0)

    spent.prove_healthy()

    assert [spent.spend(0) for _ in range(4)] == [Restart(wait) for wait in (0, 0, 0, 0.5)]


def test_the_wait_is_drawn_from_all_of_it() -> None:
    spent = RestartBudget(POLICY, jitter=lambda low, high: low + (high - low) / 4)
    spent.spend(0)

    assert spent.spend(0) == Restart(0.125)


def test_the_two_thousandth_death_can_still_be_counted() -> None:
    """Doubling a float so often would overflow, were it not for the bound on the exponent."""
    spent = budget(
        RestartPolicy(intensity=2000, period_s=1e9, backoff_base_s=0.001, backoff_max_s=10)
    )

    following = [spent.spend(0) for _ in range(2000)]

    assert following[-1] == Restart(10)


def test_the_budget_refills_when_the_period_has_passed() -> None:
    spent = budget(RestartPolicy(intensity=1, period_s=10))

    assert [isinstance(spent.spend(at), Restart) for at in (0, 5, 15)] == [True, False, True]


def test_a_death_a_whole_period_ago_is_forgotten() -> None:
    spent = budget(RestartPolicy(intensity=1, period_s=10))

    assert spent.spend(0) == Restart(0.0)
    assert spent.spend(10) == Restart(0.0)


def test_every_time_down_is_twice_as_long_up_to_thirty_two_cool_downs() -> None:
    spent = budget()

    downs = [spent.go_down().retry_s for _ in range(8)]

    assert downs == [4, 8, 16, 32, 64, 128, 128, 128]


def test_proof_of_health_makes_up_for_everything() -> None:
    spent = budget()
    for _ in range(3):
        spent.spend(0)
    spent.go_down()
    spent.spend(0)

    spent.prove_healthy()

    assert spent.spend(0) == Restart(0.0)
    assert spent.go_down() == GoDown(4.0)
