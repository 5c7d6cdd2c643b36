"""Functions of two versions find each other, whatever was moved, renamed or overloaded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.analyze.changes.matching import Known, match

functions = st.lists(
    st.builds(Known, st.sampled_from("fgh"), st.sampled_from(["1", "2", "3", None])), max_size=8
)


@given(functions, functions)
def test_everybody_is_matched_once_or_left_over(before: list[Known], after: list[Known]) -> None:
    pairs, removed, added = match(before, after)

    assert sorted([old for old, _ in pairs] + removed) == list(range(len(before)))
    assert [new for _, new in pairs] == sorted(new for _, new in pairs)
    assert sorted([new for _, new in pairs] + added) == list(range(len(after)))


@given(functions, functions)
def test_who_is_matched_has_a_name_or_a_body_in_common(
    before: list[Known], after: list[Known]
) -> None:
    for old, new in match(before, after).pairs:
        same_name = before[old].name == after[new].name
        same_body = before[old].body is not None and before[old].body == after[new].body
        assert same_name or same_body


@given(functions, functions)
def test_nobody_is_left_over_on_both_sides_with_the_same_name_or_body(
    before: list[Known], after: list[Known]
) -> None:
    found = match(before, after)
    left = [before[number] for number in found.removed]
    new = [after[number] for number in found.added]

    assert not {each.name for each in left} & {each.name for each in new}
    assert not {each.body for each in left if each.body} & {each.body for each in new}


@given(functions)
def test_functions_that_only_moved_find_themselves(before: list[Known]) -> None:
    after = sorted(before, key=lambda each: (str(each.body), each.name))

    found = match(before, after)

    assert found.removed == found.added == []
    assert all(before[old] == after[new] for old, new in found.pairs)


@given(functions)
def test_a_version_is_matched_with_itself_in_order(functions: list[Known]) -> None:
    pairs = match(functions, functions).pairs

    assert all(functions[old] == functions[new] for old, new in pairs)


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        ("f1 f2", "f2 f1", [(1, 0), (0, 1)]),  # overloads that changed places
        ("f1 f2", "f3 f4", [(0, 0), (1, 1)]),  # overloads by order
        ("f1 f2", "f2", [(1, 0)]),  # the first overload went
        ("f1", "g1", [(0, 0)]),  # renamed
        ("f1 g2", "g1 f2", [(1, 0), (0, 1)]),  # the name comes before the body
        ("f-", "g-", []),  # too little to know it by
        ("f- f1", "f- f1", [(0, 0), (1, 1)]),
    ],
)
def test_examples(before: str, after: str, pairs: list[tuple[int, int]]) -> None:
    assert match(_known(before), _known(after)).pairs == pairs


def _known(words: str) -> list[Known]:
    return [Known(word[0], None if word[1] == "-" else word[1]) for word in words.split()]
