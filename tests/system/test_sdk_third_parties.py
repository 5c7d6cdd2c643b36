"""What a client of the official SDK sees of third parties' tools, in either era."""

from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.session import IncomingMessage
from mcp_types import ToolListChangedNotification

from support.conversation import DEADLINE_S
from support.mcp_client import Mode, connected, structured, text_of
from support.starting import Starter
from support.third_parties import strange, write_config

MODES: tuple[Mode, ...] = ("legacy", "auto")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "configuration"


@pytest.fixture
def settings(folder: Path) -> Mapping[str, object]:
    """A server with a worker that is not ready before a test says so."""
    worker = strange({"WAIT_FOR": "go"}, start_timeout_s=60)
    return {"CONFIG": write_config(folder, {"strange": worker})}


async def require_shout(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools(cache_mode="refresh")).tools}
    assert tools["shout"].input_schema["required"] == ["text"]
    assert tools["typed"].output_schema is not None

    assert structured(await client.call_tool("shout", {"text": "hi"})) == {"text": "HI"}
    assert structured(await client.call_tool("typed", {"result": {"n": 1}})) == {"n": 1}
    assert text_of(await client.call_tool("say", {"raw": "[1]"})) == "[1]"
    assert (await client.call_tool("shout", {})).is_error


async def test_a_client_of_the_handshake_era_hears_of_new_tools(
    start: Starter, folder: Path, settings: Mapping[str, object]
) -> None:
    heard = anyio.Event()

    async def listener(message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification):
            heard.set()

    async with connected(start, "legacy", settings, listener) as client:
        assert "shout" not in [tool.name for tool in (await client.list_tools()).tools]
        (folder / "go").touch()
        with anyio.fail_after(DEADLINE_S):
            await heard.wait()

        await require_shout(client)


async def test_a_client_of_the_modern_era_hears_of_new_tools_if_it_listens(
    start: Starter, folder: Path, settings: Mapping[str, object]
) -> None:
    async with (
        connected(start, "auto", settings) as client,
        client.listen(tools_list_changed=True, prompts_list_changed=True) as subscription,
    ):
        assert subscription.honored.tools_list_changed
        assert not subscription.honored.prompts_list_changed
        (folder / "go").touch()
        with anyio.fail_after(DEADLINE_S):
            await anext(aiter(subscription))

        await require_shout(client)


@pytest.mark.parametrize("mode", MODES)
async def test_progress_of_a_stranger_reaches_its_caller(
    start: Starter, folder: Path, settings: Mapping[str, object], mode: Mode
) -> None:
    (folder / "go").touch()
    steps: list[float] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        assert (total, message) == (3, f"step {progress:.0f}")
        steps.append(progress)

    async def is_there(client: Client) -> bool:
        tools = (await client.list_tools(cache_mode="refresh")).tools
        return "shout" in [tool.name for tool in tools]

    async with connected(start, mode, settings) as client:
        with anyio.fail_after(DEADLINE_S):
            while not await is_there(client):
                pass
        await client.call_tool("shout", {"text": "slowly"}, progress_callback=tell)

    assert steps
    assert steps == sorted(steps)
