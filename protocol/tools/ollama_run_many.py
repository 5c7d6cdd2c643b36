"""The contract of `ollama_run_many`: many questions at once, each answered or failed by itself."""

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.ollama_run import Job, Reply
from protocol.tools.ollama_shapes import KIND

MOST_JOBS = 1000


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `ollama_run_many` takes."""

    jobs: Annotated[
        list[Job],
        Meta(min_length=1, max_length=MOST_JOBS, description="Each as ollama_run takes it."),
    ]
    max_concurrency: Annotated[
        int, Meta(ge=1, le=64, description="How many are asked at the same time.")
    ] = 4


class JobError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job has no answer."""

    code: str
    message: str


class JobResult(msgspec.Struct, frozen=True, kw_only=True):
    """One job's answer, or its error."""

    index: int
    ok: bool
    reply: Reply | None = None
    error: JobError | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, in the order of the jobs."""

    succeeded: int
    failed: int
    total_s: float
    results: list[JobResult]


CONTRACT = Contract(
    name="ollama_run_many",
    title="Ask models many things",
    description=(
        "Ask local models many questions at once: a list of jobs as ollama_run takes them. All are checked "
        "before the first is asked; results come in the order of the jobs, and one that fails says why and "
        "stops no other."
    ),
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True, idempotent_hint=False, open_world_hint=True),
    kind=KIND,
)
