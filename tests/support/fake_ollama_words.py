"""What a fake model says in a run with tools, each word knowing what it was told last."""

import json
import re
from collections.abc import Callable
from typing import Any

from support.fake_ollama import FakeOllama
from support.fake_ollama_script import Reply, ToolCall

Words = Callable[[str], Reply]
"""What a model says, given what it was told last."""


def says(fake: FakeOllama, *words: Words | Reply | str) -> None:
    """Let the model say these in turn, and the last of them for ever."""
    said = 0

    def reply(body: dict[str, Any]) -> Reply:
        nonlocal said
        word = words[min(said, len(words) - 1)]
        said += 1
        if callable(word):
            return word(str(body["messages"][-1]["content"]))
        return Reply(text=word) if isinstance(word, str) else word

    fake.script.default = reply


def native(name: str, **arguments: object) -> Words:
    """Return a native call; an argument `draft` is the id that it was told last."""
    return lambda told: Reply(tool_calls=(ToolCall(name, _with_draft(arguments, told)),))


def written(name: str, **arguments: object) -> Words:
    """Return the same call in words."""
    return lambda told: Reply(
        text=f'I will.\n<tool_call>{{"name": "{name}", "arguments": '
        f"{json.dumps(_with_draft(arguments, told))}}}</tool_call>"
    )


def _with_draft(arguments: dict[str, object], told: str) -> dict[str, object]:
    if "draft" not in arguments:
        return arguments
    draft = re.search(r"\b[0-9a-f]{10}\b", told)
    assert draft is not None, told
    return {**arguments, "draft": draft[0]}
