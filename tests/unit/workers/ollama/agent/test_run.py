"""A run as its worker sees it: the model and the tools are stubs, the end may come at any moment."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from protocol.errors import CallRefused
from protocol.tools.answered import Answered
from protocol.tools.ollama_agent_run import Result
from protocol.worker.settings import WorkerSettings
from workers.ollama.agent.run import Agents
from workers.ollama.asking import Asker
from workers.ollama.chat import ChatReply, ChatRequest, Message, OnChunk, Timings, ToolCall
from workers.ollama.client import Shown
from workers.ollama.failures import Said
from workers.questions import AskRefused

Replies = Callable[[ChatRequest], Awaitable[Message]]
Answers = Callable[[str, bytes], Awaitable[bytes]]

LOOK = Message(role="assistant", tool_calls=(ToolCall("code_parse", {"path": "a.py"}),))
DONE = Message(role="assistant", content="Done.")


class Context:
    """One job: what it may ask, and what it has told."""

    settings = cast("WorkerSettings", None)

    def __init__(self, answers: Answers, seconds: float = 60.0) -> None:
        self.deadline = asyncio.get_running_loop().time() + seconds
        self.told: list[str] = []
        self._answers = answers

    def progress(self, done: float, total: float | None, message: str) -> None:
        assert (done, total) == (len(self.told) + 1, None)
        self.told.append(message)

    async def ask(self, tool: str, arguments: bytes) -> msgspec.Raw:
        return msgspec.Raw(await self._answers(tool, arguments))


def agents(replies: Replies) -> Agents:
    async def chat(request: ChatRequest, _on_chunk: OnChunk) -> ChatReply:
        message = await replies(request)
        timings = Timings(prompt_tokens=7, completion_tokens=2)
        return ChatReply(message=message, model=request.model, timings=timings)

    async def host_of(_model: str) -> Any:
        async def shown(_model: str) -> Shown:
            return Shown(context_length=8192, capabilities=("completion", "tools"))

        return SimpleNamespace(shown=shown)

    async def models_for(model: str | None, _task_type: str | None) -> list[str]:
        return [model or "first", "second"]

    gateway = SimpleNamespace(chat=chat, pool=SimpleNamespace(host_of=host_of))
    asker = SimpleNamespace(gateway=gateway, models_for=models_for, hint="Start it.")
    return Agents(cast("Asker", asker))


def in_turn(*messages: Message | Exception) -> Replies:
    waiting = list(messages)

    async def reply(_request: ChatRequest) -> Message:
        message = waiting.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    return reply


def answering(result: bytes | Exception) -> Answers:
    async def answer(_tool: str, _arguments: bytes) -> bytes:
        if isinstance(result, Exception):
            raise result
        return result

    return answer


async def never(*_: object) -> Any:
    """Wait until it is cancelled."""
    await asyncio.Event().wait()


def said(text: str, **more: object) -> bytes:
    content = [{"type": "text", "text": text}]
    return msgspec.json.encode({"content": content, "isError": False, **more})


async def run(replies: Replies, context: Context, **arguments: object) -> tuple[str, Result]:
    given = {"task": "Look.", "tools": ["code_parse"], **arguments}
    encoded = await agents(replies).run(msgspec.Raw(msgspec.json.encode(given)), context)
    answer = msgspec.json.decode(encoded, type=Answered)
    return answer.text, msgspec.json.decode(answer.structured, type=Result)


async def test_what_it_did_is_told_in_words_and_as_data() -> None:
    context = Context(answering(said("one symbol\nand more")))

    text, result = await run(in_turn(LOOK, DONE), context)

    (step,) = result.steps
    assert (result.ended, result.model, result.native_tools) == ("answered", "first", True)
    assert (step.iteration, step.tool, step.ok) == (1, "code_parse", True)
    assert (step.arguments, step.result) == ({"path": "a.py"}, "one symbol\nand more")
    assert (result.prompt_tokens, result.completion_tokens) == (14, 4)
    assert text.startswith("Done.\n1 steps in 2 replies of first\n  1. code_parse: ok (")
    assert [line.partition(" (")[0] for line in context.told] == [
        "reply 1: calls code_parse",
        "code_parse: ok",
        "reply 2: answers",
    ]


async def test_arguments_go_to_the_tool_as_the_model_gave_them() -> None:
    asked: list[tuple[str, bytes]] = []

    async def answer(tool: str, arguments: bytes) -> bytes:
        asked.append((tool, arguments))
        return said("ok")

    await run(in_turn(LOOK, DONE), Context(answer))

    assert asked == [("code_parse", b'{"path":"a.py"}')]


@pytest.mark.parametrize(
    ("result", "ok", "shown"),
    [
        (said("no such file", isError=True), False, "no such file"),
        (AskRefused("queue_full", "Try again."), False, "Try again."),
        (said(""), True, "(nothing)"),
        (b'{"content": [{"type": "image", "data": "x"}]}', True, "(nothing)"),
        (b'{"structuredContent": {}}', True, "(nothing)"),
    ],
)
async def test_whatever_a_tool_answers_becomes_a_step(
    result: bytes | Exception, ok: bool, shown: str
) -> None:
    _, done = await run(in_turn(LOOK, DONE), Context(answering(result)))

    assert (done.steps[0].ok, done.steps[0].result) == (ok, shown)
    assert done.ended == "answered"


async def test_the_trace_is_short_however_long_the_texts_are() -> None:
    call = ToolCall("code_parse", {"code": "x" * 100_000, "paths": ["y" * 1000], "max_files": 1})
    wordy = Message(role="assistant", tool_calls=(call,))

    _, result = await run(in_turn(wordy, DONE), Context(answering(said("z" * 1_000_000))))

    assert len(msgspec.json.encode(result.steps)) < 1500
    assert result.steps[0].arguments["max_files"] == 1


async def test_the_end_of_the_time_ends_a_tool_that_does_not_answer() -> None:
    _, result = await run(in_turn(LOOK), Context(never), max_seconds=0.3)

    (step,) = result.steps
    assert (result.ended, step.ok, step.result) == ("time", False, "It had not come to an end.")


async def test_the_end_of_the_time_ends_a_model_that_does_not_answer() -> None:
    text, result = await run(never, Context(never, seconds=0.1))

    assert (result.ended, result.iterations) == ("time", 0)
    assert text.startswith("Ended without an answer: The time is up.")


@pytest.mark.parametrize("replies", [never, in_turn(LOOK)], ids=["its model", "its tool"])
async def test_to_cancel_it_ends_what_it_waits_for(replies: Replies) -> None:
    waiting, ended = asyncio.Event(), asyncio.Event()

    async def waits(*_: object) -> Any:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(run(waits if replies is never else replies, Context(waits)))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ended.is_set()


async def test_a_model_that_fails_first_is_an_error_and_later_an_end() -> None:
    failure = Said("host x answered 500: out of memory", 500)
    with pytest.raises(CallRefused, match="out of memory"):
        await run(in_turn(failure), Context(never))
    _, result = await run(in_turn(LOOK, failure), Context(answering(said("ok"))))

    assert (result.ended, len(result.steps)) == ("model_failed", 1)
    assert "out of memory" in result.why


async def test_a_budget_that_is_used_up_on_the_way_is_an_end_too() -> None:
    failure = CallRefused("budget_exhausted", "No more until tomorrow.")

    _, result = await run(in_turn(LOOK, failure), Context(answering(said("ok"))))

    assert (result.ended, result.why) == ("model_failed", "No more until tomorrow.")
