"""A breaker in every order of events, with the time as an argument."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from workers.ollama.breaker import Breaker, BreakerPolicy

POLICY = BreakerPolicy(failures=3, rate=0.5, least=6, window_s=10.0, open_s=1.0, open_max_s=4.0)


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(POLICY)
    for _ in range(POLICY.failures):
        assert breaker.allows(at)
        breaker.failed(at)
    assert breaker.state == "open"
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_between_starts_the_count_anew() -> None:
    breaker = Breaker(POLICY)

    for happens in (
        breaker.failed,
        breaker.failed,
        breaker.answered,
        breaker.failed,
        breaker.failed,
    ):
        happens(0.0)
    assert breaker.is_closed()
    breaker.failed(0.0)

    assert breaker.state == "open"


def test_a_rate_of_failures_opens_it_although_some_are_answered() -> None:
    breaker = Breaker(POLICY)

    for _ in range(2):
        breaker.failed(0.0)
        breaker.answered(0.0)
    breaker.failed(0.0)
    assert breaker.is_closed()
    breaker.failed(0.0)

    assert breaker.state == "open"


def test_what_is_long_ago_is_no_part_of_the_rate() -> None:
    breaker = Breaker(POLICY)
    for _ in range(2):
        breaker.failed(0.0)
        breaker.answered(0.0)

    for _ in range(2):
        breaker.failed(POLICY.window_s + 1)
        assert breaker.is_closed()


def test_half_open_lets_one_through_and_an_answer_closes_it() -> None:
    breaker = opened()

    assert not breaker.allows(0.9)
    assert [breaker.allows(1.0) for _ in range(3)] == [True, False, False]
    breaker.answered(1.1)

    assert breaker.is_closed()
    assert all(breaker.allows(1.1) for _ in range(3))


@pytest.mark.parametrize(("openings", "pause_s"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 4.0)])
def test_each_time_it_stays_open_twice_as_long_up_to_a_limit(openings: int, pause_s: float) -> None:
    breaker, now = opened(), 0.0
    for _ in range(openings - 1):
        now += breaker.retry_in(now)
        assert breaker.allows(now)
        breaker.failed(now)

    assert breaker.retry_in(now) == pause_s


def test_whoever_cannot_tell_leaves_the_probe_to_the_next() -> None:
    breaker = opened()
    assert breaker.allows(1.0)

    breaker.abandoned()

    assert breaker.allows(1.0)
    assert breaker.state == "half_open"


def test_a_late_answer_to_what_was_asked_before_it_opened_closes_it() -> None:
    breaker = opened()

    breaker.answered(0.1)

    assert breaker.is_closed()


def test_late_failures_do_not_keep_it_open_for_longer() -> None:
    breaker = opened()

    breaker.failed(0.9)

    assert breaker.allows(1.0)


@given(st.lists(st.sampled_from(["answered", "abandoned"]), max_size=200))
def test_without_a_failure_it_stays_closed(events: list[str]) -> None:
    breaker = Breaker(POLICY)
    for event in events:
        assert breaker.allows(0.0)
        breaker.answered(0.0) if event == "answered" else breaker.abandoned()

    assert breaker.is_closed()


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens: no more than one probe, no change untold, and never open for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.told = [("", "closed")]
        self.breaker = Breaker(POLICY, lambda before, after: self.told.append((before, after)))
        self.now = 0.0
        self.asking = 0
        self.probing = False

    @rule(seconds=st.floats(0, 5))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def somebody_asks(self) -> None:
        is_closed = self.breaker.is_closed()
        would = self.breaker.would_allow(self.now)
        allowed = self.breaker.allows(self.now)
        assert allowed == would
        if allowed:
            assert is_closed or not self.probing
            self.asking += 1
            self.probing = self.probing or not is_closed

    @precondition(lambda self: self.asking)
    @rule(how=st.sampled_from(["answered", "failed", "abandoned"]))
    def one_ends(self, how: str) -> None:
        self.asking -= 1
        was_open = self.breaker.state == "open"
        if how == "abandoned":
            self.breaker.abandoned()
        else:
            getattr(self.breaker, how)(self.now)
        if how == "answered":
            assert self.breaker.is_closed()
        if how == "abandoned" or not was_open or self.breaker.is_closed():
            self.probing = False

    @invariant()
    def every_change_was_told(self) -> None:
        assert self.told[-1][1] == self.breaker.state
        for (_, before), (then, _) in zip(self.told, self.told[1:], strict=False):
            assert before == then

    @invariant()
    def it_is_never_open_for_longer_than_the_limit(self) -> None:
        assert self.breaker.retry_in(self.now) <= POLICY.open_max_s


TestAnyOrder = AnyOrder.TestCase
