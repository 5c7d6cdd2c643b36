"""Short tasks stand behind each other as long as what stands there is soon done."""

from hypothesis import given
from hypothesis import strategies as st

from coordinator.crew.depth import BEHIND_S, SHORT_S, Depth, depth_for

means = st.floats(0, 1)
steps = st.sampled_from([1e-5, 1e-4, 1e-3, 1e-2])


def test_a_kind_begins_with_one_task_at_a_time() -> None:
    assert Depth(64).now == 1


def test_the_shorter_they_are_the_more_there_may_be() -> None:
    assert [depth_for(mean_s, 64) for mean_s in (0, 1e-5, 2.5e-4, 2e-3, SHORT_S)] == [
        64,
        64,
        6,
        2,
        1,
    ]


@given(means, st.integers(1, 100))
def test_what_stands_behind_the_next_one_takes_no_longer_than_it_may(
    mean_s: float, most: int
) -> None:
    depth = depth_for(mean_s, most)

    assert 1 <= depth <= most
    assert depth == 1 or (mean_s < SHORT_S and (depth - 2) * mean_s <= BEHIND_S)


@given(st.lists(steps, min_size=1))
def test_the_mean_of_what_was_learnt_decides(durations: list[float]) -> None:
    depth = Depth(64)
    for seconds in durations:
        depth.learn(seconds)

    assert depth_for(max(durations), 64) <= depth.now <= depth_for(min(durations), 64)
