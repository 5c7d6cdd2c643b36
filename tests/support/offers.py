"""Tools as strangers offer them."""

from typing import Any

import msgspec
from msgspec import Raw

from coordinator.tool_registry import OfferedTool, ToolRegistry
from protocol.worker.messages import ToolOffer


def offer(name: str = "t", schema: object = None, output: object = None, **more: Any) -> ToolOffer:
    """Return an offer; without a *schema* any object will do."""
    arguments = {"type": "object"} if schema is None else schema
    encode = msgspec.json.encode
    return ToolOffer(
        name=name, input_schema=Raw(encode(arguments)), output_schema=Raw(encode(output)), **more
    )


def taken(an_offer: ToolOffer, kind: str = "k", deadline_s: float = 30.0) -> OfferedTool:
    """Return the tool that an offer becomes."""
    registry = ToolRegistry({})
    assert registry.offer(kind, [an_offer], deadline_s) == []
    tool = registry.find(an_offer.name)
    assert isinstance(tool, OfferedTool)
    return tool
