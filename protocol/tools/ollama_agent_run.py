"""The contract of `ollama_agent_run`: a model works on a task with tools, within limits."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_shapes import KIND, Name, Options, TaskType, Text, Think

Ended = Literal["answered", "iterations", "time", "context", "repeated", "errors", "model_failed"]


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_agent_run` takes."""

    task: Annotated[Text, Meta(min_length=1, description="What to do, and when it is done.")]
    model: (
        Annotated[Name, Meta(description="An installed model; without one, task_type decides.")]
        | None
    ) = None
    task_type: (
        Annotated[
            TaskType, Meta(description="Which chain the model is from; file_mod if left out.")
        ]
        | None
    ) = None
    system: Annotated[Text, Meta(description="Said to the model before all else.")] | None = None
    tools: (
        Annotated[
            list[Name],
            Meta(
                max_length=64,
                description='What it may call: ["draft_*"] if left out; any tool that only reads too.',
            ),
        ]
        | None
    ) = None
    max_iterations: Annotated[
        int, Meta(ge=1, le=200, description="How many times the model is asked at most.")
    ] = 20
    max_seconds: (
        Annotated[
            float, Meta(gt=0, description="What all of it may take; never over the deadline.")
        ]
        | None
    ) = None
    max_context_tokens: Annotated[
        int,
        Meta(
            ge=512,
            le=10_000_000,
            description="What the conversation may come to; old tool results are shortened first.",
        ),
    ] = 8192
    options: Options | None = None
    think: Annotated[Think, Meta(description="Whether, or how hard, it thinks.")] | None = None
    keep_alive: (
        Annotated[str | float, Meta(description='How long the model stays loaded: "10m", -1.')]
        | None
    ) = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a tool; *iteration* is the reply of the model that it was in."""

    iteration: int
    tool: str
    arguments: Annotated[dict[str, Any], Meta(description="Long texts in it are shortened.")]
    ok: bool
    result: Annotated[str, Meta(description="The beginning of what the model was told.")]
    seconds: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `ollama_agent_run` answers, also if the model did not come to an end."""

    answer: Annotated[str, Meta(description="The model's last words; final if it answered.")]
    ended: Annotated[
        Ended,
        Meta(
            description="answered: it is done. Else a limit: repeated is the same call with the same result "
            "three times, errors are three in a row."
        ),
    ]
    why: str
    model: str
    native_tools: Annotated[
        bool, Meta(description="Whether the model's server knows tools, or it was told in words.")
    ]
    iterations: int
    steps: list[Step]
    prompt_tokens: Annotated[int, Meta(description="Read by the model in all replies together.")]
    completion_tokens: int
    total_s: float


CONTRACT = Contract(
    name="ollama_agent_run",
    title="Let a model work with tools",
    description=(
        "Give a local model a task and tools: it reads and edits files through drafts (draft_request ... "
        "draft_submit), or looks at code with tools that only read (name them in `tools`). It is stopped by "
        "limits: replies, time, context, repeated calls, errors. The answer has every step it took, and why "
        "it ended."
    ),
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
    ),
    kind=KIND,
)
