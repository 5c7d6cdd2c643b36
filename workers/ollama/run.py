"""`ollama_run` and `ollama_run_many`."""

import asyncio
import sys
import time
import traceback
from collections.abc import Callable

import msgspec

from protocol.errors import CallRefused
from protocol.tools import ollama_run, ollama_run_many
from protocol.tools.answered import answered
from protocol.tools.ollama_run import Reply
from protocol.tools.ollama_run_many import JobError, JobResult, Result
from workers.context import AsyncJobContext
from workers.ollama.asking import Asker
from workers.ollama.chat import Chunk
from workers.ollama.question import Question, question_of, require_cacheable
from workers.ollama.stream import TokenStream

MARGIN_S = 0.05
"""So long before nobody waits any more, a call is given up: its caller hears what each model did."""

_MOST_SHOWN = 200

_run_decoder = msgspec.json.Decoder(ollama_run.Arguments)
_many_decoder = msgspec.json.Decoder(ollama_run_many.Arguments)


class Runs:
    """Answers the two tools."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def run(self, arguments: msgspec.Raw, context: AsyncJobContext) -> bytes:
        """Answer one question."""
        given = _run_decoder.decode(arguments)
        require_cacheable(given)
        question = question_of(given)
        stream = TokenStream(lambda done, text: context.progress(done, None, text), time.monotonic)
        reply = await self._asker.ask(question, stream.hear, context.deadline - MARGIN_S)
        stream.flush()
        return answered(reply.text, reply, keep=not reply.used_fallback)

    async def run_many(self, arguments: msgspec.Raw, context: AsyncJobContext) -> bytes:
        """Answer many, each by itself."""
        given = _many_decoder.decode(arguments)
        questions = _all_questions(given.jobs)
        began_at = time.monotonic()
        done = 0

        def tell(result: JobResult) -> None:
            nonlocal done
            done += 1
            context.progress(done, len(questions), _line(result))

        # Each that ends gives the call as much time again, so that each may take all of it.
        patience_s = context.deadline - asyncio.get_running_loop().time() - MARGIN_S
        results = await _all_at_once(
            self._asker, questions, given.max_concurrency, patience_s, tell
        )
        succeeded = sum(result.ok for result in results)
        result = Result(
            succeeded=succeeded,
            failed=len(results) - succeeded,
            total_s=round(time.monotonic() - began_at, 6),
            results=results,
        )
        return answered(_many_text(result), result)


def _all_questions(jobs: list[ollama_run.Job]) -> list[Question]:
    """Check every job.

    Raises:
        CallRefused: naming each that is wrong, before any has been asked.
    """
    questions: list[Question] = []
    wrong: list[str] = []
    for number, job in enumerate(jobs):
        try:
            questions.append(question_of(job))
        except CallRefused as refusal:
            wrong.append(f"jobs[{number}]: {refusal.message}")
    if wrong:
        raise CallRefused("invalid_arguments", " ".join(wrong))
    return questions


async def _all_at_once(
    asker: Asker,
    questions: list[Question],
    concurrency: int,
    patience_s: float,
    tell: Callable[[JobResult], None],
) -> list[JobResult]:
    """Ask so many at a time; results are in the order of the questions."""
    results: dict[int, JobResult] = {}
    waiting = iter(enumerate(questions))

    async def work() -> None:
        for index, question in waiting:
            results[index] = await _one(asker, index, question, patience_s)
            tell(results[index])

    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(questions))):
            group.create_task(work())
    return [results[index] for index in range(len(questions))]


async def _one(asker: Asker, index: int, question: Question, patience_s: float) -> JobResult:
    def nobody(_chunk: Chunk) -> None: ...

    deadline = asyncio.get_running_loop().time() + patience_s
    try:
        reply = await asker.ask(question, nobody, deadline)
    except CallRefused as refusal:
        error = JobError(code=refusal.code, message=refusal.message)
        return JobResult(index=index, ok=False, error=error)
    except Exception as bug:  # noqa: BLE001 - of ours: it fails this job and no other
        traceback.print_exception(bug, file=sys.stderr)
        error = JobError(code="internal", message=f"internal error: {type(bug).__name__}")
        return JobResult(index=index, ok=False, error=error)
    return JobResult(index=index, ok=True, reply=reply)


def _line(result: JobResult) -> str:
    if result.error is not None:
        return f"{result.index}: {result.error.code}: {_shown(result.error.message)}"
    assert result.reply is not None
    return f"{result.index}: {_shown(result.reply.text)}"


def _many_text(result: Result) -> str:
    head = f"{result.succeeded} of {len(result.results)} answered in {result.total_s:.1f} s"
    return "\n".join([head, *(_full(each) for each in result.results)])


def _full(result: JobResult) -> str:
    reply: Reply | None = result.reply
    return _line(result) if reply is None else f"{result.index}: {reply.text}"


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SHOWN else line[: _MOST_SHOWN - 1] + "…"
