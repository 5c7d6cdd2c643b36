"""Whether a line of ours is what the protocol's own types allow in the version in which it was said."""

from typing import Any

from mcp_types import jsonrpc
from mcp_types.methods import (
    parse_server_notification,
    validate_client_request,
    validate_server_result,
)

from support.messages import Message


class Recording:
    """What was asked in one version, and the check of everything that comes back."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.checked: list[str] = []
        self._methods: dict[object, str] = {}

    def ask(self, message: Message) -> Message:
        """Remember a request, which must itself be a good one."""
        validate_client_request(message["method"], self.version, message.get("params"))
        self._methods[message["id"]] = message["method"]
        return message

    def check(self, line: Any) -> None:
        """Fail unless *line*, once decoded, is a message that this version knows."""
        if "method" in line:
            jsonrpc.JSONRPCNotification.model_validate(line)
            parse_server_notification(line["method"], self.version, line["params"])
            self.checked.append(line["method"])
        elif "error" in line:
            jsonrpc.JSONRPCError.model_validate(line)
            self.checked.append(f"error {line['error']['code']}")
        else:
            jsonrpc.JSONRPCResponse.model_validate(line)
            method = self._methods[line["id"]]
            validate_server_result(method, self.version, line["result"])
            self.checked.append(method)
