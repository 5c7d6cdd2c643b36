"""The parameters of a method are decoded, or refused in a message that names the field."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.jsonrpc import INVALID_PARAMS, RpcError
from protocol.mcp.params import (
    CallParams,
    CancelledParams,
    CompleteParams,
    GetPromptParams,
    InitializeParams,
    ListenParams,
    ListParams,
    Params,
    ReadResourceParams,
    SetLevelParams,
    decode_params,
)
from support.strategies import damaged, json_objects, spellings

KINDS: list[type[Params]] = [
    CallParams,
    CancelledParams,
    CompleteParams,
    GetPromptParams,
    InitializeParams,
    ListenParams,
    ListParams,
    ReadResourceParams,
    SetLevelParams,
]

MEMBERS = ["_meta", "name", "arguments", "cursor", "uri", "level", "ref", "argument", "requestId"]
params_objects = st.dictionaries(st.sampled_from(MEMBERS), json_objects | st.text() | st.integers())


lines = params_objects.flatmap(spellings)


def outcome(line: bytes, kind: type[Params]) -> Params | RpcError:
    try:
        return decode_params(msgspec.Raw(line), kind)
    except RpcError as error:
        return error


@given(st.sampled_from(KINDS), lines | damaged(lines))
def test_parameters_are_decoded_or_refused(kind: type[Params], line: bytes) -> None:
    found = outcome(line, kind)

    if isinstance(found, RpcError):
        assert found.code == INVALID_PARAMS
        assert found.message.startswith("params")
    else:
        assert isinstance(found, kind)


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        (CallParams, b"{}", "params: Object missing required field `name`"),
        (CallParams, b'{"name":3}', "params.name: Expected `str`, got `int`"),
        (GetPromptParams, b'{"name":"a","arguments":{"b":1}}', "params.arguments[...]: Expected"),
        (ListParams, b'{"cursor":1}', "params.cursor: Expected `str | null`, got `int`"),
        (ListParams, b'{"_meta":{"progressToken":[]}}', "params._meta.progressToken: Expected"),
        (
            ListParams,
            b'{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}',
            "params._meta.io.modelcontextprotocol/protocolVersion: Expected",
        ),
        (ReadResourceParams, b'{"uri":"\xff"}', "params: 'utf-8' codec can't decode"),
    ],
)
def test_a_refusal_names_the_field(kind: type[Params], params: bytes, message: str) -> None:
    with pytest.raises(RpcError) as refusal:
        decode_params(msgspec.Raw(params), kind)

    assert refusal.value.message.startswith(message)


def test_parameters_that_are_nested_too_deeply_are_refused() -> None:
    """How deep is too deep differs between versions of Python: a thousand levels, or ten."""
    nested = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

    with pytest.raises(RpcError, match="params: nested too deeply"):
        decode_params(msgspec.Raw(b'{"_meta":%b}' % nested), ListParams)


def test_what_a_later_version_adds_is_ignored() -> None:
    params = decode_params(msgspec.Raw(b'{"cursor":"3","_meta":{"new":1},"newer":2}'), ListParams)

    assert params.cursor == "3"


def test_the_arguments_of_a_call_stay_as_they_were_sent() -> None:
    params = decode_params(msgspec.Raw(b'{"name":"a","arguments": {"x" : 1.00} }'), CallParams)

    assert bytes(params.arguments) == b'{"x" : 1.00}'
