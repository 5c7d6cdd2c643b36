"""What every connection shares: who the server is, what it offers, and what each method answers.

One vocabulary of methods serves both eras; an era only decides which of them exist and how a result looks.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from coordinator.call import Calls
from coordinator.frontends.mcp.completion import complete
from coordinator.frontends.mcp.pages import page
from coordinator.frontends.mcp.prompts import PROMPTS, get_prompt
from coordinator.frontends.mcp.resources import Library
from protocol.mcp.params import (
    CompleteParams,
    GetPromptParams,
    InitializeParams,
    ListParams,
    Params,
    ReadResourceParams,
)
from protocol.mcp.schema import input_schema, output_schema
from protocol.mcp.shape import Freshness, Shaper, body_of
from protocol.mcp.versions import MODERN_VERSIONS, Speaker, negotiate
from protocol.tools.contract import Annotations, Contract

INSTRUCTIONS = (
    "Toolcrew runs code tools in supervised worker processes. code_parse reads files, folders or snippets "
    "and returns symbols, imports, syntax errors and counts; prefer paths over pasting code, begin with "
    "detail=summary on large folders, and read on with cursor. Repeated questions are answered from a cache."
)

_LISTS = Freshness(ttl_ms=300_000, scope="public")
"""Lists change only with the program."""

_LIVE = Freshness(ttl_ms=0)


_CAPABILITIES: dict[str, dict[str, bool]] = {
    "tools": {"listChanged": False},
    "prompts": {"listChanged": False},
    "resources": {"subscribe": False, "listChanged": False},
    "completions": {},
    "logging": {},
}


class _Tool(msgspec.Struct, frozen=True, rename="camel"):
    """What `tools/list` says of one tool."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | UnsetType
    annotations: Annotations


class ServerInfo(msgspec.Struct, frozen=True):
    """Who we are."""

    name: str
    title: str
    version: str


class McpServer:
    """Answers everything but `tools/call` and what belongs to one connection."""

    def __init__(self, info: ServerInfo, calls: Calls, library: Library, page_size: int) -> None:
        self.calls = calls
        self.shaper = Shaper(info)
        self._info = info
        self._library = library
        self._page_size = page_size
        self._tools = [_tool(contract) for contract in calls.contracts.values()]
        self._plain_tools = [replace(tool, output_schema=UNSET) for tool in self._tools]

    def initialize(self, params: InitializeParams) -> tuple[str, bytes]:
        """Return the negotiated version and the result of the handshake."""
        version = negotiate(params.protocol_version)
        result: dict[str, object] = {
            "protocolVersion": version,
            "capabilities": _CAPABILITIES,
            "serverInfo": self._info,
            "instructions": INSTRUCTIONS,
        }
        return version, msgspec.json.encode(result)

    def discover(self, speaker: Speaker, params: Params) -> bytes:
        """server/discover"""
        del params
        result: dict[str, object] = {
            "supportedVersions": MODERN_VERSIONS,
            "capabilities": _CAPABILITIES,
            "instructions": INSTRUCTIONS,
        }
        return self.shaper.cacheable(speaker, body_of(result), _LISTS)

    def list_tools(self, speaker: Speaker, params: ListParams) -> bytes:
        """tools/list"""
        tools = self._tools if speaker.has_structured_content() else self._plain_tools
        return self._list(speaker, params, "tools", tools)

    def list_prompts(self, speaker: Speaker, params: ListParams) -> bytes:
        """prompts/list"""
        return self._list(speaker, params, "prompts", list(PROMPTS))

    def list_resources(self, speaker: Speaker, params: ListParams) -> bytes:
        """resources/list"""
        return self._list(speaker, params, "resources", list(self._library.resources()))

    def list_templates(self, speaker: Speaker, params: ListParams) -> bytes:
        """resources/templates/list"""
        return self._list(speaker, params, "resourceTemplates", [])

    def read_resource(self, speaker: Speaker, params: ReadResourceParams) -> bytes:
        """resources/read"""
        return self.shaper.cacheable(
            speaker, body_of(self._library.read(speaker, params.uri)), _LIVE
        )

    def get_prompt(self, speaker: Speaker, params: GetPromptParams) -> bytes:
        """prompts/get"""
        return self.shaper.result(speaker, body_of(get_prompt(params.name, params.arguments)))

    def complete(self, speaker: Speaker, params: CompleteParams) -> bytes:
        """completion/complete"""
        return self.shaper.result(speaker, body_of(complete(params)))

    def _list(self, speaker: Speaker, params: ListParams, name: str, entries: list[Any]) -> bytes:
        body = body_of(page(name, entries, params.cursor, self._page_size))
        return self.shaper.cacheable(speaker, body, _LISTS)


class Method(msgspec.Struct, frozen=True):
    """One method: what it takes, who answers it, and in which eras it exists."""

    params: type[Params]
    answer: Callable[[McpServer, Speaker, Any], bytes]
    is_legacy: bool = True
    is_modern: bool = True


METHODS: Mapping[str, Method] = {
    "server/discover": Method(Params, McpServer.discover, is_legacy=False),
    "tools/list": Method(ListParams, McpServer.list_tools),
    "prompts/list": Method(ListParams, McpServer.list_prompts),
    "prompts/get": Method(GetPromptParams, McpServer.get_prompt),
    "resources/list": Method(ListParams, McpServer.list_resources),
    "resources/templates/list": Method(ListParams, McpServer.list_templates),
    "resources/read": Method(ReadResourceParams, McpServer.read_resource),
    "completion/complete": Method(CompleteParams, McpServer.complete),
}
"""The methods that any connection answers alike; `connection.py` has those with a state."""


def _tool(contract: Contract) -> _Tool:
    return _Tool(
        name=contract.name,
        title=contract.title,
        description=contract.description,
        input_schema=input_schema(contract.arguments),
        output_schema=output_schema(contract.result),
        annotations=contract.annotations,
    )
