"""The JSON-RPC 2.0 envelope: one line becomes a request, a notification, or the reason why it is neither.

Rule 1: `params` and `id` stay raw: the id goes back verbatim, params are decoded once, by whom they concern.
Rule 2: what looks like a response is never answered: two servers answering each other never stop.
"""

import re
from typing import Final, cast

import msgspec

from protocol.errors import sentence

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603

NULL_ID: Final = b"null"

_MOST_DIGITS = 300
_INTEGER = re.compile(rb"-?\d{1,%d}" % _MOST_DIGITS)
_BOM = b"\xef\xbb\xbf"


class Request(msgspec.Struct, frozen=True):
    """A message that wants an answer."""

    id: bytes
    method: str
    params: msgspec.Raw


class Notification(msgspec.Struct, frozen=True):
    """A message that wants none."""

    method: str
    params: msgspec.Raw


class Response(msgspec.Struct, frozen=True):
    """An answer to something that we never asked."""


class Malformed(msgspec.Struct, frozen=True):
    """A line that gets an error as its answer; *id* is what could be read of it."""

    code: int
    message: str
    id: bytes = NULL_ID


class RpcError(Exception):
    """A request gets a protocol error as its answer."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


Message = Request | Notification | Response | Malformed

_NO_PARAMS = msgspec.Raw(b"{}")


class _Envelope(msgspec.Struct):
    jsonrpc: str = ""
    id: msgspec.Raw = msgspec.Raw()
    method: str = ""
    params: msgspec.Raw = _NO_PARAMS
    result: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode


def read(line: bytes | msgspec.Raw) -> Message:
    """Decode one JSON-RPC message that is not a batch."""
    try:
        envelope = _decode_envelope(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _diagnose(bytes(line))
    if not envelope.method:
        return _without_method(envelope)
    message_id = bytes(envelope.id)
    if fault := _fault(envelope, message_id):
        return fault
    if message_id:
        return Request(message_id, envelope.method, envelope.params)
    return Notification(envelope.method, envelope.params)


def is_id(raw: bytes) -> bool:
    """Tell whether the JSON value *raw* is a string or an integer that we may send back as it is."""
    if raw.isdigit():  # nearly always; the expression takes five times as long
        return len(raw) <= _MOST_DIGITS
    if not raw.startswith(b'"'):
        return _INTEGER.fullmatch(raw) is not None
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fault(envelope: _Envelope, message_id: bytes) -> Malformed | None:
    if message_id and not is_id(message_id):
        return Malformed(INVALID_REQUEST, "id must be a string or an integer")
    if envelope.jsonrpc != "2.0":
        return Malformed(INVALID_REQUEST, 'jsonrpc must be "2.0"', message_id or NULL_ID)
    if not bytes(envelope.params).startswith(b"{"):
        return Malformed(INVALID_REQUEST, "params must be an object", message_id or NULL_ID)
    return None


def read_batch(line: bytes) -> list[msgspec.Raw] | Malformed:
    """Split a batch into its messages."""
    try:
        messages = _decode_batch(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Malformed(PARSE_ERROR, f"not JSON: {error}")
    return messages or Malformed(INVALID_REQUEST, "a batch must not be empty")


def clean(line: bytes) -> bytes:
    """Return *line* without the byte order mark that some clients begin with, and without blanks around."""
    return line.removeprefix(_BOM).strip()


def result_line(
    message_id: bytes, result: bytes, body: bytes = b"", end: bytes = b""
) -> tuple[bytes, bytes, bytes]:
    """Return the response that carries the encoded *result*; no newline at the end.

    Both are whole, or in three pieces, so that a large *body* is not copied.
    """
    return b'{"jsonrpc":"2.0","id":%b,"result":%b' % (message_id, result), body, end + b"}"


def error_line(message_id: bytes, code: int, message: str, data: object = None) -> bytes:
    """Return the response that carries an error; no newline at the end."""
    error: dict[str, object] = {"code": code, "message": sentence(message)}
    if data is not None:
        error["data"] = data
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (message_id, encode(error))


def notification_line(method: str, params: object = None) -> bytes:
    """Return a notification; no newline at the end."""
    members = {"jsonrpc": "2.0", "method": method}
    return encode(members if params is None else {**members, "params": params})


def id_value(message_id: bytes) -> str | int:
    """Return the id as a value, because one string can be spelt in many ways."""
    value: str | int = _decode_any(message_id)
    return value


def _without_method(envelope: _Envelope) -> Message:
    if envelope.result or envelope.error:
        return Response()
    message_id = bytes(envelope.id)
    readable = message_id if is_id(message_id) else NULL_ID
    return Malformed(INVALID_REQUEST, "not a request: method is missing", readable)


def _diagnose(line: bytes) -> Malformed | Response:
    """Tell JSON of the wrong shape from what is no JSON at all."""
    try:
        value: object = _decode_any(line)
    except RecursionError:
        return Malformed(PARSE_ERROR, "nested too deeply")
    except UnicodeDecodeError:
        return Malformed(PARSE_ERROR, "not UTF-8")
    except msgspec.MsgspecError as error:
        return Malformed(PARSE_ERROR, f"not JSON: {error}")
    if not isinstance(value, dict):
        return Malformed(INVALID_REQUEST, "a message must be an object")
    members = cast("dict[str, object]", value)
    if not members.get("method") and ("result" in members or "error" in members):
        return Response()
    readable = members.get("id")
    is_id = isinstance(readable, str | int) and not isinstance(readable, bool)
    message_id = encode(readable) if is_id else NULL_ID
    return Malformed(INVALID_REQUEST, "jsonrpc and method must be strings", message_id)
