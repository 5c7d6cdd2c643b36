"""A line is a request, a notification, a response, or malformed in a way that can be said."""

import time
import tracemalloc
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol import jsonrpc
from protocol.jsonrpc import (
    INVALID_REQUEST,
    PARSE_ERROR,
    Malformed,
    Message,
    Notification,
    Request,
    Response,
    read,
)
from support.strategies import damaged, json_objects, json_values, spellings, texts

ids = st.integers(-(10**40), 10**40) | texts
methods = texts.filter(bool)


def request(**members: object) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": "ping", **members})


@st.composite
def envelopes(draw: st.DrawFn) -> bytes:
    """Something like a message: each member right, wrong, or missing."""
    members: dict[str, st.SearchStrategy[Any]] = {
        "jsonrpc": st.just("2.0") | json_values,
        "id": ids | json_values,
        "method": methods | json_values,
        "params": json_objects | json_values,
        "result": json_values,
        "error": json_values,
    }
    chosen = draw(st.sets(st.sampled_from(sorted(members))))
    return draw(spellings({name: draw(members[name]) for name in chosen}))


@given(st.binary(max_size=60) | json_values.flatmap(spellings) | envelopes() | damaged(envelopes()))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"jsonrpc":"2.0","id":"\xff","method":"ping"}')
@example(b'{"jsonrpc":"2.0","id":"\\udc00","method":"ping"}')
def test_every_line_is_one_of_the_messages(line: bytes) -> None:
    message = read(line)

    assert isinstance(message, get_args(Message))


@given(envelopes() | damaged(envelopes()))
@example(b'{"id": 1, "method": 3, "jsonrpc": "2.0"}')
def test_whatever_is_answered_is_answered_with_json(line: bytes) -> None:
    message = read(line)

    if isinstance(message, Request):
        answer = b"".join(jsonrpc.result_line(message.id, b"{}"))
    elif isinstance(message, Malformed):
        answer = jsonrpc.error_line(message.id, message.code, message.message)
    else:
        return
    decoded = msgspec.json.decode(answer)
    assert decoded["jsonrpc"] == "2.0"
    assert isinstance(decoded["id"], str | int | None)
    assert not isinstance(decoded["id"], bool)


@given(ids, methods, json_objects, st.data())
def test_a_request_keeps_its_parts(
    message_id: str | int, method: str, params: dict[str, Any], data: st.DataObject
) -> None:
    line = data.draw(
        spellings({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params})
    )

    message = read(line)

    assert isinstance(message, Request)
    assert jsonrpc.id_value(message.id) == message_id
    assert message.id in line
    assert message.method == method
    assert msgspec.json.decode(message.params) == msgspec.json.decode(msgspec.json.encode(params))


@given(ids, json_values, st.data())
def test_a_result_comes_back_as_it_was_sent(
    message_id: str | int, result: object, data: st.DataObject
) -> None:
    encoded = data.draw(spellings(result))

    line = b"".join(jsonrpc.result_line(data.draw(spellings(message_id)), encoded))

    assert msgspec.json.decode(line) == {
        "jsonrpc": "2.0",
        "id": message_id,
        "result": msgspec.json.decode(encoded),
    }


@given(ids, st.integers(-(2**31), 2**31), texts, st.none() | json_values)
def test_an_error_comes_back_as_it_was_sent(
    message_id: str | int, code: int, text: str, data: object
) -> None:
    line = jsonrpc.error_line(msgspec.json.encode(message_id), code, text, data)

    error = {"code": code, "message": text} | ({} if data is None else {"data": data})
    decoded = msgspec.json.decode(line)
    assert decoded == msgspec.json.decode(
        msgspec.json.encode({"jsonrpc": "2.0", "id": message_id, "error": error})
    )


@given(ids, json_values, texts)
def test_what_we_answer_is_never_answered(message_id: str | int, result: object, text: str) -> None:
    """Two servers that answer each other would never stop."""
    raw = msgspec.json.encode(message_id)

    assert read(b"".join(jsonrpc.result_line(raw, msgspec.json.encode(result)))) == Response()
    assert read(jsonrpc.error_line(raw, INVALID_REQUEST, text)) == Response()
    assert read(jsonrpc.error_line(jsonrpc.NULL_ID, PARSE_ERROR, text)) == Response()


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":2,"id":1,"result":{}}',
        b'{"jsonrpc":2.0,"id":1,"error":{"code":1}}',
        b'{"jsonrpc":"2.0","id":1,"method":null,"result":{}}',
        b'{"id":null,"error":1}',
    ],
)
def test_what_looks_like_a_response_is_never_answered_even_if_it_is_malformed(line: bytes) -> None:
    assert read(line) == Response()


@pytest.mark.parametrize(
    "message_id",
    [b"0", b"-1", b'"7"', b'""', b'"\\u0041"', b'"a\\"b"', b'"\\/"', b'"\xc3\xa9"', b"9" * 40],
)
def test_an_id_goes_back_letter_by_letter(message_id: bytes) -> None:
    message = read(b'{"jsonrpc":"2.0", "id": %b , "method":"ping"}' % message_id)

    assert isinstance(message, Request)
    assert message.id == message_id


def test_two_spellings_of_one_string_are_one_id() -> None:
    assert jsonrpc.id_value(b'"\\u0041"') == jsonrpc.id_value(b'"A"') == "A"


