"""Equal calls have equal keys, different calls have different ones, and junk is refused cleanly."""

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.key import KEY_BYTES, LONGEST_KEPT, call_key, canonical, wording
from protocol.errors import CallRefused

Json = dict[str, Any] | list[Any] | str | float | None
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
quoted = st.binary(max_size=4).map(lambda inner: b'"' + inner + b'"')
fields = st.lists(st.text(alphabet="a:1", max_size=2), min_size=4, max_size=6)


def shuffled(value: Json, draw: st.DrawFn) -> Json:
    """Reorder the keys of every object in *value*."""
    if isinstance(value, dict):
        keys = draw(st.permutations(list(value)))
        return {key: shuffled(value[key], draw) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, draw) for item in value]
    return value


@st.composite
def two_spellings(draw: st.DrawFn) -> tuple[Json, bytes, bytes]:
    value = draw(values)
    one = json.dumps(value, indent=draw(st.sampled_from([None, 0, 2])))
    other = json.dumps(shuffled(value, draw), ensure_ascii=draw(st.booleans()))
    return value, one.encode(), other.encode()


@st.composite
def rearranged_fields(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """The same characters, divided into fields in another way."""
    one = draw(fields)
    glue = draw(st.sampled_from(["", ":", "1:", "2:"]))
    text = glue.join(one)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=4)))
    other = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]
    merged = [one[0] + glue + one[1], *one[2:]]
    return one, draw(st.sampled_from([other, merged]))


@given(two_spellings())
def test_layout_escapes_and_the_order_of_keys_make_no_difference(
    spellings: tuple[Json, bytes, bytes],
) -> None:
    value, one, other = spellings

    assert canonical(one) == canonical(other)
    assert msgspec.json.decode(canonical(one)) == value
    assert canonical(canonical(one)) == canonical(one)


@given(values, values)
def test_different_values_have_different_canonical_bytes(one: Json, other: Json) -> None:
    same = canonical(json.dumps(one).encode()) == canonical(json.dumps(other).encode())

    assert not same or one == other


@given(st.binary(max_size=30) | quoted | st.text('[]{}":,1e.-ntu\\', max_size=12).map(str.encode))
def test_any_bytes_are_rewritten_or_refused(junk: bytes) -> None:
    try:
        rewritten = canonical(junk)
    except CallRefused:
        return

    assert canonical(rewritten) == rewritten


@pytest.mark.parametrize(
    ("arguments", "rewritten"),
    [
        (b'{"b": 1, "a": {"d": 2, "c": 3}}', b'{"a":{"c":3,"d":2},"b":1}'),
        (b"18446744073709551616", b"18446744073709551616"),
        (b"-123456789012345678901234567890", b"-123456789012345678901234567890"),
        (b"1.00", b"1.0"),
        (b"1", b"1"),
        (b'{"a": 1, "a": 2}', b'{"a":2}'),
        (b'"\\u00e9"', '"é"'.encode()),
    ],
)
def test_a_value_has_one_spelling(arguments: bytes, rewritten: bytes) -> None:
    assert canonical(arguments) == rewritten


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        b"{",
        b"1 2",
        b"NaN",
        b"1e400",
        b'"\xff"',
        b'{"\xff": 1}',
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_not_json_is_refused(arguments: bytes) -> None:
    with pytest.raises(CallRefused, match="not valid JSON") as refusal:
        canonical(arguments)

    assert refusal.value.code == "invalid_arguments"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_arguments_nested_too_deeply_are_refused(opening: bytes, closing: bytes) -> None:
    with pytest.raises(CallRefused, match="nested too deeply") as refusal:
        canonical(opening * 100_000 + b"1" + closing * 100_000)

    assert refusal.value.code == "invalid_arguments"


@given(rearranged_fields())
def test_different_calls_have_different_keys(calls: tuple[list[str], list[str]]) -> None:
    """What looks like the end of a field, or like the length of one, must not act as one."""
    one, other = calls

    assert (key_of(one) == key_of(other)) == (one == other)


def test_a_part_of_one_field_cannot_move_to_the_next() -> None:
    keys = {
        call_key("ab", "c", b"d"),
        call_key("a", "bc", b"d"),
        call_key("a", "b", b"cd"),
        call_key("a", "b", b"c", "d"),
        call_key("a", "b", b"c", "d", ""),
        call_key("a", "b", b"c1:d"),
        call_key("1" * 12, "", b""),
        call_key("2", "1", b"1", "1", "1", "1", "1", "", ""),
    }

    assert len(keys) == 8


def test_a_path_that_is_not_utf8_has_a_key() -> None:
    assert len(call_key("tool", "1", b"{}", "caf\udce9.py")) == KEY_BYTES


@pytest.mark.parametrize("length", [0, 1, LONGEST_KEPT, LONGEST_KEPT + 1, 1_000_000])
def test_words_are_told_apart_whatever_their_length(length: int) -> None:
    words = [b"x" * length, b"x" * (length - 1) + b"y", b"x" * (length + 1)]

    assert len({wording(tool, said) for tool in ("a", "b") for said in words}) == 6
    assert wording("a", words[0]) == wording("a", bytes(bytearray(words[0])))
    assert all(len(wording("a", said)[1]) <= LONGEST_KEPT for said in words)


def test_a_digest_of_long_words_is_no_words() -> None:
    _, digest = wording("a", b"x" * (LONGEST_KEPT + 1))

    with pytest.raises(CallRefused):
        canonical(digest)


def key_of(fields: list[str]) -> bytes:
    tool, version, arguments, *identity = fields
    return call_key(tool, version, arguments.encode(), *identity)
