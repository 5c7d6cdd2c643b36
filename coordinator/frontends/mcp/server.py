"""What every connection shares: who the server is, what it offers, and what each method answers.

One vocabulary of methods serves both eras; an era only decides which of them exist and how a result looks.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from coordinator.call import Calls
from coordinator.frontends.mcp.completion import complete
from coordinator.frontends.mcp.greeting import CAPABILITIES, INSTRUCTIONS, SERVER_INFO, greet
from coordinator.frontends.mcp.pages import page, page_by_name
from coordinator.frontends.mcp.prompts import PROMPTS, get_prompt
from coordinator.frontends.mcp.resources import Library
from coordinator.frontends.mcp.tool_list import ToolList, ToolNews
from protocol.mcp.params import (
    CompleteParams,
    GetPromptParams,
    InitializeParams,
    ListParams,
    Params,
    ReadResourceParams,
)
from protocol.mcp.shape import Freshness, Shaper, body_of
from protocol.mcp.versions import MODERN_VERSIONS, Speaker

_LISTS = Freshness(ttl_ms=300_000, scope="public")
"""Most lists change only with the program."""

_TOOLS = Freshness(ttl_ms=5_000, scope="public")
"""The list of tools, where third parties' workers come and go."""

_LIVE = Freshness(ttl_ms=0)


class McpServer:
    """Answers everything but `tools/call` and what belongs to one connection."""

    def __init__(self, calls: Calls, library: Library, page_size: int) -> None:
        self.calls = calls
        self.shaper = Shaper(msgspec.Raw(SERVER_INFO))
        self._library = library
        self._page_size = page_size
        self._tools = ToolList(calls.tools)
        self.news = ToolNews(calls.tools)

    def initialize(self, params: InitializeParams) -> tuple[str, bytes]:
        """Return the negotiated version and the result of the handshake."""
        return greet(params.protocol_version)

    def discover(self, speaker: Speaker, params: Params) -> bytes:
        """server/discover"""
        del params
        result: dict[str, object] = {
            "supportedVersions": MODERN_VERSIONS,
            "capabilities": msgspec.Raw(CAPABILITIES),
            "instructions": msgspec.Raw(INSTRUCTIONS),
        }
        return self.shaper.cacheable(speaker, body_of(result), _LISTS)

    def list_tools(self, speaker: Speaker, params: ListParams) -> bytes:
        """tools/list"""
        tools = self._tools.entries(with_output=speaker.has_structured_content())
        body = body_of(page_by_name("tools", tools, params.cursor, self._page_size))
        freshness = _TOOLS if self._tools.may_change else _LISTS
        return self.shaper.cacheable(speaker, body, freshness)

    def list_prompts(self, speaker: Speaker, params: ListParams) -> bytes:
        """prompts/list"""
        return self._list(speaker, params, "prompts", list(PROMPTS))

    def list_resources(self, speaker: Speaker, params: ListParams) -> bytes:
        """resources/list"""
        return self._list(speaker, params, "resources", list(self._library.resources()))

    def list_templates(self, speaker: Speaker, params: ListParams) -> bytes:
        """resources/templates/list"""
        return self._list(speaker, params, "resourceTemplates", list(self._library.templates()))

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
