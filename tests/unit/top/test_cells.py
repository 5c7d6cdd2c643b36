"""Text stays in its cells, whoever wrote it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.top.cells import Column, clean, cut, shown, table, width_of

WORDS = (Column("NAME", is_word=True), Column("N"), Column("LAST", is_word=True))
letters = st.characters()
anything = st.text(letters | st.sampled_from("漢字é\u0301\x1b\n\t\u202e\u200d\x7f\x9b"))


@given(anything)
def test_what_is_clean_has_no_letter_that_does_more_than_be_shown(text: str) -> None:
    cleaned = clean(text)

    assert cleaned.isprintable()
    assert not [letter for letter in cleaned if unicodedata.combining(letter)]
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned", "width"),
    [
        ("code_parse", "code_parse", 10),
        ("é", "é", 1),
        ("e\u0301", "e?", 2),
        ("漢字", "漢字", 4),
        ("\x1b[2J", "?[2J", 4),
        ("a\u202eb", "a?b", 3),
        ("\udcff", "?", 1),
    ],
)
def test_letters_take_the_cells_that_they_take(text: str, cleaned: str, width: int) -> None:
    assert (clean(text), width_of(clean(text))) == (cleaned, width)


@given(anything.map(clean), st.integers(0, 30))
def test_what_is_cut_fits_and_is_the_beginning(text: str, width: int) -> None:
    fitting = cut(text, width)

    assert width_of(fitting) <= width
    if width_of(text) <= width:
        assert fitting == text
    elif width:
        assert fitting.endswith("~")
        assert text.startswith(fitting[:-1])
        assert width_of(fitting) >= width - 1, "a wide letter may leave one cell empty"


rows = st.lists(st.tuples(anything, anything, anything), max_size=5)


@given(rows)
def test_every_column_begins_at_the_same_cell_in_every_row(
    rows: list[tuple[str, str, str]],
) -> None:
    columns = (Column("A", is_word=True), Column("B", is_word=True), Column("C", is_word=True))
    marked = [(f"<{a[:30]}", f"<{b[:30]}", "<") for a, b, _ in rows]

    lines = table(columns, marked)[1:]

    places = {
        tuple(width_of(line[:at]) for at, letter in enumerate(line) if letter == "<")
        for line in lines
        if line.count("<") == 3
    }
    assert len(places) <= 1


def test_words_stand_to_the_left_and_numbers_to_the_right() -> None:
    assert table(WORDS, [("a", "1", "x"), ("long", "222", "")]) == [
        "NAME    N  LAST",
        "a       1  x",
        "long  222",
    ]


def test_a_long_word_is_cut_unless_it_is_the_last() -> None:
    (_, line) = table(WORDS, [("a" * 100, "1", "b" * 100)])

    assert line == f"{'a' * 39}~  1  {'b' * 100}"


@given(anything, st.sampled_from(["ascii", "latin-1", "utf-8"]))
def test_whatever_a_terminal_cannot_show_is_a_question_mark(text: str, encoding: str) -> None:
    visible = shown(clean(text), encoding)

    visible.encode(encoding)
    assert len(visible) == len(text)
