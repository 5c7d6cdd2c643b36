"""The next job goes to who has least to do, and among equals to who has waited longest."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from coordinator.crew.assign import Candidate, choose

candidates = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 9),
        st.integers(-1, 3),
        st.integers(0, 2),
        st.sampled_from([0.0, 1.0, 2.0]),
    ),
    max_size=6,
    unique_by=lambda candidate: candidate.number,
)


@given(candidates)
def test_a_full_worker_is_never_chosen_and_a_free_one_always(crew: list[Candidate]) -> None:
    chosen = choose(crew)

    free = [candidate.number for candidate in crew if candidate.free_slots > 0]
    assert chosen in free if free else chosen is None


@given(candidates)
def test_nobody_with_as_little_to_do_has_waited_longer(crew: list[Candidate]) -> None:
    number = choose(crew)

    free = [candidate for candidate in crew if candidate.free_slots > 0]
    for chosen in (candidate for candidate in free if candidate.number == number):
        assert chosen.in_flight == min(candidate.in_flight for candidate in free)
        equals = [c for c in free if c.in_flight == chosen.in_flight]
        assert chosen.used_at == min(candidate.used_at for candidate in equals)


@given(candidates, st.randoms())
def test_the_order_of_the_candidates_does_not_matter(crew: list[Candidate], random: Random) -> None:
    shuffled = list(crew)
    random.shuffle(shuffled)

    assert choose(shuffled) == choose(crew)


def test_who_has_nothing_to_do_comes_before_who_has_waited_longer_or_has_more_room() -> None:
    assert choose([Candidate(1, 7, 1, 0.0), Candidate(2, 1, 0, 9.0)]) == 2


def test_jobs_go_round_when_everybody_is_idle() -> None:
    used_at = {1: 0.0, 2: 0.0, 3: 0.0}
    chosen: list[int] = []
    for now in range(1, 7):
        number = choose(Candidate(number, 1, 0, at) for number, at in used_at.items())
        assert number is not None
        used_at[number] = float(now)
        chosen.append(number)

    assert chosen == [1, 2, 3, 1, 2, 3]
