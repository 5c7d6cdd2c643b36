"""What a caller is told, encoded once, whoever it comes from; pure.

Our own workers are trusted to send what they promise. A stranger's answer is read before it is passed on.
"""

import msgspec

from coordinator.runs.merge import Merged
from coordinator.schemas.json_value import Unreadable, read_json
from coordinator.tool_registry import OfferedTool
from protocol.errors import CallRefused
from protocol.mcp.shape import call_body, text_body

LONGEST_RESULT = 4 * 1024 * 1024
"""In bytes: more than a model can read, and little enough to be read here while others wait."""

_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """The *body* of a result (see `protocol.mcp.shape`), and for how many seconds it may be given again.

    0: not at all; None: as long as there is room.
    """

    body: bytes
    cache_for: float | None = 0


def merged_answer(merged: Merged) -> Answer:
    """Return the answer of a tool of ours."""
    return Answer(call_body(merged.text, merged.structured), None if merged.cacheable else 0)


def offered_answer(tool: OfferedTool, result: msgspec.Raw, cache_for: float | None) -> Answer:
    """Return the answer that *result* of a stranger's worker makes.

    An object is the structured content, and its JSON the text. A string is the text. Of anything else the
    text is its JSON: structured content must be an object.

    Raises:
        CallRefused: the worker has not kept to what it promised.
    """
    if len(result) > LONGEST_RESULT:
        message = f"The answer has {len(result)} bytes, more than {LONGEST_RESULT}."
        raise CallRefused("too_large", message)
    try:
        value = read_json(result)
    except Unreadable as error:
        raise _broken(tool, f"is {error}") from error
    if tool.result is not None and (problem := tool.result.problem(value, len(result))):
        raise _broken(tool, f"does not fit the tool's output schema: {problem}")
    return Answer(_body(value), cache_for if tool.is_cacheable else 0)


def _body(value: object) -> bytes:
    if isinstance(value, str):
        return text_body(value)
    encoded = _encode(value)  # without the layout it came in, which may have carriage returns
    if isinstance(value, dict):
        return call_body(encoded.decode(), encoded)
    return text_body(encoded.decode())


def _broken(tool: OfferedTool, what: str) -> CallRefused:
    return CallRefused("internal", f"The answer of the {tool.kind} worker {what}.")
