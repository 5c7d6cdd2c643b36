"""The cache behaves as an ordered dictionary that throws its oldest entry out when it is full."""

from collections import OrderedDict

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cache.l1 import (
    ENTRY_OVERHEAD,
    L1,
    WORDING_OVERHEAD,
    L1Statistics,
    Watched,
    Wording,
)

ROOM = 4 * ENTRY_OVERHEAD  # for three small entries, but never for four
KEYS = [b"", b"a", b"b", b"c", b"d"]
WORDINGS: list[Wording] = [("t", b""), ("t", b"{}"), ("u", b"{}"), ("t", b"x" * WORDING_OVERHEAD)]


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class L1Machine(RuleBasedStateMachine):
    """Do the same to the cache and to a model, and compare all that can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.l1 = L1(ROOM, self.clock)
        self.model: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()
        self.wordings: dict[Wording, tuple[bytes, Watched]] = {}
        self.counts = {"hits": 0, "misses": 0, "evictions": 0, "expirations": 0}

    @rule(
        key=st.sampled_from(KEYS),
        # Mostly small; the last three take two places, all there is, and too much.
        size=st.sampled_from([0, 0, 1, 1, 2, ENTRY_OVERHEAD, ROOM - ENTRY_OVERHEAD, ROOM]),
        fill=st.sampled_from([b"x", b"y"]),
        cache_for=st.sampled_from([None, None, 0, -1.0, 1.0, 2.0]),
    )
    def put(self, key: bytes, size: int, fill: bytes, cache_for: float | None) -> None:
        value = fill * size
        self.l1.put(key, value, cache_for)
        self.drop(key)
        if weight(key, value) <= ROOM and (cache_for is None or cache_for > 0):
            self.make_room(weight(key, value))
            expires_at = float("inf") if cache_for is None else self.clock.now + cache_for
            self.model[key] = (value, expires_at)

    @rule(
        wording=st.sampled_from(WORDINGS),
        key=st.sampled_from(KEYS),
        watched=st.sampled_from([(), (("file", "1"),), (("file", "2"),)]),
    )
    def note_wording(self, wording: Wording, key: bytes, watched: Watched) -> None:
        self.l1.note_wording(wording, key, watched)
        if key not in self.model:
            return
        self.wordings = {
            said: meant
            for said, meant in self.wordings.items()
            if wording != said and meant[0] != key
        }
        size = len(wording[1]) + WORDING_OVERHEAD
        if weight(key, self.model[key][0]) + size <= ROOM:
            self.wordings[wording] = (key, watched)
            self.model.move_to_end(key)
            self.make_room(0)

    @rule(wording=st.sampled_from(WORDINGS), is_at=st.sampled_from(["1", "2"]))
    def get_by_wording(self, wording: Wording, is_at: str) -> None:
        value = self.l1.get_by_wording(wording, lambda watched: watched == (("file", is_at),))
        key, watched = self.wordings.get(wording, (None, ()))
        if key is None or watched not in {(), (("file", is_at),)}:
            assert value is None
        else:
            misses = self.counts["misses"]
            assert value == self.model_get(key)
            self.counts["misses"] = misses

    @rule()
    def forget_wordings(self) -> None:
        self.l1.forget_wordings()
        self.wordings.clear()

    @rule(key=st.sampled_from(KEYS))
    def get(self, key: bytes) -> None:
        assert self.l1.get(key) == self.model_get(key)

    @rule()
    def pass_time(self) -> None:
        self.clock.now += 1

    @invariant()
    def the_bound_holds_and_the_statistics_are_right(self) -> None:
        assert self.weight() <= ROOM
        assert self.l1.statistics() == L1Statistics(
            entries=len(self.model), bytes=self.weight(), **self.counts
        )

    def make_room(self, needed: int) -> None:
        while self.weight() + needed > ROOM:
            self.drop(next(iter(self.model)))
            self.counts["evictions"] += 1

    def drop(self, key: bytes) -> bool:
        self.wordings = {said: meant for said, meant in self.wordings.items() if meant[0] != key}
        return self.model.pop(key, None) is not None

    def model_get(self, key: bytes) -> bytes | None:
        value, expires_at = self.model.get(key, (None, 0.0))
        if value is None or expires_at <= self.clock.now:
            self.counts["misses"] += 1
            self.counts["expirations"] += self.drop(key)
            return None
        self.model.move_to_end(key)
        self.counts["hits"] += 1
        return value

    def weight(self) -> int:
        words = sum(len(arguments) + WORDING_OVERHEAD for _, arguments in self.wordings)
        return words + sum(weight(key, value) for key, (value, _) in self.model.items())


def weight(key: bytes, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_OVERHEAD


TestL1AgainstItsModel = L1Machine.TestCase


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def l1(clock: FakeClock) -> L1:
    return L1(ROOM, clock)


@pytest.mark.parametrize("value", [b"", b"null", b"false", b"0", b"[]"])
def test_a_falsy_answer_is_an_answer(l1: L1, value: bytes) -> None:
    l1.put(b"key", value, None)

    assert l1.get(b"key") == value
    assert l1.statistics().hits == 1


def test_an_answer_lives_for_as_long_as_it_may(l1: L1, clock: FakeClock) -> None:
    l1.put(b"key", b"value", 10)

    clock.now += 9.9
    assert l1.get(b"key") == b"value"
    clock.now += 0.1
    assert l1.get(b"key") is None
    assert l1.statistics() == L1Statistics(
        entries=0, bytes=0, hits=1, misses=1, evictions=0, expirations=1
    )


def test_an_answer_without_an_end_outlives_the_others(l1: L1, clock: FakeClock) -> None:
    l1.put(b"key", b"value", None)
    clock.now += 1e9

    assert l1.get(b"key") == b"value"


def test_the_least_recently_used_answer_makes_room(l1: L1) -> None:
    for key in (b"a", b"b", b"c"):
        l1.put(key, b"", None)
    l1.get(b"a")

    l1.put(b"d", b"", None)

    assert [l1.get(key) for key in (b"a", b"b", b"c", b"d")] == [b"", None, b"", b""]
    assert l1.statistics().evictions == 1


def test_what_is_too_large_is_not_kept_and_nothing_is_evicted_for_it(l1: L1) -> None:
    l1.put(b"a", b"small", None)

    l1.put(b"b", b"x" * ROOM, None)

    assert l1.get(b"b") is None
    assert l1.get(b"a") == b"small"
    assert l1.statistics().evictions == 0


@pytest.mark.parametrize(("value", "cache_for"), [(b"new", 0), (b"x" * ROOM, None)])
def test_an_older_answer_goes_even_if_the_newer_is_not_kept(
    l1: L1, value: bytes, cache_for: float | None
) -> None:
    l1.put(b"key", b"old", None)

    l1.put(b"key", value, cache_for)

    assert l1.get(b"key") is None


def test_a_cache_without_room_keeps_nothing(clock: FakeClock) -> None:
    l1 = L1(0, clock)

    l1.put(b"", b"", None)

    assert l1.get(b"") is None
    assert l1.statistics().entries == 0
