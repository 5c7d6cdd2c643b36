"""What is said to a model and what it answers, in one form for all kinds of hosts.

A host turns a `ChatRequest` into its own API's words and its stream into `Chunk`s and one `ChatReply`.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(msgspec.Struct, frozen=True):
    """A model wants *name* called. *id* is what an OpenAI-compatible host knows the call by, else ""."""

    name: str
    arguments: dict[str, Any]
    id: str = ""


class ToolFunction(msgspec.Struct, frozen=True):
    """A tool that a model may call; *parameters* is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a conversation.

    *images* are base64 without a prefix. A turn of the role "tool" answers the call *call_id* of the tool
    *tool_name*.
    """

    role: Role
    content: str = ""
    thinking: str = ""
    images: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_name: str = ""
    call_id: str = ""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a model samples; None: as the model does by itself."""

    temperature: float | None = None
    num_predict: int | None = None
    num_ctx: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None
    top_p: float | None = None
    top_k: int | None = None


Think = bool | Literal["low", "medium", "high", "max"]
Format = Literal["json"] | dict[str, Any]


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one model."""

    model: str
    messages: tuple[Message, ...]
    options: Options = Options()
    think: Think | None = None
    format: Format | None = None
    tools: tuple[ToolFunction, ...] = ()
    keep_alive: str | float | None = None


class Chunk(msgspec.Struct, frozen=True):
    """A piece of a reply as it comes: usually one token."""

    text: str = ""
    thinking: str = ""


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply took. Tokens are None where the host does not count; durations are in seconds."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    load_s: float | None = None
    prompt_s: float | None = None
    eval_s: float | None = None


class ChatReply(msgspec.Struct, frozen=True, kw_only=True):
    """A model's whole turn; *reason* is why it ended: "stop", "length", "tool_calls", or "" if unknown."""

    message: Message
    model: str
    reason: str = ""
    timings: Timings = Timings()


OnChunk = Callable[[Chunk], None]


class Chat(Protocol):
    """Something that has models answer: one host, or all of them behind one door (see `gateway.py`)."""

    async def chat(self, request: ChatRequest, on_chunk: OnChunk) -> ChatReply:
        """Have *request* answered; *on_chunk* hears of each piece. To cancel the task ends the request.

        Raises:
            HostFailure: there is no answer, and why (see `failures.py`).
        """
        ...
