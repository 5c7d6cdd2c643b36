"""One start, one answer for all who wait, and an end to the work when nobody does."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cache.flight import Flights

keys = st.sampled_from([b"x", b"y"])
waiters = st.integers(0, 3)


class FlightsMachine(RuleBasedStateMachine):
    """The model is one list of all who wait, in the order in which they came."""

    def __init__(self) -> None:
        super().__init__()
        self.flights: Flights[int] = Flights()
        self.waiting: list[tuple[bytes, int]] = []
        self.shared = 0

    def waiting_for(self, key: bytes) -> list[int]:
        return [waiter for other, waiter in self.waiting if other == key]

    @rule(key=keys, waiter=waiters)
    def join(self, key: bytes, waiter: int) -> None:
        if (key, waiter) in self.waiting:
            return
        first = not self.waiting_for(key)
        assert self.flights.join(key, waiter) is first
        self.shared += not first
        self.waiting.append((key, waiter))

    @rule(key=keys, waiter=waiters)
    def leave(self, key: bytes, waiter: int) -> None:
        waited = (key, waiter) in self.waiting
        if waited:
            self.waiting.remove((key, waiter))
        assert self.flights.leave(key, waiter) is (waited and not self.waiting_for(key))

    @precondition(lambda self: len(self.waiting) > 1)  # else hardly anyone ever meets another
    @rule(key=keys)
    def land(self, key: bytes) -> None:
        assert self.flights.land(key) == self.waiting_for(key)
        self.waiting = [pair for pair in self.waiting if pair[0] != key]

    @invariant()
    def all_who_wait_are_known_and_nothing_is_left_of_the_others(self) -> None:
        assert len(self.flights) == len({key for key, _ in self.waiting})
        for key in (b"x", b"y"):
            assert self.flights.waiting(key) == self.waiting_for(key)
        assert self.flights.shared == self.shared


TestFlightsAgainstTheirModel = FlightsMachine.TestCase


@pytest.fixture
def flights() -> Flights[str]:
    return Flights()


def test_only_the_first_to_join_starts_the_work(flights: Flights[str]) -> None:
    assert [flights.join(b"key", waiter) for waiter in "abc"] == [True, False, False]
    assert flights.shared == 2


def test_all_who_wait_are_answered_in_the_order_of_joining(flights: Flights[str]) -> None:
    for waiter in "cab":
        flights.join(b"key", waiter)

    assert flights.land(b"key") == ["c", "a", "b"]
    assert flights.land(b"key") == []


def test_the_work_goes_on_until_the_last_has_left(flights: Flights[str]) -> None:
    flights.join(b"key", "a")
    flights.join(b"key", "b")

    assert flights.leave(b"key", "a") is False
    assert flights.leave(b"key", "b") is True
    assert len(flights) == 0


def test_whoever_leaves_twice_or_after_the_landing_stops_nothing(flights: Flights[str]) -> None:
    flights.join(b"key", "a")
    flights.join(b"key", "b")
    flights.leave(b"key", "a")

    assert flights.leave(b"key", "a") is False
    flights.land(b"key")
    assert flights.leave(b"key", "b") is False


def test_a_key_that_has_landed_starts_anew(flights: Flights[str]) -> None:
    flights.join(b"key", "a")
    flights.land(b"key")

    assert flights.join(b"key", "a") is True
    assert flights.shared == 0


def test_a_waiter_may_wait_for_several_answers(flights: Flights[str]) -> None:
    assert flights.join(b"x", "a") is True
    assert flights.join(b"y", "a") is True
    assert flights.land(b"x") == ["a"]
    assert flights.leave(b"y", "a") is True


def test_joining_twice_is_a_mistake_of_the_caller(flights: Flights[str]) -> None:
    flights.join(b"key", "a")

    with pytest.raises(AssertionError):
        flights.join(b"key", "a")
