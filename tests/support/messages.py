"""What a client says, as JSON values: bare as in the handshake era, or with the modern envelope."""

from typing import Any

Message = dict[str, Any]

MODERN = "2026-07-28"
HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
ALL_VERSIONS = (*HANDSHAKE_VERSIONS, MODERN)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
UNSUPPORTED_VERSION = -32022
RESOURCE_NOT_FOUND_LEGACY = -32002

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SUBSCRIPTION_KEY = "io.modelcontextprotocol/subscriptionId"
LOG_LEVEL_KEY = "io.modelcontextprotocol/logLevel"


def request(message_id: object, method: str, params: Message | None = None) -> Message:
    """Return a request without an envelope."""
    message: Message = {"jsonrpc": "2.0", "id": message_id, "method": method}
    return message if params is None else {**message, "params": params}


def modern(
    message_id: object, method: str, params: Message | None = None, meta: Message | None = None
) -> Message:
    """Return a request that declares the modern version; *meta* adds to its envelope."""
    envelope: Message = {VERSION_KEY: MODERN, CAPABILITIES_KEY: {}, **(meta or {})}
    return request(message_id, method, {**(params or {}), "_meta": envelope})


def notification(method: str, params: Message | None = None) -> Message:
    """Return a notification."""
    message: Message = {"jsonrpc": "2.0", "method": method}
    return message if params is None else {**message, "params": params}


def cancelled(message_id: object) -> Message:
    """Return the notice that nobody waits for *message_id* any more."""
    return notification("notifications/cancelled", {"requestId": message_id, "reason": "test"})


def initialize(version: str = HANDSHAKE_VERSIONS[-1], message_id: object = 0) -> Message:
    """Return the first message of the handshake."""
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
    return request(message_id, "initialize", params)


def tool_params(tool: str, arguments: object) -> Message:
    """Return the parameters of a tool call."""
    return {"name": tool, "arguments": arguments}


def parse_call(message_id: object, **arguments: object) -> Message:
    """Return a modern call of `code_parse`."""
    return modern(message_id, "tools/call", tool_params("code_parse", arguments))


def snippet_call(message_id: object, code: str, language: str = "python") -> Message:
    """Return a modern call of `code_parse` on a snippet."""
    return parse_call(message_id, code=code, language=language)
