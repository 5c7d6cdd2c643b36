"""The streams that one client of the modern era has opened with `subscriptions/listen`.

Rule: a stream gets what it asked for and was granted, each message tagged with its id; of all that can be
asked for, only the list of tools ever changes.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from coordinator.frontends.mcp.tool_call import Reply
from protocol import jsonrpc
from protocol.jsonrpc import notification_line, result_line
from protocol.mcp.shape import Shaper
from protocol.mcp.versions import MODERN_SPEAKER

_ID = "io.modelcontextprotocol/subscriptionId"
_TOOLS = "toolsListChanged"

TOOLS_CHANGED = "notifications/tools/list_changed"


class _Stream(NamedTuple):
    message_id: bytes
    wants_tools: bool


class Subscriptions:
    """All open streams of one connection, by the value of the id of the request that opened them."""

    def __init__(self, send: Reply, shaper: Shaper) -> None:
        self._send = send
        self._shaper = shaper
        self._streams: dict[str | int, _Stream] = {}

    def __contains__(self, key: str | int) -> bool:
        return key in self._streams

    def __len__(self) -> int:
        return len(self._streams)

    def open(self, key: str | int, message_id: bytes, wanted: Mapping[str, msgspec.Raw]) -> None:
        """Open a stream and say what is granted of *wanted*. Clients open one on sight."""
        wants_tools = bytes(wanted.get(_TOOLS, b"")) == b"true"
        self._streams[key] = _Stream(message_id, wants_tools)
        granted = {_TOOLS: True} if wants_tools else {}
        acknowledged = {"_meta": {_ID: key}, "notifications": granted}
        self._send(notification_line("notifications/subscriptions/acknowledged", acknowledged))

    def drop(self, key: str | int) -> None:
        """The client has cancelled it, if there was such a stream: nothing more is said on it."""
        self._streams.pop(key, None)

    def tell_tools_changed(self) -> None:
        """Say so on every stream that was opened for it."""
        for key, stream in self._streams.items():
            if stream.wants_tools:
                self._send(notification_line(TOOLS_CHANGED, {"_meta": {_ID: key}}))

    def end(self) -> None:
        """End every stream as its client expects it."""
        streams, self._streams = self._streams, {}
        for key, stream in streams.items():
            meta = jsonrpc.encode({_ID: key})[1:-1]
            result = self._shaper.result(MODERN_SPEAKER, b"", meta)
            self._send(*result_line(stream.message_id, result))
