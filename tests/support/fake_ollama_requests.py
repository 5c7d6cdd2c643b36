"""What a fake Ollama is asked: the bodies of requests, decoded as strictly as Go decodes them."""

from typing import Any, TypeVar

import msgspec

from support.fake_ollama_engine import KeepAlive, Refused
from support.fake_ollama_script import Body

Asked = TypeVar("Asked")


class Function(msgspec.Struct, frozen=True):
    """What a tool call in the history names. Arguments are an object here; a string is refused."""

    name: str = ""
    arguments: Body = {}


class CallMade(msgspec.Struct, frozen=True):
    """A tool call in the history."""

    function: Function = Function()


class Message(msgspec.Struct, frozen=True):
    """One message of a chat."""

    role: str = ""
    content: str = ""
    images: list[str] | None = None
    tool_calls: list[CallMade] | None = None
    tool_name: str = ""


class Inference(msgspec.Struct, frozen=True, kw_only=True):
    """What a chat and a generation have in common. *stream* is on unless it is false."""

    model: str = ""
    stream: bool | None = None
    format: Any = None
    options: Body | None = None
    think: bool | str | None = None
    keep_alive: KeepAlive = None

    @property
    def streams(self) -> bool:
        """Whether the answer comes piece by piece."""
        return self.stream is not False


class Chat(Inference, frozen=True, kw_only=True):
    """`/api/chat`."""

    messages: list[Message] | None = None
    tools: list[Body] | None = None


class Generate(Inference, frozen=True, kw_only=True):
    """`/api/generate`."""

    prompt: str = ""
    system: str = ""
    images: list[str] | None = None


class Embed(msgspec.Struct, frozen=True, kw_only=True):
    """`/api/embed` and `/v1/embeddings`."""

    model: str = ""
    input: str | list[str] | None = None
    dimensions: int | None = None
    options: Body | None = None
    keep_alive: KeepAlive = None

    @property
    def texts(self) -> list[str]:
        """What is to be embedded; an empty text is nothing."""
        if isinstance(self.input, list):
            return self.input
        return [self.input] if self.input else []


class Named(msgspec.Struct, frozen=True):
    """A request about one model, by its newer or its older name."""

    model: str = ""
    name: str = ""
    stream: bool | None = None

    @property
    def either(self) -> str:
        """The model's name."""
        return self.model or self.name


class Part(msgspec.Struct, frozen=True):
    """A part of a message's content."""

    type: str = "text"
    text: str = ""


class OpenAIMessage(msgspec.Struct, frozen=True):
    """One message of `/v1/chat/completions`; tool calls in it are not looked at."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """All text in it."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class NamedSchema(msgspec.Struct, frozen=True):
    """A JSON Schema as OpenAI wraps it."""

    schema: Body = {}
    name: str = ""
    strict: bool | None = None


class ResponseFormat(msgspec.Struct, frozen=True):
    """`response_format`."""

    type: str
    json_schema: NamedSchema | None = None


class StreamOptions(msgspec.Struct, frozen=True):
    """`stream_options`."""

    include_usage: bool = False


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """`/v1/chat/completions`. *stream* is off unless it is true."""

    model: str = ""
    messages: list[OpenAIMessage] = []
    tools: list[Body] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: str | list[str] | None = None
    reasoning_effort: str | None = None

    @property
    def schema(self) -> Body | None:
        """What the reply has to conform to."""
        if self.response_format is None or self.response_format.type == "text":
            return None
        wrapped = self.response_format.json_schema
        return {"type": "object"} if wrapped is None else wrapped.schema


def decode(body: bytes, kind: type[Asked]) -> Asked:
    """Return a request's body as *kind*; fields that are unknown are ignored.

    Raises:
        Refused: there is none, or it is none.
    """
    if not body:
        raise Refused(400, "missing request body")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(400, f"json: cannot unmarshal: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"invalid character: {error}") from error
