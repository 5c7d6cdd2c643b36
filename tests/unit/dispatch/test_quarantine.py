"""What kills two workers is refused for a while, and what we remember of it is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.dispatch import quarantine as quarantine_module
from coordinator.dispatch.quarantine import Quarantine

PERIOD = 10.0
keys = st.sampled_from([b"a", b"b", b"c"])
strikes = st.lists(st.tuples(keys, st.sampled_from([0.0, 1.0, 4.0, 9.0, 10.0])), max_size=30)


@given(strikes, keys, st.sampled_from([0.0, 1.0, 5.0, 9.9, 10.0]))
def test_only_two_deaths_less_than_a_period_apart_put_a_key_in_quarantine(
    strikes: list[tuple[bytes, float]], asked: bytes, later: float
) -> None:
    quarantine = Quarantine(PERIOD)
    now, counts, last = 0.0, dict.fromkeys([b"a", b"b", b"c"], 0), dict.fromkeys(b"abc", 0.0)
    for key, pause in strikes:
        now += pause
        is_fresh = last[key[0]] + PERIOD > now
        counts[key] = counts[key] + 1 if is_fresh else 1
        last[key[0]] = now
        assert quarantine.strike(key, now) is (counts[key] >= 2)

    left = last[asked[0]] + PERIOD - (now + later)
    expected = left if counts[asked] >= 2 and left > 0 else None
    assert quarantine.holds_for(asked, now + later) == expected


def test_one_death_may_be_an_accident() -> None:
    quarantine = Quarantine(PERIOD)

    assert quarantine.strike(b"a", 0) is False
    assert quarantine.holds_for(b"a", 0) is None
    assert quarantine.held(0) == 0


def test_the_second_death_is_the_last() -> None:
    quarantine = Quarantine(PERIOD)
    quarantine.strike(b"a", 0)

    assert quarantine.strike(b"a", 4) is True
    assert quarantine.holds_for(b"a", 5) == 9
    assert quarantine.holds_for(b"b", 5) is None
    assert quarantine.held(5) == 1


def test_after_the_period_all_is_forgiven() -> None:
    quarantine = Quarantine(PERIOD)
    for _ in range(2):
        quarantine.strike(b"a", 0)

    assert quarantine.holds_for(b"a", 10) is None
    assert quarantine.held(10) == 0
    assert quarantine.strike(b"a", 10) is False


def test_the_oldest_makes_room_when_too_much_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quarantine_module, "_MOST_KEYS", 4)
    quarantine = Quarantine(PERIOD)
    for key in (b"a", b"b", b"c", b"d", b"e"):
        for _ in range(2):
            quarantine.strike(key, 0)

    assert quarantine.held(0) <= 4
    assert quarantine.holds_for(b"a", 0) is None
    assert quarantine.holds_for(b"e", 0) == PERIOD
