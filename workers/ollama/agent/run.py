"""`ollama_agent_run`: the machine's actions, done."""

import asyncio
import time
from typing import Any

import msgspec
from msgspec.structs import replace

from protocol.errors import CallRefused
from protocol.tools.answered import answered
from protocol.tools.ollama_agent_run import Arguments, Result, Step
from workers.context import AsyncJobContext
from workers.ollama.agent.machine import AskModel, CallTool, End, Limits, Machine, Outcome
from workers.ollama.agent.tool_calls import Parsed, parse
from workers.ollama.agent.toolbox import Toolbox
from workers.ollama.agent.transcript import Transcript, shortened
from workers.ollama.asking import Asker, refusal_of
from workers.ollama.chat import ChatReply, ChatRequest, Chunk, Message, ToolCall
from workers.ollama.client import Shown
from workers.ollama.failures import HostFailure
from workers.ollama.question import options_of
from workers.ollama.run import MARGIN_S

_LONGEST_SHOWN = 300
_LONGEST_LINE = 120
_LONGEST_RESULT = 200_000
"""More of one result is not kept, whatever the context."""

_decoder = msgspec.json.Decoder(Arguments)


class _ToolResult(msgspec.Struct, rename="camel"):
    """What an MCP `tools/call` comes to; other blocks than text are left out."""

    content: list[dict[str, Any]] = []
    is_error: bool = False


