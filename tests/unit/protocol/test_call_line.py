"""A call that is read in one go is what it is when it is read part by part."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol import jsonrpc
from protocol.jsonrpc import Request, RpcError
from protocol.mcp.call_line import read_call
from protocol.mcp.params import CallParams, decode_params

IDS: list[Any] = [1, 0, -7, 12345678, "a", "", "é", None, 1.5, True, [], {}]
VERSIONS = ["2.0", "1.0", 2, None]
METHODS = ["tools/call", "tools/list", "", None, 3]
METAS: list[Any] = [
    {},
    None,
    {"progressToken": 1},
    {"io.modelcontextprotocol/protocolVersion": "2026-07-28"},
    {"io.modelcontextprotocol/protocolVersion": 7},
    3,
]

params = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["code_parse", "", 3]),
        "arguments": st.sampled_from([{}, {"code": 'a"b\n'}, None, [], "{}"]),
        "_meta": st.sampled_from(METAS),
        "more": st.just(1),
    },
)
messages = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.sampled_from(VERSIONS),
        "id": st.sampled_from(IDS),
        "method": st.sampled_from(METHODS),
        "params": params | st.sampled_from([None, [], 3]),
        "result": st.just(1),
    },
)


def read_by_parts(line: bytes) -> tuple[bytes, CallParams] | None:
    """Return the call as the general way reads it; None if it is no call, or a wrong one."""
    message = jsonrpc.read(line)
    if not isinstance(message, Request) or message.method != "tools/call":
        return None
    try:
        return message.id, decode_params(message.params, CallParams)
    except RpcError:
        return None


def read_at_once(line: bytes) -> tuple[bytes, CallParams] | None:
    call = read_call(line)
    return None if call is None else (bytes(call.id), call.params)


@given(messages)
@example({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "code_parse"}})
def test_both_ways_read_the_same(message: dict[str, Any]) -> None:
    line = msgspec.json.encode(message)

    assert read_at_once(line) == read_by_parts(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","id":01,"method":"tools/call","params":{"name":"t"}}',
        b'{"jsonrpc":"2.0","id":-0,"method":"tools/call","params":{"name":"t"}}',
        b'{"jsonrpc":"2.0","id":"\\u0041","method":"tools\\/call","params":{"name":"t"}}',
        b'{"jsonrpc":"2.0","id":%b,"method":"tools/call","params":{"name":"t"}}' % (b"9" * 300),
        b'{"jsonrpc":"2.0","id":%b,"method":"tools/call","params":{"name":"t"}}' % (b"9" * 301),
        b'{"jsonrpc":"2.0","id":"\xff","method":"tools/call","params":{"name":"t"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"a":"\xff"}}}',
        b'{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"t"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}} trailing',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":%b}' % (b"[" * 5_000),
        b"",
        b"[]",
    ],
)
def test_both_ways_read_strange_lines_alike(line: bytes) -> None:
    assert read_at_once(line) == read_by_parts(line)
