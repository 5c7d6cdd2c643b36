"""The official SDK's client, connected to the server under test."""

import uuid
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO, cast

from mcp.client.client import Client
from mcp.client.session import MessageHandlerFnT
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

from support.starting import ONE_WORKER, Starter
from support.toolcrew import command, environment, running, wait_until_gone

Mode = Literal["legacy", "auto", "2026-07-28"]


@contextmanager
def _logged(path: Path, mark: str) -> Generator[TextIO]:
    """Give the server a file for its stderr; afterwards nothing of it may be left, nor a bug reported."""
    with path.open("w") as stderr:
        yield stderr
    wait_until_gone(running(mark))
    assert "Traceback" not in path.read_text()


@asynccontextmanager
async def connected(
    start: Starter,
    mode: Mode,
    settings: Mapping[str, object] | None = None,
    listener: MessageHandlerFnT | None = None,
) -> AsyncGenerator[Client]:
    """Connect a client to a server of its own, which must end when the client leaves."""
    mark = uuid.uuid4().hex
    parameters = StdioServerParameters(
        command=command(),
        cwd=start.project,
        env=environment(start.home, mark, {**ONE_WORKER, **(settings or {})}),
    )
    with _logged(Path(start.home, f"{mark}.log"), mark) as stderr:
        transport = stdio_client(parameters, stderr)
        async with Client(transport, mode=mode, message_handler=listener) as client:
            yield client


def structured(result: CallToolResult) -> dict[str, Any]:
    """Return the structured content of a call that must have succeeded."""
    assert not result.is_error, result
    content: object = result.structured_content
    assert isinstance(content, dict)
    return cast("dict[str, Any]", content)


def text_of(result: CallToolResult) -> str:
    """Return the text of a call's only block."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text
