"""The next job goes to who has least to do, and among equals to who has waited longest."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from coordinator.crew.assign import Candidate, choose

candidates = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0.0, 1.0, 2.0]), st.integers(1, 9)),
    max_size=6,
    unique_by=lambda candidate: candidate[2],
)


@given(candidates)
def test_somebody_is_chosen_if_anybody_is_free(crew: list[Candidate]) -> None:
    chosen = choose(crew)

    free = [number for _, _, number in crew]
    assert chosen in free if free else chosen is None


@given(candidates)
def test_nobody_with_as_little_to_do_has_waited_longer(crew: list[Candidate]) -> None:
    chosen = choose(crew)

    for in_flight, used_at, _ in [each for each in crew if each[2] == chosen]:
        assert in_flight == min(other[0] for other in crew)
        assert used_at == min(other[1] for other in crew if other[0] == in_flight)


@given(candidates, st.randoms())
def test_the_order_of_the_candidates_does_not_matter(crew: list[Candidate], random: Random) -> None:
    shuffled = list(crew)
    random.shuffle(shuffled)

    assert choose(shuffled) == choose(crew)


def test_who_has_nothing_to_do_comes_before_who_has_waited_longer() -> None:
    assert choose([(1, 0.0, 1), (0, 9.0, 2)]) == 2


def test_jobs_go_round_when_everybody_is_idle() -> None:
    used_at = {1: 0.0, 2: 0.0, 3: 0.0}
    chosen: list[int] = []
    for now in range(1, 7):
        number = choose((0, at, number) for number, at in used_at.items())
        assert number is not None
        used_at[number] = float(now)
        chosen.append(number)

    assert chosen == [1, 2, 3, 1, 2, 3]
