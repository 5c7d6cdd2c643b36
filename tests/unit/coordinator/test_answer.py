"""What a stranger's worker answers is passed on if every client can read it, and it was promised."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from coordinator.answer import LONGEST_RESULT, Answer, merged_answer, offered_answer
from coordinator.runs.merge import Merged
from protocol.errors import CallRefused
from support.offers import offer, taken

encode = msgspec.json.encode
ANY = taken(offer("any", cacheable=True))
TYPED = taken(
    offer(
        "typed",
        output={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    ),
    "lint",
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
).filter(lambda value: "\\ud" not in repr(value))


def result_of(answer: Answer) -> dict[str, Any]:
    assert b"\n" not in answer.body
    assert b"\r" not in answer.body
    result: dict[str, Any] = msgspec.json.decode(b"{%b}" % answer.body)
    return result


def refusal(raw: bytes, tool: Any = ANY) -> CallRefused:
    with pytest.raises(CallRefused) as refused:
        offered_answer(tool, Raw(raw), 0)
    return refused.value


@given(json_values)
def test_any_value_becomes_a_result(value: Any) -> None:
    result = result_of(offered_answer(ANY, Raw(encode(value)), 0))

    (block,) = result["content"]
    assert result["isError"] is False
    assert block["type"] == "text"
    if isinstance(value, str):
        assert block["text"] == value
    else:
        read = msgspec.json.decode(block["text"])
        assert read == value or math.isclose(read, value)
    assert ("structuredContent" in result) is isinstance(value, dict)
    assert result.get("structuredContent", value) == value


def test_layout_is_not_passed_on() -> None:
    """A carriage return ends the line for some readers."""
    answer = offered_answer(ANY, Raw(b'{\r "a" :\r [ 1 ] }'), 0)

    assert result_of(answer)["content"][0]["text"] == '{"a":[1]}'


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'"\xff"', "The answer of the k worker is not valid JSON: "),
        (b"1e999", "The answer of the k worker is not valid JSON: "),
        (b'"\\ud800"', "The answer of the k worker is not valid JSON: "),
        (b"[" * 65 + b"]" * 65, "The answer of the k worker is nested more than 64 levels deep."),
    ],
)
def test_what_some_client_could_not_read_is_refused(raw: bytes, said: str) -> None:
    refused = refusal(raw)

    assert refused.code == "internal"
    assert refused.message.startswith(said)


def test_what_is_too_large_is_refused_unread() -> None:
    assert refusal(b" " * (LONGEST_RESULT + 1)).code == "too_large"


def test_a_promise_is_held_to() -> None:
    assert result_of(offered_answer(TYPED, Raw(b'{"n":1}'), 0))["structuredContent"] == {"n": 1}

    assert refusal(b'{"n":"x"}', TYPED).message == (
        "The answer of the lint worker does not fit the tool's output schema: "
        '`n`: expected an integer, got a string, "x".'
    )
    assert refusal(b"7", TYPED).code == "internal"


@pytest.mark.parametrize("cache_for", [0.0, 5.0, None])
def test_only_what_is_cacheable_is_kept_and_as_long_as_it_says(cache_for: float | None) -> None:
    assert offered_answer(ANY, Raw(b"1"), cache_for).cache_for == cache_for
    assert offered_answer(TYPED, Raw(b'{"n":1}'), cache_for).cache_for == 0


def test_an_answer_of_ours_is_kept_for_ever_or_not_at_all() -> None:
    assert merged_answer(Merged("a", b"{}", cacheable=True)).cache_for is None
    assert merged_answer(Merged("a", b"{}")).cache_for == 0
    assert result_of(merged_answer(Merged("a", b'{"b":1}')))["structuredContent"] == {"b": 1}
