"""What a caller asks becomes what a model is asked, checked before anything is sent."""

import base64
import binascii
from typing import Any

import msgspec

from protocol.errors import CallRefused
from protocol.tools import ollama_shapes
from protocol.tools.ollama_run import Arguments, Job, is_deterministic
from workers.ollama.chat import ChatRequest, Message, Options
from workers.ollama.structured import Shape


class Question(msgspec.Struct, frozen=True):
    """A job that is well formed: *request* lacks only the model, *shape* is what its reply has to be."""

    job: Job
    request: ChatRequest
    shape: Shape | None


def question_of(job: Job) -> Question:
    """Check a job.

    Raises:
        CallRefused: naming what is wrong with it.
    """
    if (job.prompt is None) == (job.messages is None):
        raise _wrong("give either `prompt` or `messages`")
    if job.model is not None and job.task_type is not None:
        raise _wrong("give either `model` or `task_type`: a model that is named has no chain")
    if job.prompt is None and job.images is not None:
        raise _wrong("`images` go with `prompt`; turns of `messages` have their own")
    shape = None if job.format is None else Shape(job.format)
    request = ChatRequest(
        model=job.model or "",
        messages=tuple(_messages(job)),
        options=options_of(job.options),
        think=job.think,
        format=job.format,
        keep_alive=job.keep_alive,
    )
    return Question(job, request, shape)


def require_cacheable(arguments: Arguments) -> None:
    """Check that an answer may be kept if that is asked for.

    Raises:
        CallRefused: it may not.
    """
    if arguments.cache and not is_deterministic(arguments):
        raise _wrong(
            "`cache` needs `options` with temperature 0 and a seed: nothing else is repeatable"
        )


def _messages(job: Job) -> list[Message]:
    said: list[Message] = []
    if job.system is not None:
        said.append(Message(role="system", content=job.system))
    if job.prompt is not None:
        images = _images(job.images, "images")
        said.append(Message(role="user", content=job.prompt, images=images))
    for number, turn in enumerate(job.messages or ()):
        images = _images(turn.images, f"messages[{number}].images")
        said.append(Message(role=turn.role, content=turn.content, images=images))
    return said


def options_of(options: ollama_shapes.Options | None) -> Options:
    """Return how a model is to sample."""
    fields: dict[str, Any] = {} if options is None else msgspec.structs.asdict(options)
    return msgspec.convert(fields, Options)


def _images(images: list[str] | None, where: str) -> tuple[str, ...]:
    return tuple(_image(image, f"{where}[{n}]") for n, image in enumerate(images or ()))


def _image(image: str, where: str) -> str:
    """Return an image as plain base64; a data URL is one with a prefix."""
    data = image.partition(",")[2] if image.startswith("data:") else image
    try:
        is_something = bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        is_something = False
    if not is_something:
        raise _wrong(f"`{where}` is not base64")
    return data


def _wrong(problem: str) -> CallRefused:
    return CallRefused("invalid_arguments", f"{problem[:1].upper()}{problem[1:]}.")
