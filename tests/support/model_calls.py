"""Servers in front of fake model hosts: how they are configured, asked, and what they say."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from support.messages import Message, modern, tool_params
from support.toolcrew import Toolcrew

_ids = itertools.count(5_000_000)

QUICK: Mapping[str, object] = {
    "first_token_timeout_s": 0.4,
    "idle_timeout_s": 0.4,
    "backoff_base_s": 0.01,
    "backoff_max_s": 0.02,
    "breaker_open_s": 0.05,
    "breaker_open_max_s": 0.05,
}
"""Short enough to be waited for."""


def write_models(
    folder: Path, hosts: Mapping[str, Mapping[str, object]], **settings: object
) -> str:
    """Write a configuration with these *hosts* and [ollama] settings; return its path."""
    folder.mkdir(exist_ok=True)
    lines = [
        "[ollama]",
        *(f"{key} = {_toml(value)}" for key, value in {**QUICK, **settings}.items()),
    ]
    for name, host in hosts.items():
        lines += [
            f"[ollama.hosts.{json.dumps(name)}]",
            *(f"{key} = {_toml(v)}" for key, v in host.items()),
        ]
    file = folder / "models.toml"
    file.write_text("\n".join(lines))
    return str(file)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in members.items()) + "}"
    return json.dumps(value)


def answer_of(result: Message) -> Any:
    """Return the structured answer of a call that succeeded."""
    assert not result["isError"], result
    return result["structuredContent"]


def refusal_of(result: Message) -> tuple[str, str]:
    """Return the code and the words of a call that failed."""
    assert result["isError"], result
    return result["_meta"]["toolcrew/error"]["code"], result["content"][0]["text"]


def begin(server: Toolcrew, tool: str, token: str | None = None, **arguments: object) -> int:
    """Send a call and return its id; with *token* its progress is wanted."""
    message_id = next(_ids)
    meta: Message = {} if token is None else {"progressToken": token}
    params = tool_params(tool, arguments)
    server.talk.send(modern(message_id, "tools/call", params, meta))
    return message_id


def progress_of(server: Toolcrew, token: str) -> list[Message]:
    """Return the notifications of progress that have come, in order."""
    said = server.talk.synchronise()
    return [
        message["params"]
        for message in said
        if message.get("method") == "notifications/progress"
        and message["params"]["progressToken"] == token
    ]


def events_of(server: Toolcrew) -> dict[str, int]:
    """Return how often what has happened to the worker in front of model servers."""
    found = server.metrics()["events"]
    return {event["event"]: event["count"] for event in found if event["kind"] == "ollama"}
