"""Servers with workers of third parties: how they are configured, what they say, what is waited for."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from support.conversation import DEADLINE_S
from support.messages import Message
from support.sources import SNIPPET
from support.toolcrew import Toolcrew

CHANGED = "notifications/tools/list_changed"

_STRANGE = Path(__file__).parent / "strange_worker.py"


def strange(environment: Mapping[str, str] | None = None, **settings: object) -> Message:
    """Return the table of a worker that does as it is told (see `strange_worker.py`)."""
    command = [sys.executable, "strange.py"]
    return {"command": command, "environment": environment or {}, "write": ["."], **settings}


def write_config(folder: Path, workers: Mapping[str, Message]) -> str:
    """Write a configuration with a table for each kind, and the strange worker beside it; return its path."""
    folder.mkdir(exist_ok=True)
    shutil.copy(_STRANGE, folder / "strange.py")
    lines: list[str] = []
    for name, settings in workers.items():
        lines.append(f"[workers.{name}]")
        lines += [f"{key} = {_toml(value)}" for key, value in settings.items()]
    file = folder / "toolcrew.toml"
    file.write_text("\n".join(lines))
    return str(file)


def ready_file(folder: Path, ready: str) -> dict[str, str]:
    """Write what a worker is to say first, each character as one byte; return its environment."""
    folder.mkdir(exist_ok=True)
    file = folder / f"ready-{len(list(folder.iterdir()))}"
    file.write_bytes(ready.encode("latin-1"))
    return {"READY_FILE": file.name}


def ready_line(*tools: object, **more: object) -> str:
    """Return a first line that offers *tools*."""
    return json.dumps({"type": "ready", "kind": "x", "pid": 1, "tools": tools, **more})


def tools_of(server: Toolcrew) -> dict[str, Message]:
    """Return the first page of tools, by name."""
    return {tool["name"]: tool for tool in server.ask("tools/list")["result"]["tools"]}


def wait_until(server: Toolcrew, condition: Callable[[], object], what: str) -> None:
    """Wait until *condition* holds."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"{what}\n{server.logged()}"
        time.sleep(0.01)


def with_tool(server: Toolcrew, name: str = "shout") -> Toolcrew:
    """Return the server when it has the tool."""
    wait_until(server, lambda: name in tools_of(server), f"{name} does not come")
    return server


def wait_until_busy(server: Toolcrew, kind: str = "strange") -> None:
    """Wait until a worker of *kind* works."""

    def is_busy() -> bool:
        workers = server.metrics()["workers"]
        return any(w["kind"] == kind and w["state"] == "busy" for w in workers)

    wait_until(server, is_busy, "the call does not begin")


def logged(server: Toolcrew, event: str, kind: str = "strange") -> list[Message]:
    """Return what has been logged of *event*."""
    lines = (json.loads(line) for line in server.logged().splitlines() if line.startswith("{"))
    return [line for line in lines if line["event"] == event and line.get("kind") == kind]


def wait_until_logged(server: Toolcrew, event: str, kind: str = "strange") -> Message:
    """Return the first line of *event*."""
    wait_until(server, lambda: logged(server, event, kind), f"no {event} of {kind} is logged")
    return logged(server, event, kind)[0]


def text_of(result: Message) -> str:
    """Return the text of a result's only block."""
    (block,) = result["content"]
    text: str = block["text"]
    return text


def error_of(result: Message) -> Any:
    """Return the code of a result that must be a failure."""
    assert result["isError"], result
    return result["_meta"]["toolcrew/error"]["code"]


def require_serving(server: Toolcrew) -> None:
    """Our own tools go on, whatever the others do."""
    assert server.parse(code=SNIPPET, language="python")["files"]


def _toml(value: object) -> str:
    """Write a value as TOML has it; JSON's texts, numbers and lists are the same there."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value).items()
        return "{" + ", ".join(f"{name} = {_toml(member)}" for name, member in members) + "}"
    return json.dumps(value, ensure_ascii=False)
