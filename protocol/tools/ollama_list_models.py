"""The contract of `ollama_list_models`: which models there are, and how the servers are."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_shapes import KIND


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_list_models` takes."""

    details: Annotated[
        bool, Meta(description="Ask for each model's context length and capabilities as well.")
    ] = True


class LoadedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model in a server's memory."""

    size_bytes: int
    vram_bytes: int
    context_length: int
    expires_at: str


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One model on one host; 0 and "" where the host does not say."""

    name: str
    host: str
    size_bytes: int = 0
    family: str = ""
    parameters: str = ""
    quantization: str = ""
    context_length: int = 0
    capabilities: list[str] = []
    modified_at: str = ""
    loaded: LoadedModel | None = None


class ModelServer(msgspec.Struct, frozen=True, kw_only=True):
    """One host and how it is."""

    name: str
    url: str
    api: str
    state: Annotated[
        Literal["up", "down"], Meta(description="down: it does not answer, or not as it should.")
    ]
    models: int
    slots: Annotated[int, Meta(description="Requests of one model that it gets at a time.")]
    running: int
    waiting: int
    error: str = ""


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What was used in the present period of the budget."""

    calls: int
    tokens: int
    money: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `ollama_list_models` answers."""

    status: Annotated[
        Literal["ok", "degraded", "unreachable"],
        Meta(description="degraded: some host does not answer; unreachable: none does."),
    ]
    hosts: list[ModelServer]
    models: list[Model]
    chains: Annotated[
        dict[str, list[str]], Meta(description="The models tried for each task_type, in order.")
    ]
    spent: Spent
    hint: str = ""


CONTRACT = Contract(
    name="ollama_list_models",
    title="List models",
    description=(
        "The installed models with size, family, context length, capabilities and whether they are loaded; "
        "how each model server is; and which models are tried for each task_type."
    ),
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
    kind=KIND,
)
