"""What is answered before the imports is answered as a connection answers it, and nothing else is."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.frontends.mcp import early
from coordinator.frontends.mcp.greeting import CAPABILITIES, INSTRUCTIONS, SERVER_INFO
from support.fakes_client import FakeClient
from support.fakes_runs import Rig
from support.fakes_time import fake_time
from support.messages import HANDSHAKE_VERSIONS, MODERN, Message, initialize, modern

USUAL = initialize()
PARAMS: Message = USUAL["params"]

ids = st.integers() | st.text() | st.none() | st.booleans() | st.floats(allow_nan=False)
objects = st.dictionaries(
    st.text(max_size=3),
    st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists),
    max_size=3,
)
params = st.fixed_dictionaries(
    {"protocolVersion": st.sampled_from([*HANDSHAKE_VERSIONS, MODERN, "", 1, None])},
    optional={
        "capabilities": objects | st.none(),
        "clientInfo": objects | st.integers(),
        "_meta": objects,
        "more": objects,
    },
)
messages = st.fixed_dictionaries(
    {
        "jsonrpc": st.sampled_from(["2.0", "2.0", "2.0", "1.0", 2]),
        "method": st.sampled_from(["initialize", "initialize", "ping"]),
        "params": params | st.none(),
    },
    optional={"id": ids, "result": st.integers()},
)
spaces = st.sampled_from(["", " ", "\t", "\r", "\x0b", "\ufeff"])


def normal_answer(line: bytes) -> bytes:
    """Return what a connection answers to its first line."""
    with fake_time() as loop:
        client = FakeClient(Rig(loop))
        client.say_raw(line)
        (answer,) = client.lines
        return answer


def require_the_same(line: bytes) -> None:
    answer = early.answer(line)

    assert answer is None or answer == normal_answer(line)


@given(messages, st.randoms(use_true_random=False), spaces, spaces)
def test_what_is_answered_early_is_what_a_connection_answers(
    message: Message, random: Random, before: str, after: str
) -> None:
    members = list(message.items())
    random.shuffle(members)

    require_the_same(before.encode() + msgspec.json.encode(dict(members)) + after.encode())


@given(st.data())
def test_so_is_a_line_that_is_spoilt_anywhere(data: st.DataObject) -> None:
    line = msgspec.json.encode(initialize(message_id=data.draw(ids.filter(bool))))
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, min(start + 3, len(line))))
    put_in = data.draw(st.sampled_from([b"", b'"', b"{", b"}", b",", b"0", b"-", b"\xff", b"[["]))

    require_the_same(line[:start] + put_in + line[end:])


@pytest.mark.parametrize("version", [*HANDSHAKE_VERSIONS, MODERN, "unheard of"])
@pytest.mark.parametrize("message_id", [0, 1, -7, 10**14, "", "a", "größe 😀", "0"])
def test_a_plain_handshake_is_answered_early(version: str, message_id: object) -> None:
    line = msgspec.json.encode(initialize(version, message_id))

    assert early.answer(line) == normal_answer(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"jsonrpc":"2.0"',
        msgspec.json.encode([USUAL]),
        msgspec.json.encode({**USUAL, "id": 1.0}),
        msgspec.json.encode({**USUAL, "id": True}),
        msgspec.json.encode({**USUAL, "id": None}),
        msgspec.json.encode({**USUAL, "id": 10**15}),
        msgspec.json.encode({**USUAL, "id": "\\"}),
        msgspec.json.encode({**USUAL, "more": 1}),
        msgspec.json.encode({**USUAL, "method": "ping"}),
        msgspec.json.encode({**USUAL, "params": {**PARAMS, "_meta": {}}}),
        msgspec.json.encode({**USUAL, "params": {**PARAMS, "capabilities": None}}),
        msgspec.json.encode({**USUAL, "params": {**PARAMS, "clientInfo": [1]}}),
        msgspec.json.encode({**USUAL, "params": {**PARAMS, "x": "x" * 4096}}),
        msgspec.json.encode({key: value for key, value in USUAL.items() if key != "id"}),
        msgspec.json.encode(modern(1, "initialize", PARAMS)),
        msgspec.json.encode(USUAL) + b"{}",
        msgspec.json.encode(USUAL).replace(b'"id":0', b'"id":-0'),
        msgspec.json.encode(USUAL).replace(b'"id":0', b'"id":0,"id":1'),
        msgspec.json.encode(USUAL).replace(b'"id":0', b'"id":NaN'),
        msgspec.json.encode(USUAL).replace(b"{}", b'{"x":NaN}'),
        msgspec.json.encode(USUAL).replace(b'"id"', b'"\\u0069d"'),
        msgspec.json.encode(USUAL).replace(b"{}", b'{"x":' + b"[" * 200 + b"]" * 200 + b"}"),
    ],
)
def test_whatever_is_unusual_is_left_to_the_connection(line: bytes) -> None:
    assert early.answer(line) is None


def test_without_the_scanner_nothing_is_answered_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "make_scanner", None)

    assert early.answer(msgspec.json.encode(USUAL)) is None


@pytest.mark.parametrize("text", [SERVER_INFO, CAPABILITIES, INSTRUCTIONS])
def test_what_is_said_in_json_is_json_without_blanks(text: bytes) -> None:
    assert msgspec.json.encode(msgspec.json.decode(text)) == text
