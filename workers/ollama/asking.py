"""A question on its way through its chain of models, until one of them answers.

Rule 1: a named model has no chain: what it says is the answer, also if it sounds like a refusal; only an
empty reply is none.
Rule 2: in a chain, an empty reply, a refusal, one that does not fit, and an error lead to the next model.
Rule 3: what each model did is known at the end, whether one of them answered or none.
"""

import asyncio
import time
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from protocol.errors import CallRefused
from protocol.tools.ollama_run import Reply
from protocol.tools.ollama_shapes import Attempt, Counts, TaskType
from workers.ollama.chains import candidates, chain_of
from workers.ollama.chat import ChatReply, OnChunk, Timings
from workers.ollama.failures import HostFailure, NoModel, Stalled, Unreachable
from workers.ollama.gateway import Gateway, Where
from workers.ollama.question import Question
from workers.ollama.refusals import RefusalRules
from workers.ollama.structured import Misfit

_LONGEST_SHOWN = 160


class _NotGood(Exception):
    """A model has replied, and it is no answer."""

    def __init__(self, outcome: Literal["empty", "refusal", "invalid"], message: str) -> None:
        super().__init__(message)
        self.outcome: Literal["empty", "refusal", "invalid"] = outcome


class _Good(msgspec.Struct):
    reply: ChatReply
    value: Any = None
    repaired: bool = False


class Asker:
    """Asks questions, one after the other or many at once."""

    def __init__(self, gateway: Gateway, rules: RefusalRules) -> None:
        self.gateway = gateway
        self._settings = gateway.pool.settings
        self._rules = rules
        self.hint = self._settings.hint

    async def ask(self, question: Question, on_chunk: OnChunk, deadline: float) -> Reply:
        """Return the answer; *deadline* is a time of the event loop.

        Raises:
            CallRefused: there is none, and what each model did.
        """
        attempts: list[Attempt] = []
        try:
            async with asyncio.timeout_at(deadline):
                return await self._ask(question, on_chunk, attempts)
        except TimeoutError:
            raise CallRefused("deadline", _told("The deadline has passed", attempts)) from None

    async def _ask(self, question: Question, on_chunk: OnChunk, attempts: list[Attempt]) -> Reply:
        models = await self.models_for(question.job.model, question.job.task_type)
        failures: list[HostFailure] = []
        for model in models:
            where, began_at = Where(), time.monotonic()
            attempt = _begun(model)
            attempts.append(attempt)
            try:
                good = await self._try(question, model, on_chunk, where)
                attempt = replace(attempt, outcome="answered", message="")
                return _reply(good, [*attempts[:-1], _ended(attempt, where, began_at)])
            except _NotGood as error:
                attempt = replace(attempt, outcome=error.outcome, message=str(error))
            except HostFailure as error:
                attempt = replace(attempt, message=str(error))
                failures.append(error)
            finally:
                attempts[-1] = _ended(attempt, where, began_at)
        raise self._none(attempts, failures)

    async def models_for(self, model: str | None, task_type: TaskType | None) -> list[str]:
        """Return the models to try, in order: *model* alone if it is given, else a chain's.

        Raises:
            CallRefused: there is none.
        """
        if model is not None:
            return [model]
        pool = self.gateway.pool
        failures = await pool.learn()
        chain = chain_of(task_type or "auto", self._settings.chains)
        found = candidates(chain, pool.installed())
        if found:
            return found[: self._settings.most_models]
        if failures:
            raise refusal_of(pool.unreachable(failures[0]), self.hint)
        what = ", ".join(chain)
        raise CallRefused(
            "no_model",
            f"No installed model fits the chain for {task_type or 'auto'} ({what}): "
            "ollama_pull fetches one.",
        )

    async def _try(self, question: Question, model: str, on_chunk: OnChunk, where: Where) -> _Good:
        request = replace(question.request, model=model)
        reply = await self.gateway.chat(request, on_chunk, where)
        self._judge(question, reply)
        if question.shape is None:
            return _Good(reply)
        try:
            return _Good(reply, question.shape.read(reply.message.content))
        except Misfit as misfit:
            turns = question.shape.repair(reply.message.content, misfit)
        again = replace(request, messages=(*request.messages, *turns))
        reply = await self.gateway.chat(again, on_chunk, where)
        try:
            return _Good(reply, question.shape.read(reply.message.content), repaired=True)
        except Misfit as misfit:
            raise _NotGood(
                "invalid", f"its reply does not fit, also when asked again: {misfit}"
            ) from misfit

    def _judge(self, question: Question, reply: ChatReply) -> None:
        text = reply.message.content
        verdict = self._rules.judge(text)
        if verdict == "empty":
            how = f" ({reply.reason})" if reply.reason else ""
            raise _NotGood("empty", f"its reply is empty{how}")
        if verdict == "refusal" and question.job.model is None:
            raise _NotGood("refusal", f"it refused: {_shown(text)}")

    def _none(self, attempts: list[Attempt], failures: list[HostFailure]) -> CallRefused:
        is_out = len(failures) == len(attempts) and all(
            isinstance(f, Unreachable) for f in failures
        )
        if is_out or (len(attempts) == 1 and failures):
            return refusal_of(failures[0], self.hint)
        return CallRefused("no_answer", _told("No model has answered", attempts))


def refusal_of(failure: HostFailure, hint: str) -> CallRefused:
    """Return what a caller is told of a failure that ended its call; *hint*: how to mend it."""
    message = f"{str(failure)[:1].upper()}{str(failure)[1:]}".rstrip(".") + "."
    match failure:
        case NoModel():
            return CallRefused("no_model", message)
        case Unreachable():
            return CallRefused(
                "host_unreachable", message if hint in message else f"{message} {hint}"
            )
        case Stalled():
            return CallRefused("deadline", message)
        case _:
            return CallRefused("no_answer", message)


def _begun(model: str) -> Attempt:
    message = "it had not answered yet"
    return Attempt(model=model, host="", outcome="failed", requests=0, seconds=0.0, message=message)


def _ended(attempt: Attempt, where: Where, began_at: float) -> Attempt:
    seconds = round(time.monotonic() - began_at, 6)
    return replace(attempt, host=where.host, requests=where.requests, seconds=seconds)


def _reply(good: _Good, attempts: list[Attempt]) -> Reply:
    last, message = attempts[-1], good.reply.message
    return Reply(
        text=message.content,
        value=good.value,
        thinking=message.thinking,
        model=last.model,
        host=last.host,
        done_reason=good.reply.reason,
        counts=_counts(good.reply.timings, last.seconds),
        attempts=attempts,
        used_fallback=len(attempts) > 1,
        repaired=good.repaired,
    )


def _counts(timings: Timings, total_s: float) -> Counts:
    return Counts(
        prompt_tokens=timings.prompt_tokens,
        completion_tokens=timings.completion_tokens,
        prompt_tokens_per_s=_rate(timings.prompt_tokens, timings.prompt_s),
        completion_tokens_per_s=_rate(timings.completion_tokens, timings.eval_s),
        load_s=timings.load_s,
        prompt_s=timings.prompt_s,
        eval_s=timings.eval_s,
        total_s=total_s,
    )


def _rate(tokens: int | None, seconds: float | None) -> float | None:
    return round(tokens / seconds, 3) if tokens is not None and seconds else None


def _told(what: str, attempts: list[Attempt]) -> str:
    each = "; ".join(f"{attempt.model}: {_shown(attempt.message)}" for attempt in attempts)
    return f"{what} ({each})." if each else f"{what}."


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"
