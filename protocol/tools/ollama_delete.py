"""The contract of `ollama_delete`: remove a model from a host's disk."""

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_shapes import KIND, Name


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_delete` takes."""

    model: Annotated[Name, Meta(description="An installed model.")]
    host: (
        Annotated[Name, Meta(description="Which host; needed if several have the model.")] | None
    ) = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `ollama_delete` answers."""

    model: str
    host: str
    deleted: bool


CONTRACT = Contract(
    name="ollama_delete",
    title="Delete a model",
    description="Remove an installed model from a host's disk. It can be pulled again.",
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
    ),
    kind=KIND,
)
