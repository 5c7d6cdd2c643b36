"""The contract of `ollama_show`: all that a server knows of one model."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_shapes import KIND, Name


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_show` takes."""

    model: Annotated[Name, Meta(description="An installed model.")]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `ollama_show` answers; *facts* is in the server's own words, long texts cut."""

    model: str
    host: str
    context_length: int
    capabilities: list[str]
    facts: dict[str, Any]


CONTRACT = Contract(
    name="ollama_show",
    title="Show a model",
    description="What a server knows of one model: context length, capabilities, template, parameters.",
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
    kind=KIND,
)