def test_a_message_without_an_id_is_a_notification() -> None:
    message = read(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')

    assert isinstance(message, Notification)
    assert message.method == "notifications/initialized"
    assert bytes(message.params) == b"{}"


@pytest.mark.parametrize(
    ("line", "code", "what", "message_id"),
    [
        (b"nope", PARSE_ERROR, "not JSON", b"null"),
        (b'{"jsonrpc":"2.0","id":1', PARSE_ERROR, "not JSON", b"null"),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping"} x', PARSE_ERROR, "not JSON", b"null"),
        (b'{"jsonrpc":"2.0","id":1,"method":"p\xff"}', PARSE_ERROR, "not UTF-8", b"null"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, PARSE_ERROR, "nested too deeply", b"null"),
        (b"3", INVALID_REQUEST, "must be an object", b"null"),
        (b"[]", INVALID_REQUEST, "must be an object", b"null"),
        (b"null", INVALID_REQUEST, "must be an object", b"null"),
        (b"{}", INVALID_REQUEST, "method is missing", b"null"),
        (b'{"jsonrpc":"2.0","id":5}', INVALID_REQUEST, "method is missing", b"5"),
        (b'{"jsonrpc":"2.0","id":[],"method":""}', INVALID_REQUEST, "method is missing", b"null"),
        (b'{"jsonrpc":"2.0","id":"a","method":7}', INVALID_REQUEST, "must be strings", b'"a"'),
        (b'{"jsonrpc":2,"id":7,"method":"m"}', INVALID_REQUEST, "must be strings", b"7"),
        (b'{"jsonrpc":2,"id":true,"method":"m"}', INVALID_REQUEST, "must be strings", b"null"),
        (request(jsonrpc="1.0"), INVALID_REQUEST, 'jsonrpc must be "2.0"', b"1"),
        (b'{"id":3,"method":"m"}', INVALID_REQUEST, 'jsonrpc must be "2.0"', b"3"),
        (b'{"method":"m"}', INVALID_REQUEST, 'jsonrpc must be "2.0"', b"null"),
        (request(id=None), INVALID_REQUEST, "id must be a string or an integer", b"null"),
        (request(id=1.5), INVALID_REQUEST, "id must be a string or an integer", b"null"),
        (request(id=True), INVALID_REQUEST, "id must be a string or an integer", b"null"),
        (request(id=[1]), INVALID_REQUEST, "id must be a string or an integer", b"null"),
        (request(id={}), INVALID_REQUEST, "id must be a string or an integer", b"null"),
        (b'{"jsonrpc":"2.0","id":1e3,"method":"m"}', INVALID_REQUEST, "id must be", b"null"),
        (
            b'{"jsonrpc":"2.0","id":%b,"method":"m"}' % (b"1" * 5000),
            INVALID_REQUEST,
            "id must",
            b"null",
        ),
        (b'{"jsonrpc":"2.0","id":"\xff","method":"m"}', INVALID_REQUEST, "id must be", b"null"),
        (request(params=None), INVALID_REQUEST, "params must be an object", b"1"),
        (request(params=[1]), INVALID_REQUEST, "params must be an object", b"1"),
        (request(params="a"), INVALID_REQUEST, "params must be an object", b"1"),
    ],
)
def test_a_malformed_line_is_told_what_is_wrong_with_it(
    line: bytes, code: int, what: str, message_id: bytes
) -> None:
    message = read(line)

    assert isinstance(message, Malformed)
    assert (message.code, message.id) == (code, message_id)
    assert what in message.message


def test_a_long_id_costs_no_more_than_its_length() -> None:
    """It takes 3 ms; matched letter by letter it took 3 s and 1.7 GB at the limit of a line."""
    line = b'{"jsonrpc":"2.0","id":"%b","method":"ping"}' % (b"a" * 4_000_000)
    tracemalloc.start()
    start = time.perf_counter()

    message = read(line)

    elapsed, (_, peak) = time.perf_counter() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(message, Request)
    assert elapsed < 0.3
    assert peak < 5 * len(line)


def test_a_batch_is_split_into_its_messages() -> None:
    assert jsonrpc.read_batch(b'[{"a":1}, 2 ,"x"]') == [
        msgspec.Raw(raw) for raw in (b'{"a":1}', b"2", b'"x"')
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"[]", INVALID_REQUEST),
        (b"[1", PARSE_ERROR),
        (b"[1]x", PARSE_ERROR),
        (b"[" * 9999, PARSE_ERROR),
    ],
)
def test_a_batch_that_is_none_is_malformed(line: bytes, code: int) -> None:
    batch = jsonrpc.read_batch(line)

    assert isinstance(batch, Malformed)
    assert batch.code == code


@given(damaged(st.lists(envelopes(), max_size=3).map(lambda e: b"[%b]" % b",".join(e))))
def test_no_batch_is_too_strange_to_be_read(line: bytes) -> None:
    batch = jsonrpc.read_batch(line)

    assert isinstance(batch, Malformed) or [read(message) for message in batch]


@pytest.mark.parametrize("line", [b"\xef\xbb\xbf{}", b" {}\t", b"\xef\xbb\xbf {}\r", b"{}"])
def test_the_byte_order_mark_and_blanks_around_a_line_are_no_part_of_it(line: bytes) -> None:
    assert jsonrpc.clean(line) == b"{}"


@given(texts, json_objects)
def test_a_notification_comes_back_as_it_was_sent(method: str, params: dict[str, Any]) -> None:
    message = read(jsonrpc.notification_line(method or "m", params))

    assert isinstance(message, Notification)
    assert message.method == (method or "m")
    assert msgspec.json.decode(message.params) == msgspec.json.decode(msgspec.json.encode(params))
