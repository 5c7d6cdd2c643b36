"""The contract of `ollama_pull`: have a model downloaded."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_shapes import KIND, Name

STALL_S: Final = 600.0
"""A download that shows no progress for so long is given up."""


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_pull` takes."""

    model: Annotated[Name, Meta(description="A model of the library, such as qwen3:4b.")]
    host: Annotated[Name, Meta(description="Which host; the first one if left out.")] | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `ollama_pull` answers."""

    model: str
    host: str
    status: str
    bytes: Annotated[int, Meta(description="The size of the parts that were looked at.")]
    seconds: float


CONTRACT = Contract(
    name="ollama_pull",
    title="Download a model",
    description=(
        "Download a model to a host, with progress in bytes. Cancel the call to stop; what has come is kept "
        "and another pull goes on from there."
    ),
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=False, idempotent_hint=True, open_world_hint=True),
    kind=KIND,
    deadline_s=86_400.0,
    extension_s=STALL_S,
)
