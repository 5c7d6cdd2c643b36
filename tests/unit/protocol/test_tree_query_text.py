"""What can be told of a query's text before any grammar is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.tree_query import (
    Predicate,
    checked_tree_query,
    is_tree_query,
    may_be_tree_query,
    with_own_predicates,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(call) @c", True),
        ("[(a) (b)] @x", True),
        ('"if" @k', True),
        ("; about\n\n(call) @x", True),
        ('((a) @x (#eq? @x "b"))', True),
        ("(call)", False),
        ("foo($A)", False),
        ("(a + b) * c", False),
        ("(a @ b)", False),
        ("@decorator", False),
        ("[$A, $$$]", False),
        ('"text"', False),
        ("", False),
    ],
)
def test_what_captures_behind_a_bracket_is_a_query(text: str, expected: bool) -> None:
    assert is_tree_query(text) is expected


@pytest.mark.parametrize(("text", "expected"), [("(call)", True), ("($A)", False), ("call", False)])
def test_what_only_begins_like_a_query_may_be_one(text: str, expected: bool) -> None:
    assert may_be_tree_query(text) is expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(call", "line 1, column 1: '(' is never closed."),
        ("(a)\n (b))", "line 2, column 5: nothing is open that ')' could close."),
        ("(a]", "line 1, column 3: nothing is open that ']' could close."),
        ('(a "b', "line 1, column 4: a string that does not end."),
        ("(a) $", "line 1, column 5: unexpected '$'."),
        ("(a) @x (#eqq? @x)", "there is no predicate #eqq?; did you mean eq??"),
        ('(a) @x (#match? @x "(")', "#match? has a bad regular expression: missing )"),
        ("(a) @x (#eq? @x)", "#eq? wants a capture and a string."),
        ('(a) @x (#any-of? "a" @x)', "#any-of? wants a capture and strings."),
        ("  ; nothing\n", "there is nothing in it."),
    ],
)
def test_what_is_wrong_in_any_language_is_said_with_its_place(text: str, why: str) -> None:
    with pytest.raises(CallRefused) as refused:
        checked_tree_query(text)

    assert refused.value.code == "invalid_arguments"
    assert why in refused.value.message


def test_predicates_come_with_their_arguments() -> None:
    text = '((a) @x (b) @y (#eq? @x @y) (#any-of? @x "1\\n" "\\"") (#set! k v))'

    predicates = checked_tree_query(text)

    assert [each[:2] for each in predicates] == [
        ("eq?", ("@x", "@y")),
        ("any-of?", ("@x", "1\n", '"')),
        ("set!", ("k", "v")),
    ]
    assert all(text[each.at :].startswith(f"#{each.name}") for each in predicates)


def test_only_predicates_are_renamed() -> None:
    text = '((a) @x (#eq? @x "#eq?") (#set! eq? b)) ; #eq?\n'

    assert with_own_predicates(text, "my.") == text.replace("(#eq?", "(#my.eq?")


@given(st.text(alphabet='()[]@#"_ab ?!*+.:;\\\n', max_size=60) | st.text(max_size=60))
def test_every_text_is_checked_or_refused(text: str) -> None:
    is_tree_query(text)
    try:
        predicates = checked_tree_query(text)
    except CallRefused as refusal:
        assert refusal.code == "invalid_arguments"  # noqa: PT017 - there is no third outcome
    else:
        assert all(isinstance(each, Predicate) for each in predicates)
        assert with_own_predicates(text, "") == text
