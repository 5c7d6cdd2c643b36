"""What the coordinator and a worker say arrives as it was said, one line each."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.worker import messages
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    FromWorker,
    Job,
    Notice,
    Part,
    Ping,
    Progress,
    Ready,
    ToolOffer,
    ToWorker,
    decode_from_worker,
    decode_to_worker,
    encode_line,
)
from support.strategies import json_values, texts

ids = st.integers(0, 2**53)
seconds = st.floats(0, 1e9)
raws = json_values.map(msgspec.json.encode).map(msgspec.Raw)

to_worker = st.one_of(
    st.builds(Job, ids, texts, raws, seconds, st.integers(1, 2), st.none() | texts),
    st.builds(Cancel, ids),
    st.builds(Answer, ids, ids, raws, texts, texts),
    st.builds(Ping, ids),
    st.just(Drain()),
)
offers = st.builds(ToolOffer, texts, texts, read_only=st.booleans(), cacheable=st.booleans())
from_worker = st.one_of(
    st.builds(
        Ready,
        texts,
        ids,
        ids,
        ids,
        st.lists(offers, max_size=2).map(tuple),
        st.dictionaries(texts, texts, max_size=2),
    ),
    st.builds(Progress, ids, seconds, st.none() | seconds, texts),
    st.builds(Part, ids, raws),
    st.builds(Ask, ids, ids, texts, raws),
    st.builds(Done, ids, raws, st.none() | seconds),
    st.builds(Failed, ids, texts, texts, st.booleans()),
    st.builds(Beat, st.integers(-1, 9), ids, ids, st.booleans(), st.booleans()),
    st.builds(Notice, texts, texts, texts, st.dictionaries(texts, seconds, max_size=2)),
)


@given(to_worker)
def test_what_is_said_to_a_worker_arrives(message: ToWorker) -> None:
    line = encode_line(message)

    assert line.index(b"\n") == len(line) - 1
    assert decode_to_worker.decode(line) == message


@given(from_worker)
def test_what_a_worker_says_arrives(message: FromWorker) -> None:
    line = encode_line(message)

    assert line.index(b"\n") == len(line) - 1
    assert decode_from_worker.decode(line) == message


@given(json_values, st.integers(0, 8))
def test_layout_in_a_raw_field_does_not_break_the_line(value: object, indent: int) -> None:
    pretty = msgspec.json.format(msgspec.json.encode(value), indent=indent)

    line = encode_line(Done(1, msgspec.Raw(pretty)))

    assert line.count(b"\n") == 1
    decoded = decode_from_worker.decode(line)
    assert isinstance(decoded, Done)
    assert msgspec.json.decode(decoded.result) == msgspec.json.decode(pretty)


@given(to_worker)
def test_a_worker_cannot_say_what_only_the_coordinator_says(message: ToWorker) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_from_worker.decode(encode_line(message))


@given(from_worker)
def test_the_coordinator_cannot_say_what_only_a_worker_says(message: FromWorker) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_to_worker.decode(encode_line(message))


def test_fields_of_a_later_version_are_ignored() -> None:
    line = b'{"type":"beat","n":3,"later":[1]}'

    assert decode_from_worker.decode(line) == Beat(3)


def test_a_stranger_needs_to_say_only_what_has_no_default() -> None:
    assert decode_from_worker.decode(b'{"type":"ready","kind":"x","pid":1}') == Ready("x", 1)
    assert decode_from_worker.decode(b'{"type":"done","id":1,"result":{}}') == Done(
        1, msgspec.Raw(b"{}"), 0
    )


@pytest.mark.parametrize("message", get_args(ToWorker) + get_args(FromWorker))
def test_every_message_is_tagged_by_its_lower_case_name(message: type[msgspec.Struct]) -> None:
    config = message.__struct_config__

    assert (config.tag_field, config.tag) == ("type", message.__name__.lower())
    assert getattr(messages, message.__name__) is message
