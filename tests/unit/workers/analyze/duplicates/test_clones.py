"""Clones of token sequences, against an oracle that compares every place with every other."""

from array import array
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.analyze.duplicates.clones import Clone, find_clones

Place = tuple[int, int]

_HASHES = [2654435761 * (each + 1) % 2**32 for each in range(64)]


def _find(least: int, *texts: Sequence[int]) -> list[Clone]:
    sources = [array("I", [_HASHES[each] for each in text]) for text in texts]
    return find_clones(sources, least, lambda: None)


def _alike(texts: list[list[int]], least: int) -> list[list[Place]]:
    """Return the places of each run of *least* tokens that there is, by looking at every one."""
    found: dict[tuple[int, ...], list[Place]] = {}
    for source, text in enumerate(texts):
        for at in range(len(text) - least + 1):
            found.setdefault(tuple(text[at : at + least]), []).append((source, at))
    return [*found.values()]


def _overlapping(texts: list[list[int]]) -> set[Place]:
    """Return all places in stretches that are alike to themselves, moved by less than their length."""
    found: set[Place] = set()
    for source, text in enumerate(texts):
        for period in range(1, len(text)):
            start = 0
            for at in range(len(text) - period + 1):
                if at + period < len(text) and text[at] == text[at + period]:
                    continue
                if at - start > period:
                    found.update((source, each) for each in range(start, at + period))
                start = at + 1
    return found


def _joined(clones: list[Clone], least: int) -> dict[Place, Place]:
    """Return one place for all that clones say are alike to each other, over any number of steps."""
    above: dict[Place, Place] = {}

    def top(place: Place) -> Place:
        while place in above:
            place = above[place]
        return place

    for tokens, first, first_at, second, second_at in clones:
        for offset in range(tokens - least + 1):
            one, other = top((first, first_at + offset)), top((second, second_at + offset))
            if one != other:
                above[max(one, other)] = min(one, other)
    return {place: top(place) for place in above}


_any = st.integers(0, 5).flatmap(
    lambda kinds: st.lists(st.lists(st.integers(0, kinds), max_size=60), min_size=1, max_size=4)
)


@st.composite
def _planted(draw: st.DrawFn) -> list[list[int]]:
    """Draw sources with pieces in common, at any place."""
    token = st.integers(0, draw(st.integers(3, 40)))
    pieces = draw(st.lists(st.lists(token, min_size=4, max_size=25), min_size=1, max_size=4))
    filler = st.lists(token, max_size=4)
    return [
        [
            each
            for piece in draw(st.lists(st.sampled_from(pieces), max_size=4))
            for each in [*draw(filler), *piece[draw(st.integers(0, 3)) :]]
        ]
        for _ in range(draw(st.integers(1, 4)))
    ]


_texts = st.one_of(_planted(), _any)
_least = st.integers(2, 9)


@settings(max_examples=300)
@given(_texts, _least)
def test_each_clone_is_one_and_cannot_be_made_longer(texts: list[list[int]], least: int) -> None:
    """Where a stretch overlaps itself, its repetitions end where the next begins."""
    overlapping = _overlapping(texts)

    for tokens, first, at, second, other_at in _find(least, *texts):
        one, other = texts[first], texts[second]
        end, other_end = at + tokens, other_at + tokens

        assert tokens >= least
        assert (first, at) < (second, other_at)
        assert first != second or end <= other_at
        assert one[at:end] == other[other_at:other_end]
        if first == second and {(first, at), (second, other_at)} <= overlapping:
            continue
        assert not (at and other_at) or one[at - 1] != other[other_at - 1]
        assert end == len(one) or other_end == len(other) or one[end] != other[other_end]


@settings(max_examples=300)
@given(_texts, _least)
def test_all_that_is_alike_is_joined_by_clones(texts: list[list[int]], least: int) -> None:
    """What lies in a stretch that overlaps itself may be joined to nothing else in it."""
    joined = _joined(_find(least, *texts), least)
    overlapping = _overlapping(texts)

    for places in _alike(texts, least):
        sure = [each for each in places if each not in overlapping]
        assert len({joined.get(each, each) for each in sure}) <= 1, places


@settings(max_examples=100)
@given(_texts, _least)
def test_no_clone_is_a_part_of_another(texts: list[list[int]], least: int) -> None:
    clones = _find(least, *texts)

    for number, part in enumerate(clones):
        for whole in clones[number + 1 :]:
            ends = part.second_at + part.tokens, whole.second_at + whole.tokens
            is_inside = whole.second_at <= part.second_at and ends[0] <= ends[1]
            is_around = part.second_at <= whole.second_at and ends[1] <= ends[0]
            assert part.second != whole.second or not (is_inside or is_around)


def test_a_clone_at_n_places_is_told_n_minus_1_times() -> None:
    body = [*range(20)]

    clones = _find(10, body, [30, *body], [*body, 31], [32, *body, 33])

    assert clones == [
        Clone(20, 0, 0, 1, 1),
        Clone(20, 0, 0, 2, 0),
        Clone(20, 0, 0, 3, 1),
    ]


def test_one_token_less_than_asked_for_is_no_clone() -> None:
    one, other = [*range(20), 40], [*range(20), 41]

    assert _find(20, one, other) == [Clone(20, 0, 0, 1, 0)]
    assert _find(21, one, other) == []


def test_three_copies_in_a_row_are_two_clones_of_the_first() -> None:
    assert _find(10, [*range(15)] * 3) == [Clone(15, 0, 0, 0, 15), Clone(15, 0, 0, 0, 30)]


def test_a_list_of_the_same_is_no_clone_of_itself_but_of_another_list() -> None:
    row = [1, 2] * 100

    assert _find(10, row) == []
    assert _find(10, row, [3, *row]) == [Clone(200, 0, 0, 1, 1)]


def test_a_million_tokens_that_are_the_same_are_soon_done() -> None:
    assert _find(50, [7] * 500_000, [7] * 500_000) == [Clone(500_000, 0, 0, 1, 0)]
