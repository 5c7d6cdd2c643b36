"""What somebody meant by a name that does not exist, as far as it can be guessed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.tools.languages import LANGUAGES, Language, nearest_languages, resolve_language
from protocol.tools.suggest import did_you_mean


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_language_is_known_by_all_its_names_in_any_case(language: Language) -> None:
    for name in (language.name, *language.aliases):
        assert resolve_language(f" {name.upper()} ") == language.name


def test_no_two_languages_share_a_name() -> None:
    names = [name for each in LANGUAGES.values() for name in (each.name, *each.aliases)]

    assert len(names) == len(set(names))


def test_languages_are_in_alphabetical_order() -> None:
    assert list(LANGUAGES) == sorted(LANGUAGES)


@given(st.text())
def test_the_nearest_languages_are_languages_without_repeats(name: str) -> None:
    nearest = nearest_languages(name)

    assert len(nearest) == len(set(nearest)) <= 3
    assert set(nearest) <= set(LANGUAGES)


def test_the_nearest_language_comes_first() -> None:
    assert nearest_languages("Rubby")[0] == "ruby"
    assert nearest_languages("golnag")[0] == "go"


def test_a_close_name_is_suggested() -> None:
    assert did_you_mean("code_prase", ["admin_get_metrics", "code_parse"]) == (
        "; did you mean code_parse?"
    )


def test_nothing_is_suggested_when_nothing_is_close() -> None:
    assert did_you_mean("zzz", ["code_parse"]) == ""
    assert did_you_mean("zzz", []) == ""


def test_looking_for_what_is_close_to_a_very_long_name_takes_no_time() -> None:
    start = time.perf_counter()

    did_you_mean("code_parse" * 500_000, ["code_parse"])
    nearest_languages("python" * 1_000_000)

    assert time.perf_counter() - start < 0.3
