"""The parameters of every method that we serve, each decoded once and straight into its Struct."""

import re
from typing import TypeVar

import msgspec

from protocol.jsonrpc import INVALID_PARAMS, RpcError
from protocol.mcp.versions import Meta

P = TypeVar("P", bound="Params")


class Params(msgspec.Struct, frozen=True, rename="camel"):
    """What every request may carry."""

    meta: Meta | None = msgspec.field(name="_meta", default=None)


class InitializeParams(Params, frozen=True, rename="camel", kw_only=True):
    """initialize"""

    protocol_version: str
    capabilities: dict[str, msgspec.Raw] = {}
    client_info: dict[str, msgspec.Raw] = {}


class ListParams(Params, frozen=True, rename="camel"):
    """tools/list, prompts/list, resources/list, resources/templates/list"""

    cursor: str | None = None


class CallParams(Params, frozen=True, kw_only=True):
    """tools/call"""

    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class GetPromptParams(Params, frozen=True, kw_only=True):
    """prompts/get"""

    name: str
    arguments: dict[str, str] = {}


class ReadResourceParams(Params, frozen=True, kw_only=True):
    """resources/read"""

    uri: str


class Reference(msgspec.Struct, frozen=True):
    """What is being completed: a prompt by name, or a resource template by uri."""

    type: str
    name: str | None = None
    uri: str | None = None


class Argument(msgspec.Struct, frozen=True):
    """The argument being completed and what is typed of it."""

    name: str
    value: str


class CompleteParams(Params, frozen=True, kw_only=True):
    """completion/complete"""

    ref: Reference
    argument: Argument


class SetLevelParams(Params, frozen=True, kw_only=True):
    """logging/setLevel"""

    level: str


class ListenParams(Params, frozen=True):
    """subscriptions/listen"""

    notifications: dict[str, msgspec.Raw] = {}


class CancelledParams(Params, frozen=True, rename="camel", kw_only=True):
    """notifications/cancelled"""

    request_id: str | int
    reason: str | None = None


_decoders: dict[type[Params], msgspec.json.Decoder[Params]] = {}
_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>[^`]*)`)?$", re.DOTALL)


def decode_params(params: msgspec.Raw, kind: type[P]) -> P:
    """Decode a request's parameters.

    Raises:
        RpcError: they are not what the method takes; the message names the field.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(params)  # type: ignore[return-value]  # the table pairs them
    except msgspec.ValidationError as error:
        match = _WHERE.match(str(error))
        where, what = (match["where"], match["what"]) if match else (None, str(error))
        prefix = f"params.{where}: " if where else "params: "
        raise RpcError(INVALID_PARAMS, prefix + what) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RpcError(INVALID_PARAMS, f"params: {error}") from error
    except RecursionError:
        raise RpcError(INVALID_PARAMS, "params: nested too deeply") from None
