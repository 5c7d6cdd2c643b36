"""How an event of the log looks on a line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.observe import log
from coordinator.observe.event_line import for_people, for_programs

NOON = "2026-01-01T12:00:00.000000Z"
keys = st.dictionaries(
    st.sampled_from(["module", "kind", "reason"]),
    st.none() | st.integers() | st.text() | st.binary(max_size=3) | st.lists(st.text(max_size=3)),
)


@given(keys)
def test_for_programs_an_event_is_one_line_of_json(members: dict[str, object]) -> None:
    line = for_programs(members, "died", "warning", NOON)

    assert line.count("\n") == 1
    assert json.loads(line).keys() == {*members, "event", "level", "timestamp"}


@given(keys, st.booleans())
def test_for_people_nothing_breaks_the_line_or_moves_the_cursor(
    members: dict[str, object], coloured: bool
) -> None:
    line = for_people(members, "died", "warning", NOON, coloured=coloured)

    shown = line.replace("\x1b[2m", "").replace("\x1b[33m", "").replace("\x1b[0m", "")
    assert shown[:-1].isprintable()
    assert shown.endswith("\n")
    assert coloured or "\x1b" not in line


def test_for_people_texts_of_several_words_are_quoted_and_an_exception_stands_below() -> None:
    members: dict[str, object] = {"b": "two words", "a": 1, "exception": "Traceback:\n  Bug"}

    line = for_people(members, "died", "error", NOON, coloured=False)
    assert line == f"{NOON} [error  ] {'died':30} a=1 b='two words'\nTraceback:\n  Bug\n"


def test_an_exception_is_told_with_its_traceback(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_output", None)
    log.configure("warning", "json")
    logger = log.get_logger("here")

    try:
        int("x")
    except ValueError:
        logger.exception("failed", tool="t")
    logger.info("not urgent enough")
    logger.error("bug", exc_info=None)

    first, second = map(json.loads, capfd.readouterr().err.splitlines())
    assert (first["event"], first["level"], first["tool"]) == ("failed", "error", "t")
    assert first["exception"].startswith("Traceback")
    assert first["exception"].endswith("invalid literal for int() with base 10: 'x'")
    assert (second["event"], "exception" in second) == ("bug", False)


def test_before_it_is_configured_nothing_is_logged(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_output", None)

    log.get_logger("here").error("bug")
    assert capfd.readouterr().err == ""
