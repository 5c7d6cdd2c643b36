"""What `tools/list` says, made when the tools have changed, and the news that they have."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from coordinator.tool_registry import OfferedTool, Tool, ToolRegistry
from protocol.mcp.schema import input_schema, output_schema
from protocol.tools.contract import Annotations

_TOLD_AFTER_S = 0.05
"""What changes within so short a time is told once: kinds come up together, and one may come and go."""


class ListedTool(msgspec.Struct, frozen=True, rename="camel"):
    """What `tools/list` says of one tool."""

    name: str
    title: str | UnsetType
    description: str
    input_schema: dict[str, Any] | msgspec.Raw
    output_schema: dict[str, Any] | msgspec.Raw | UnsetType
    annotations: Annotations


class ToolList:
    """The tools as they are listed; *may_change*: some of them are third parties'."""

    def __init__(self, registry: ToolRegistry) -> None:
        self.may_change = False
        self._registry = registry
        self._entries: list[ListedTool] | None = None
        self._plain: list[ListedTool] = []
        registry.watch(self._forget)

    def entries(self, *, with_output: bool) -> list[ListedTool]:
        """Return all, in the order of their names, perhaps without the schemas of results."""
        if self._entries is None:
            self._entries = [_listed(tool) for tool in self._registry.listed()]
            self._plain = [replace(entry, output_schema=UNSET) for entry in self._entries]
        return self._entries if with_output else self._plain

    def _forget(self) -> None:
        self.may_change = True
        self._entries = None


class ToolNews:
    """Tells whoever listens that the tools have changed."""

    def __init__(self, registry: ToolRegistry) -> None:
        self._listeners: dict[Callable[[], None], None] = {}
        self._is_due = False
        registry.watch(self._changed)

    def join(self, listener: Callable[[], None]) -> None:
        """Tell *listener* from now on."""
        self._listeners[listener] = None

    def leave(self, listener: Callable[[], None]) -> None:
        """Tell it no more."""
        self._listeners.pop(listener, None)

    def _changed(self) -> None:
        if self._listeners and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(_TOLD_AFTER_S, self._tell)

    def _tell(self) -> None:
        self._is_due = False
        for listener in list(self._listeners):
            listener()


def _listed(tool: Tool) -> ListedTool:
    if isinstance(tool, OfferedTool):
        return ListedTool(
            name=tool.name,
            title=UNSET,
            description=tool.description,
            input_schema=tool.arguments.encoded,
            output_schema=UNSET if tool.result is None else tool.result.encoded,
            annotations=tool.annotations,
        )
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=input_schema(tool.arguments),
        output_schema=output_schema(tool.result),
        annotations=tool.annotations,
    )
