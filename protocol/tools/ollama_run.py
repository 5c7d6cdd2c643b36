"""The contract of `ollama_run`: one question to one model, or to the first of a chain that answers it."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_shapes import (
    KIND,
    Attempt,
    Counts,
    Format,
    Image,
    Name,
    Options,
    TaskType,
    Text,
    Think,
    Turn,
)


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question; give `prompt` or `messages`, and `model` or `task_type` or neither."""

    prompt: Annotated[Text, Meta(description="What to ask.")] | None = None
    messages: (
        Annotated[
            list[Turn], Meta(min_length=1, max_length=10_000, description="Instead of prompt.")
        ]
        | None
    ) = None
    model: (
        Annotated[Name, Meta(description="An installed model; without one, task_type decides.")]
        | None
    ) = None
    task_type: (
        Annotated[TaskType, Meta(description="Which chain of models is tried; auto if left out.")]
        | None
    ) = None
    system: Annotated[Text, Meta(description="The system prompt.")] | None = None
    options: Options | None = None
    think: (
        Annotated[Think, Meta(description="Whether, or how hard, a reasoning model thinks.")] | None
    ) = None
    format: (
        Annotated[Format, Meta(description='"json", or a JSON Schema that the reply must fit.')]
        | None
    ) = None
    images: (
        Annotated[list[Image], Meta(max_length=64, description="Base64, for a model that sees.")]
        | None
    ) = None
    keep_alive: (
        Annotated[
            str | float,
            Meta(description='How long the model stays loaded: "10m", seconds, -1 = for ever.'),
        ]
        | None
    ) = None


class Arguments(Job, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_run` takes."""

    cache: Annotated[
        bool,
        Meta(description="Reuse an equal call's answer; needs temperature 0 and a seed."),
    ] = False


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A model's answer. *value* is the parsed reply if a format was asked for, else null."""

    text: str
    value: Any = None
    thinking: str = ""
    model: str
    host: str
    done_reason: Annotated[str, Meta(description="stop, or length if it was cut.")] = ""
    counts: Counts
    attempts: list[Attempt]
    used_fallback: Annotated[
        bool, Meta(description="The first model of the chain did not answer; another one did.")
    ] = False
    repaired: Annotated[
        bool, Meta(description="The first reply did not fit the format; a second one does.")
    ] = False


def is_deterministic(arguments: Arguments) -> bool:
    """Tell whether equal calls get equal answers, as far as a model server can promise it."""
    options = arguments.options
    return options is not None and options.temperature == 0 and options.seed is not None


CONTRACT = Contract(
    name="ollama_run",
    title="Ask a model",
    description=(
        "Ask a local model (Ollama, or an OpenAI-compatible server). Name a `model`, or give a `task_type` "
        "and the first installed model of its chain that answers is used; an empty reply or a refusal goes "
        "on to the next. `format` takes a JSON Schema: the reply is parsed and validated. Cheap, private "
        "work: classify, extract, summarise, draft. Tokens arrive as progress notifications."
    ),
    version="1",
    arguments=Arguments,
    result=Reply,
    annotations=Annotations(read_only_hint=True, idempotent_hint=False, open_world_hint=True),
    kind=KIND,
    keeps=lambda arguments: arguments.cache and is_deterministic(arguments),
)