class Agents:
    """Answers the tool."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def run(self, arguments: msgspec.Raw, context: AsyncJobContext) -> bytes:
        """Let a model work until it is done or a limit is reached."""
        given = _decoder.decode(arguments)
        if given.model is not None and given.task_type is not None:
            message = "Give either `model` or `task_type`: a model that is named has no chain."
            raise CallRefused("invalid_arguments", message)
        toolbox = Toolbox(given.tools)
        try:
            async with asyncio.timeout_at(context.deadline - MARGIN_S):
                task_type = given.task_type or "file_mod"
                model = (await self._asker.models_for(given.model, task_type))[0]
                host = await self._asker.gateway.pool.host_of(model)
                shown = await host.shown(model)
        except HostFailure as failure:
            raise refusal_of(failure, self._asker.hint) from failure
        except TimeoutError:
            raise CallRefused("deadline", "No model was found in time.") from None
        room = _room(given, shown)
        request = _request(given, model, toolbox, room, native="tools" in shown.capabilities)
        agent = _Agent(self._asker, context, toolbox, request)
        return await agent.run(_limits(given, room, context.deadline - MARGIN_S))


class _Agent:
    """One run."""

    def __init__(
        self, asker: Asker, context: AsyncJobContext, toolbox: Toolbox, request: ChatRequest
    ) -> None:
        self._asker = asker
        self._context = context
        self._toolbox = toolbox
        self._request = request
        self._steps: list[Step] = []
        self._told = 0
        self._prompt_tokens = 0
        self._completion_tokens = 0

    async def run(self, limits: Limits) -> bytes:
        """Drive the machine to its end, and tell of it."""
        began_at = time.monotonic()
        beside = len(msgspec.json.encode(self._request.tools))
        machine = Machine(limits, Transcript(self._request.messages, beside))
        end = await self._drive(machine, limits.ends_at)
        result = Result(
            answer=machine.answer,
            ended=end.ended,
            why=end.why,
            model=self._request.model,
            native_tools=bool(self._request.tools),
            iterations=machine.iterations,
            steps=self._steps,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
            total_s=round(time.monotonic() - began_at, 6),
        )
        return answered(_text(result), result)

    async def _drive(self, machine: Machine, ends_at: float) -> End:
        """Do what the machine says; whatever ends it, what was done so far is told."""
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout_at(ends_at):
                while not isinstance(action := machine.next(clock()), End):
                    await self._act(machine, action)
        except TimeoutError:
            return machine.stop("time", "The time is up.")
        except (HostFailure, CallRefused) as failure:
            refusal = failure
            if isinstance(refusal, HostFailure):
                refusal = refusal_of(refusal, self._asker.hint)
            if machine.iterations == 0:
                raise refusal from failure
            return machine.stop("model_failed", refusal.message)
        return action

    async def _act(self, machine: Machine, action: AskModel | CallTool) -> None:
        if isinstance(action, AskModel):
            request = replace(self._request, messages=action.messages)
            reply = await self._asker.gateway.chat(request, _unheard)
            parsed = self._understood(reply)
            self._count(reply)
            self._tell(_said(machine.iterations + 1, parsed))
            machine.hear(reply.message, parsed, reply.timings.prompt_tokens)
        else:
            machine.learn(await self._step(machine.iterations, action.call))

    def _understood(self, reply: ChatReply) -> Parsed:
        """Return what a reply comes to. Calls that its server has found need no search."""
        message = reply.message
        if message.tool_calls:
            calls = tuple(self._toolbox.resolved(call) for call in message.tool_calls)
            return Parsed(calls, (), message.content.strip())
        return parse(message.content, self._toolbox.names)

    async def _step(self, iteration: int, call: ToolCall) -> Outcome:
        began_at = time.monotonic()
        try:
            outcome = await self._call(call)
        except asyncio.CancelledError:
            self._note(iteration, call, Outcome("It had not come to an end.", ok=False), began_at)
            raise
        self._note(iteration, call, outcome, began_at)
        return outcome

    def _note(self, iteration: int, call: ToolCall, outcome: Outcome, began_at: float) -> None:
        step = Step(
            iteration=iteration,
            tool=call.name,
            arguments=_brief(call.arguments),
            ok=outcome.ok,
            result=shortened(outcome.text, _LONGEST_SHOWN),
            seconds=round(time.monotonic() - began_at, 6),
        )
        self._steps.append(step)
        self._tell(_line(step))

    async def _call(self, call: ToolCall) -> Outcome:
        try:
            answer = await self._context.ask(call.name, self._toolbox.arguments(call))
        except CallRefused as refusal:
            return Outcome(refusal.message, ok=False)
        result = msgspec.json.decode(answer, type=_ToolResult)
        texts = (block["text"] for block in result.content if block.get("type") == "text")
        text = shortened("\n".join(texts), _LONGEST_RESULT)
        return Outcome(text or "(nothing)", ok=not result.is_error)

    def _tell(self, line: str) -> None:
        self._told += 1
        self._context.progress(self._told, None, line)

    def _count(self, reply: ChatReply) -> None:
        self._prompt_tokens += reply.timings.prompt_tokens or 0
        self._completion_tokens += reply.timings.completion_tokens or 0


def _room(given: Arguments, shown: Shown) -> int:
    """Return how many tokens the conversation may have: what comes after the context is cut off unheard."""
    num_ctx = None if given.options is None else given.options.num_ctx
    return min(filter(None, (given.max_context_tokens, shown.context_length, num_ctx)))


def _limits(given: Arguments, room: int, deadline: float) -> Limits:
    now = asyncio.get_running_loop().time()
    ends_at = deadline if given.max_seconds is None else min(deadline, now + given.max_seconds)
    return Limits(iterations=given.max_iterations, ends_at=ends_at, context_tokens=room)


def _request(
    given: Arguments, model: str, toolbox: Toolbox, room: int, *, native: bool
) -> ChatRequest:
    instructions = toolbox.instructions(given.system, native=native)
    opening = [Message(role="system", content=instructions)] if instructions else []
    options = options_of(given.options)
    if options.num_ctx is None:  # what the server has by itself may be less
        options = replace(options, num_ctx=room)
    return ChatRequest(
        model=model,
        messages=(*opening, Message(role="user", content=given.task)),
        options=options,
        think=given.think,
        tools=toolbox.functions if native else (),
        keep_alive=given.keep_alive,
    )


def _unheard(_chunk: Chunk) -> None: ...


def _brief(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return *arguments* with whatever is long in them as a shortened text."""
    brief: dict[str, Any] = {}
    for name, value in arguments.items():
        written = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        brief[name] = (
            value if len(written) <= _LONGEST_SHOWN else shortened(written, _LONGEST_SHOWN)
        )
    return brief


def _said(iteration: int, parsed: Parsed) -> str:
    calls = ", ".join(call.name for call in parsed.calls)
    what = f"calls {calls}" if calls else "answers" if parsed.text else "says nothing"
    return f"reply {iteration}: {what}"


def _line(step: Step) -> str:
    outcome = "ok" if step.ok else "error"
    first = step.result.partition("\n")[0]
    return f"{step.tool}: {outcome} ({step.seconds:.2f} s) {first}"[:_LONGEST_LINE]


def _text(result: Result) -> str:
    """Return the answer, and below it what was done."""
    ending = "" if result.ended == "answered" else f"Ended without an answer: {result.why}\n"
    steps = "\n".join(f"  {number}. {_line(step)}" for number, step in enumerate(result.steps, 1))
    done = f"{len(result.steps)} steps in {result.iterations} replies of {result.model}"
    return "\n".join(filter(None, [ending + result.answer, done, steps]))
