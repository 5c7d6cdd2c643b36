"""What the tools for models share: how a model is told to sample, what is said to it, what it took."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

KIND = "ollama"

TaskType = Literal["classification", "extraction", "code", "reasoning", "file_mod", "auto"]
Think = bool | Literal["low", "medium", "high", "max"]
Format = Literal["json"] | dict[str, Any]

Name = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=8_000_000)]
Image = Annotated[str, Meta(max_length=28_000_000)]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the model samples; what is left out is up to the model."""

    temperature: Annotated[float, Meta(ge=0, le=100)] | None = None
    num_predict: (
        Annotated[int, Meta(ge=-2, le=10_000_000, description="The most tokens of a reply.")] | None
    ) = None
    num_ctx: (
        Annotated[int, Meta(ge=1, le=100_000_000, description="Tokens of context; loads anew.")]
        | None
    ) = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Annotated[list[str], Meta(max_length=64)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One turn of a conversation; images are base64."""

    role: Literal["system", "user", "assistant"]
    content: Text
    images: Annotated[list[Image], Meta(max_length=64)] | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One model that was tried."""

    model: str
    host: str
    outcome: Annotated[
        Literal["answered", "empty", "refusal", "invalid", "failed"],
        Meta(description="invalid: not of the format that was asked for, also when asked again."),
    ]
    requests: Annotated[int, Meta(description="Sent to hosts, repeated ones included.")]
    seconds: float
    message: str = ""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the reply took, as its server says; null where it does not."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_per_s: float | None = None
    completion_tokens_per_s: float | None = None
    load_s: float | None = None
    prompt_s: float | None = None
    eval_s: float | None = None
    total_s: float = 0.0
