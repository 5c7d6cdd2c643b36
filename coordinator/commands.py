"""The commands `call`, `tools`, `config` and `cache`, for people and scripts.

Calls go the way that a client's do.
"""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncGenerator
from typing import Any, cast

import msgspec

from coordinator.app import App
from coordinator.command_line import Command
from coordinator.config import Loaded, Setting, describe
from coordinator.disk_cache import clear, describe_store
from coordinator.frontends.mcp.connection import Connection
from coordinator.observe import log
from coordinator.reports import table
from protocol.mcp.versions import MODERN

_META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would do something to a terminal, which is not for tools to do."""

_TOOL_FAILED = 1
_USAGE_ERROR = 2
_UNREAD = 1


def run(command: Command, loaded: Loaded) -> int:
    """Run one command and return the exit status."""
    server = loaded.config.server
    level = server.log_level if loaded.sources["server.log_level"] != "default" else "error"
    log.configure(level, server.log_format)
    try:
        return _run(command, loaded)
    except BrokenPipeError:
        # Who read it has seen enough; what is still buffered must not fail at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _UNREAD


def _run(command: Command, loaded: Loaded) -> int:
    match command.name:
        case "call":
            return asyncio.run(_call(command, loaded))
        case "tools":
            return asyncio.run(_tools(command, loaded))
        case "cache":
            return _cache(command, loaded)
        case _:
            return _config(command, loaded)


async def _call(command: Command, loaded: Loaded) -> int:
    try:
        arguments = msgspec.json.decode(command.arguments)
    except msgspec.DecodeError as error:
        return _complain(f"the arguments are not JSON: {error}")
    if command.treemap is not None:
        return await _draw_map(command, loaded, arguments, command.treemap)
    async with _running(loaded, with_workers=True) as app:
        await app.offers.wait_for(command.tool)
        try:
            result = await _result(app, command.tool, arguments)
        except _Failed as failure:
            return failure.tell()
    if command.as_json:
        _print_json(result.get("structuredContent", result["content"]))
    elif not command.as_text and sys.stdout.isatty() and table.can_draw(command.tool):
        table.draw(result["structuredContent"], arguments, sys.stdout)
    else:
        sys.stdout.write(f"{_text_of(result)}\n")
    return 0


async def _draw_map(command: Command, loaded: Loaded, arguments: Any, file: str) -> int:
    """Ask for all files, page by page, and draw them."""
    from coordinator.reports import map_file  # noqa: PLC0415 - few want it

    if command.tool != "code_analyze" or not isinstance(arguments, dict):
        return _complain("--treemap draws what code_analyze finds")
    if wrong := map_file.problem(file):
        return _complain(wrong)
    known = cast("dict[str, Any]", arguments)
    rows: list[Any] = []
    async with _running(loaded, with_workers=True) as app:
        cursor: str | None = None
        while True:
            page = {**known, **map_file.ARGUMENTS, "cursor": cursor}
            try:
                result = await _result(app, command.tool, page)
            except _Failed as failure:
                return failure.tell()
            rows += result["structuredContent"]["files"]
            cursor = result["structuredContent"]["next_cursor"]
            if cursor is None:
                break
    try:
        sys.stdout.write(f"{map_file.write_map(file, rows)}\n")
    except OSError as error:
        return _complain(f"cannot write {file}: {error.strerror}")
    return 0


class _Failed(Exception):
    """A call was refused, or its tool has failed; *status* is what the process exits with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    def tell(self) -> int:
        """Say it on stderr and return the status."""
        sys.stderr.write(f"toolcrew: {self}\n")
        return self.status


async def _result(app: App, tool: str, arguments: object) -> dict[str, Any]:
    """Call *tool* and return its result.

    Raises:
        _Failed: there is none.
    """
    answer = await _ask(app, "tools/call", {"name": tool, "arguments": arguments})
    if "error" in answer:
        raise _Failed(answer["error"]["message"], _USAGE_ERROR)
    result: dict[str, Any] = answer["result"]
    if result["isError"]:
        raise _Failed(_text_of(result), _TOOL_FAILED)
    return result


