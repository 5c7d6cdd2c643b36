"""The contract of `ollama_embed`: texts in, vectors out."""

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_shapes import KIND, Name, Text


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_embed` takes."""

    input: Annotated[
        list[Text], Meta(min_length=1, max_length=2048, description="The texts, in order.")
    ]
    model: Annotated[Name, Meta(description="An installed embedding model.")]
    dimensions: (
        Annotated[int, Meta(ge=1, le=65_536, description="Shorter vectors, if the model can.")]
        | None
    ) = None
    truncate: (
        Annotated[
            bool, Meta(description="Cut what is too long for the model; else it is an error.")
        ]
        | None
    ) = None
    keep_alive: (
        Annotated[str | float, Meta(description="How long the model stays loaded.")] | None
    ) = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `ollama_embed` answers."""

    model: str
    host: str
    dimensions: int
    vectors: list[list[float]]
    prompt_tokens: int
    total_s: float


CONTRACT = Contract(
    name="ollama_embed",
    title="Embed texts",
    description="Turn texts into vectors with an embedding model; one vector for each text, in their order.",
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
    kind=KIND,
)
