"""What stands beside and inside a row, compared with looking at every other row."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.tools.code_parse import Symbol
from protocol.tools.places import Range
from workers.parse.siblings import Siblings
from workers.syntax.outline import Row

PLACE = Range(1, 1, 1, 1)


def row(level: int, name: str) -> Row:
    symbol = Symbol(kind="function", name=name, qualified_name=name, range=PLACE)
    return Row(level, symbol, 0, 0)


def rows_of(text: str) -> list[Row]:
    """Return a row for each word, which begins with its level."""
    return [row(int(word[0]), word[1:]) for word in text.split()]


def names_beside(rows: list[Row], number: int) -> list[str]:
    """Look from *number* both ways until its parent begins or ends."""
    found: list[int] = []
    for way in (range(number - 1, -1, -1), range(number + 1, len(rows))):
        for other in way:
            if rows[other].level < rows[number].level:
                break
            if rows[other].level == rows[number].level:
                found.append(other)
    found.sort(key=lambda other: abs(other - number))
    names = dict.fromkeys(rows[other].symbol.name for other in found)
    names.pop(rows[number].symbol.name, None)
    return list(names)[:30]


def names_inside(rows: list[Row], number: int) -> list[str]:
    names: dict[str, None] = {}
    for other in rows[number + 1 :]:
        if other.level <= rows[number].level:
            break
        if other.level == rows[number].level + 1:
            names[other.symbol.name] = None
    return list(names)[:30]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), max_size=30),
    st.lists(st.integers(0, 2), max_size=80),
)
def test_names_are_those_that_are_found_by_looking_at_every_row(
    few_names: list[tuple[int, str]], many_names: list[int]
) -> None:
    """Rows may begin on any level, and go down by more than one."""
    rows = [row(level, name) for level, name in few_names]
    rows += [row(level, f"n{number}") for number, level in enumerate(many_names)]
    siblings = Siblings(rows)

    for number in range(len(rows)):
        assert siblings.beside(number) == names_beside(rows, number)
        assert siblings.inside(number) == names_inside(rows, number)


def test_the_nearest_come_first_and_of_two_as_near_the_one_before() -> None:
    siblings = Siblings(rows_of("0a 0b 0c 1inner 0d 0e"))

    assert siblings.beside(2) == ["b", "a", "d", "e"]
    assert siblings.beside(1) == ["a", "c", "d", "e"]
    assert siblings.inside(2) == ["inner"]


def test_a_long_name_is_shortened() -> None:
    siblings = Siblings(rows_of(f"0a 0{'b' * 100} 1{'c' * 100}"))

    assert [len(name) for name in siblings.beside(0) + siblings.inside(1)] == [60, 60]
