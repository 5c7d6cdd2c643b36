"""What the models of a fake Ollama come up with: the script's word, or what depends on the input alone."""

import hashlib
import math
from typing import Any, cast

import msgspec

from support.fake_ollama_answer import Answer
from support.fake_ollama_script import Body, Model, Reply, Script


def reply_to(answer: Answer, script: Script, schema: Body | None, *, thinks: bool) -> Reply:
    """Return the reply to one request: what is to be broken off, what the script has next, or the default.

    The default is JSON if it has to conform to a *schema*. A model that does not think has no thoughts.
    """
    reply = answer.own_reply
    if reply is None:
        reply = script.reply_for(answer.seen.path, answer.seen.model, answer.seen.json)
        if reply is script.default and schema is not None:
            reply = Reply(text=msgspec.json.encode(least(schema)).decode())
    return reply if thinks else msgspec.structs.replace(reply, thinking="")


def least(schema: Body) -> Any:
    """Return a least value that conforms to *schema*, as far as tests need it, as from a grammar."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return least(cast("list[Body]", options)[0])
    kind = schema.get("type", "object" if "properties" in schema else "null")
    scalars = {
        "string": "x" * schema.get("minLength", 0),
        "integer": max(schema.get("minimum", 0), 0),
        "number": max(schema.get("minimum", 0), 0),
        "boolean": False,
    }
    if kind == "object":
        properties = cast("dict[str, Body]", schema.get("properties", {}))
        required = cast("list[str]", schema.get("required", []))
        return {name: least(properties.get(name, {})) for name in required}
    if kind == "array":
        item = cast("Body", schema.get("items", {}))
        return [least(item) for _ in range(schema.get("minItems", 0))]
    return scalars.get(kind)


def vector(text: str, model: Model, dimensions: int | None) -> list[float]:
    """Return a unit vector that depends on *text* alone."""
    length = min(model.embedding_length, dimensions or model.embedding_length)
    blocks = (hashlib.sha256(f"{at} {text}".encode()).digest() for at in range(length // 32 + 1))
    values = [byte - 127.5 for byte in b"".join(blocks)[:length]]
    norm = math.hypot(*values)
    return [value / norm for value in values]