def _text_of(result: dict[str, Any]) -> str:
    return _CONTROL.sub("\ufffd", "\n".join(block["text"] for block in result["content"]))


async def _tools(command: Command, loaded: Loaded) -> int:
    async with _running(loaded, with_workers=bool(loaded.config.workers)) as app:
        await app.offers.wait_for()
        tools = await _all_tools(app)
    if command.as_json:
        _print_json(tools)
        return 0
    for tool in tools:
        names = ", ".join(tool["inputSchema"].get("properties", ())) or "none"
        sys.stdout.write(f"{tool['name']}\n  {tool['description']}\n  arguments: {names}\n")
    return 0


async def _all_tools(app: App) -> list[dict[str, Any]]:
    """Read `tools/list` page by page."""
    tools: list[dict[str, Any]] = []
    params: dict[str, Any] = {}
    while True:
        result = (await _ask(app, "tools/list", params))["result"]
        tools += result["tools"]
        if "nextCursor" not in result:
            return tools
        params = {"cursor": result["nextCursor"]}


def _config(command: Command, loaded: Loaded) -> int:
    settings = describe(loaded)
    if command.as_json:
        _print_json(settings)
        return 0
    sys.stdout.write(f"# file: {loaded.file or 'none'}\n")
    section = ""
    for setting in settings:
        if (its_section := setting.key.rpartition(".")[0]) != section:
            section = its_section
            sys.stdout.write(f"\n[{section}]\n")
        sys.stdout.write(_toml(setting))
    return 0


def _cache(command: Command, loaded: Loaded) -> int:
    try:
        said = clear() if command.clear else describe_store(loaded.config.cache)
    except OSError as error:
        return _complain(str(error))
    sys.stdout.write(f"{said}\n")
    return 0


def _toml(setting: Setting) -> str:
    """Return a setting as it would stand in a configuration file, what there is to know above it."""
    name = setting.key.rpartition(".")[2]
    variable = f"${setting.variable}; " if setting.variable else ""
    return (
        f"# {setting.description} ({setting.expected}; {variable}from: {setting.source})\n"
        f"{name} = {_toml_value(setting.value)}\n"
    )


def _toml_value(value: object) -> str:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value).items()
        return "{" + ", ".join(f"{_toml_key(n)} = {_toml_value(m)}" for n, m in members) + "}"
    return msgspec.json.encode(value).decode()


def _toml_key(name: str) -> str:
    is_bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if is_bare else msgspec.json.encode(name).decode()


@contextlib.asynccontextmanager
async def _running(loaded: Loaded, *, with_workers: bool) -> AsyncGenerator[App]:
    """Have a server of our own for as long as the block lasts; nobody can read from it later."""
    server = msgspec.structs.replace(loaded.config.server, results_bytes=0)
    config = msgspec.structs.replace(loaded.config, server=server)
    app = App(msgspec.structs.replace(loaded, config=config))
    if with_workers:
        app.start()
    try:
        yield app
    finally:
        await app.close(at_once=True)


async def _ask(app: App, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Put one request through a connection of our own, and wait for its answer."""
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def reply(head: bytes = b"", body: bytes = b"", tail: bytes = b"") -> None:
        answered.set_result(b"".join((head, body, tail)))

    connection = Connection(app.mcp, sys.maxsize, reply)
    request: dict[str, object] = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": method,
        "params": {**params, "_meta": _META},
    }
    connection.receive(msgspec.json.encode(request))
    answer: dict[str, Any] = msgspec.json.decode(await answered)
    return answer


def _complain(message: str) -> int:
    sys.stderr.write(f"toolcrew: {message}\n")
    return _USAGE_ERROR


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
