"""The indentation of documentation, beside the standard library's way to take it off."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.syntax.cleandoc import cleandoc


@given(st.text(" \tab\n", max_size=40))
def test_documentation_is_cleaned_as_the_standard_library_does_it(text: str) -> None:
    assert cleandoc(text) == inspect.cleandoc(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\r\n\r\n    Two.", "One.\r\n\nTwo."),
        ("\n    One.\n      Two.\n    ", "One.\n  Two."),
        ("", ""),
    ],
)
def test_lines_lose_what_all_but_the_first_share(text: str, expected: str) -> None:
    assert cleandoc(text) == expected
