"""What a fake Ollama refuses, with the statuses and words of the real one."""

import base64
import binascii
from typing import Any, cast

from support.fake_ollama_answer import Limits
from support.fake_ollama_engine import Refused
from support.fake_ollama_script import Body, Model

_INTEGERS = (
    "num_ctx num_predict seed top_k num_keep num_batch num_gpu num_thread main_gpu repeat_last_n"
)
_FLOATS = "temperature top_p min_p typical_p repeat_penalty presence_penalty frequency_penalty"
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(_INTEGERS.split(), ((int, float), "integer")),
    **dict.fromkeys(_FLOATS.split(), ((int, float), "float32")),
    "stop": (list, "array"),
    "use_mmap": (bool, "boolean"),
}


def require_options(options: Body | None) -> Limits:
    """Check the options that are known, ignore others, and return those that end a reply early.

    Raises:
        Refused: one has a wrong type; that is a 500 in Ollama.
    """
    options = options or {}
    for name, value in options.items():
        types, word = _KINDS.get(name, (object, ""))
        fits = isinstance(value, types) and (types in {bool, object} or not isinstance(value, bool))
        if value is not None and not fits:
            raise Refused(500, f'option "{name}" must be of type {word}')
    predict = options.get("num_predict")
    stop = tuple(options.get("stop") or ())
    return Limits(num_predict=-1 if predict is None else int(predict), stop=stop)


def require_format(value: Any) -> Body | None:
    """Return the schema that a `format` stands for, None if there is none.

    Raises:
        Refused: it is neither "json" nor a schema; that is a 500 in Ollama.
    """
    if value is None or value == "":
        return None
    if value == "json":
        return {"type": "object"}
    if isinstance(value, dict):
        return cast("Body", value)
    raise Refused(500, f'invalid format: "{value}"; expected "json" or a valid JSON Schema object')


def require_capabilities(model: Model, *, tools: bool, think: bool | str | None, verb: str) -> None:
    """Refuse what *model* cannot do."""
    if think and "thinking" not in model.capabilities:
        raise Refused(400, f'"{model.name}" does not support thinking')
    if "completion" not in model.capabilities:
        raise Refused(400, f'"{model.name}" does not support {verb}')
    if tools and "tools" not in model.capabilities:
        raise Refused(400, f"registry.ollama.ai/library/{model.name} does not support tools")


def require_images(model: Model, images: list[str]) -> None:
    """Refuse images that are not base64, and any at all for a model that cannot see."""
    for image in images:
        try:
            base64.b64decode(image, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(400, "illegal base64 data at input byte 0") from None
    if images and "vision" not in model.capabilities:
        raise Refused(500, "image input is not supported")


def require_embedding(model: Model) -> None:
    """Refuse a model that makes no vectors."""
    if "embedding" not in model.capabilities:
        raise Refused(501, "This server does not support embeddings. Start it with `--embeddings`")
