"""What a stranger says in JSON is a value of bounded depth, or a reason."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.schemas.json_value import MOST_DEPTH, Unreadable, is_deeper, read_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


def nested(levels: int, inner: str = "") -> bytes:
    return ("[" * levels + inner + "]" * levels).encode()


def depth_of(value: Any) -> int:
    """Count the levels, as anybody would."""
    members: Any = list(value.values()) if hasattr(value, "values") else value
    return 1 + max(map(depth_of, members), default=0) if hasattr(members, "append") else 0


@given(json_values)
def test_whatever_is_json_is_read(value: Any) -> None:
    assert read_json(msgspec.json.encode(value)) == value


@given(st.binary(max_size=30))
def test_whatever_is_not_json_has_a_reason(raw: bytes) -> None:
    try:
        msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        with pytest.raises(Unreadable):
            read_json(raw)


@pytest.mark.parametrize("raw", [b'"\xff"', b'"\\ud800"', b"1e999", b"NaN", b"", b"{} {}", b"[1,]"])
def test_what_some_readers_take_and_others_do_not_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="not valid JSON"):
        read_json(raw)


def test_no_more_than_so_many_levels_are_read() -> None:
    read_json(nested(MOST_DEPTH))
    read_json(nested(MOST_DEPTH, '"[{"'))

    for levels in (MOST_DEPTH + 1, 500, 100_000):
        with pytest.raises(Unreadable, match=f"nested more than {MOST_DEPTH} levels deep"):
            read_json(nested(levels))


def test_brackets_in_strings_are_no_levels() -> None:
    text = "[" * 1000

    assert read_json(msgspec.json.encode({"a": text})) == {"a": text}


@given(json_values, st.integers(0, 6))
def test_levels_are_counted_as_anybody_would(value: Any, levels: int) -> None:
    assert is_deeper(value, levels) is (depth_of(value) > levels)
