"""Words that people read: short, and harmless whoever they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.observe.text import LONGEST, duration, mebibytes, milliseconds, sandbox_line, tidy


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (60, "1 min 00 s"),
        (3599.9, "59 min 59 s"),
        (3599.96, "1 h 00 min"),
        (3600, "1 h 00 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d 00 h"),
        (90 * 86_400 + 7200, "90 d 02 h"),
    ],
)
def test_a_duration_has_the_two_units_that_matter(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "0"), (0.0512, "0.0512"), (9.876, "9.88"), (1394.2, "1394")]
)
def test_milliseconds_have_the_digits_that_can_be_measured(value: float, words: str) -> None:
    assert milliseconds(value) == words


def test_a_size_is_in_mebibytes() -> None:
    assert mebibytes(34 << 20) == "34 MiB"


@given(st.text())
def test_a_strangers_words_are_one_short_line(text: str) -> None:
    said = tidy(text)

    assert said.isprintable()
    assert len(said) == min(len(text), LONGEST)
    assert text.isprintable() <= (said[: LONGEST - 3] == text[: LONGEST - 3])


def test_a_sandbox_is_one_line_whatever_is_said_of_it() -> None:
    assert sandbox_line("a", {"x": "on", "y\n": "off: z\x1b"}) == "sandbox a: x on, y? off: z?"
    assert sandbox_line("a", {}) == "sandbox a: nothing was said"
