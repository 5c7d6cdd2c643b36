"""What a host sends and what becomes of it: events, formats, and what a caller hears meanwhile."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import LONGEST_MESSAGE, CallRefused
from protocol.framing import Overlong
from protocol.tools.ollama_run import Job
from support.strategies import json_values
from workers.ollama.chat import Chunk
from workers.ollama.question import question_of
from workers.ollama.sse import SseDecoder
from workers.ollama.stream import INTERVAL_S, TokenStream
from workers.ollama.structured import LONGEST_REPLY, Misfit, Shape

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}}


# --- server-sent events


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@given(
    st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=10), max_size=6),
    st.sampled_from([b"\n", b"\r\n"]),
    st.lists(st.integers(0, 500), max_size=8),
)
def test_events_are_the_same_however_their_bytes_arrive(
    texts: list[str], end: bytes, cuts: list[int]
) -> None:
    stream = b"".join(
        b": note" + end + b"event: x" + end + b"data: " + t.encode() + end + end for t in texts
    )

    decoder = SseDecoder(1000)
    events = [event for piece in pieces_of(stream, cuts) for event in decoder.feed(piece)]

    assert events == [text.encode() for text in texts]


def test_lines_of_one_event_are_joined_and_one_blank_is_dropped() -> None:
    assert SseDecoder(100).feed(b"data:a\ndata:  b\nid: 1\n\n\n\ndata\n\n") == [b"a\n b"]


@pytest.mark.parametrize("stream", [b"data: " + b"x" * 200 + b"\n\n", b"data: xxxxxx\n" * 30])
def test_no_event_grows_without_bound(stream: bytes) -> None:
    events = SseDecoder(100).feed(stream)

    assert any(isinstance(event, Overlong) for event in events)


# --- formats


@given(json_values)
def test_any_value_is_read_back_with_and_without_a_fence(value: Any) -> None:
    text = msgspec.json.encode(value).decode()
    expected = msgspec.json.decode(text)

    shape = Shape("json")
    assert shape.read(text) == expected
    assert shape.read(f"```json\n{text}\n```") == expected
    assert shape.read(f"\n```\n{text}\n```  ") == expected


@pytest.mark.parametrize("text", ["", "five", "{", '{"a": 1} and more', "```json\n```", "[1,]"])
def test_what_is_not_json_does_not_fit(text: str) -> None:
    with pytest.raises(Misfit, match="not valid JSON"):
        Shape("json").read(text)


def test_what_does_not_fit_the_schema_says_where() -> None:
    with pytest.raises(Misfit, match=r"at \['n'\]"):
        Shape(SCHEMA).read('{"n": "x"}')


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "http://127.0.0.1:1/a.json"},
        {"$ref": "file:///etc/passwd"},
        {"type": "string", "pattern": "("},
        {"description": "x" * 300_000},
    ],
)
def test_what_is_no_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(CallRefused) as refusal:
        Shape(schema)
    assert refusal.value.code == "invalid_arguments"


def test_a_pattern_cannot_take_for_ever() -> None:
    shape = Shape({"type": "string", "pattern": "^(a+)+$"})

    with pytest.raises(Misfit):
        shape.read('"' + "a" * 50_000 + 'b"')


def test_a_reply_that_is_too_long_to_be_checked_does_not_fit() -> None:
    with pytest.raises(Misfit, match="more than 524288"):
        Shape(SCHEMA).read(" " * (LONGEST_REPLY + 1))


def test_of_a_long_reply_the_first_mistake_is_told() -> None:
    text = '{"n": "x", "m": "' + "y" * 40_000 + '"}'

    with pytest.raises(Misfit, match=r"at \['n'\]"):
        Shape(SCHEMA).read(text)


def test_depth_does_not_break_it() -> None:
    with pytest.raises(Misfit):
        Shape(SCHEMA).read("[" * 100_000)


@given(st.binary(max_size=30))
def test_images_are_base64_with_or_without_a_prefix(data: bytes) -> None:
    image = base64.b64encode(data + b"x").decode()

    for sent in (image, f"data:image/png;base64,{image}"):
        assert question_of(Job(prompt="x", images=[sent])).request.messages[0].images == (image,)


@pytest.mark.parametrize("image", ["", "data:image/png;base64,", "a", "**", "é", "data:,"])
def test_what_is_no_image_is_refused(image: str) -> None:
    with pytest.raises(CallRefused, match=r"`images\[0\]` is not base64"):
        question_of(Job(prompt="x", images=[image]))


# --- progress


chunks = st.builds(Chunk, text=st.text(max_size=30), thinking=st.text(max_size=5))


@given(st.lists(st.tuples(chunks, st.floats(0, INTERVAL_S)), max_size=60))
def test_no_text_is_lost_and_figures_grow_and_nothing_is_too_long(
    events: list[tuple[Chunk, float]],
) -> None:
    told: list[tuple[float, str]] = []
    now = 0.0
    stream = TokenStream(lambda done, text: told.append((done, text)), lambda: now)

    for chunk, pause_s in events:
        now += pause_s
        stream.hear(chunk)
    stream.flush()

    assert "".join(text for _, text in told) == "".join(chunk.text for chunk, _ in events)
    figures = [done for done, _ in told]
    assert figures == sorted(set(figures))
    assert not figures or figures[-1] == len(events)
    assert len(told) <= now / INTERVAL_S + 2


def test_a_piece_that_is_too_long_for_one_notification_is_told_in_several() -> None:
    told: list[tuple[float, str]] = []
    stream = TokenStream(lambda done, text: told.append((done, text)), lambda: 0.0)

    stream.hear(Chunk("x" * (3 * LONGEST_MESSAGE)))

    assert [len(text) for _, text in told] == [LONGEST_MESSAGE] * 3
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == 1
