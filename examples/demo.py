"""The main job, as an agent does it: start Toolcrew, parse this repository twice, and read the metrics.

Run it with `make demo`, or with the path of any other project as its argument.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp_types import CallToolResult, TextContent

_TOOLCREW = Path(sys.executable).parent / "toolcrew"


async def main(project: Path) -> None:
    """Show what a client sees of one server, from its start to its end."""
    server = StdioServerParameters(
        command=str(_TOOLCREW),
        args=["--log-level", "warning", "--set", "cache.disk=false"],
        cwd=project,
    )
    async with Client(server) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        print(f"Toolcrew speaks MCP {client.protocol_version} and offers {', '.join(tools)}.\n")
        cold, cold_s = await _parse(client)
        warm, warm_s = await _parse(client)
        metrics = await client.call_tool("admin_get_metrics", {})
    for result in (cold, warm, metrics):
        if result.is_error:
            sys.exit(f"The demo failed: {_text(result)}")
    _show_totals(project, _structured(cold)["totals"])
    _show_speed(_structured(cold)["totals"], cold_s, _structured(warm)["totals"], warm_s)
    _show_metrics(_structured(metrics))
    _show_text(cold)


async def _parse(client: Client) -> tuple[CallToolResult, float]:
    started_at = time.perf_counter()
    arguments = {"paths": ["."], "detail": "symbols", "limit": 12}
    result = await client.call_tool("code_parse", arguments)
    return result, time.perf_counter() - started_at


def _show_totals(project: Path, totals: dict[str, Any]) -> None:
    languages = ", ".join(f"{name} {count}" for name, count in totals["languages"].items())
    rows = {
        "project": project,
        "files": f"{totals['files']} parsed, {totals['skipped']} skipped, {totals['failed']} failed",
        "languages": languages,
        "lines": f"{totals['lines']:,} ({totals['code']:,} code, {totals['comment']:,} comment)",
        "symbols": f"{totals['symbols']:,}",
        "imports": f"{totals['imports']:,}",
        "syntax errors": totals["errors"],
    }
    _show(rows)


def _show_speed(cold: dict[str, Any], cold_s: float, warm: dict[str, Any], warm_s: float) -> None:
    rows = {
        "cold": f"{cold['files'] / cold_s:,.0f} files/s ({cold_s * 1e3:.0f} ms)",
        "warm": f"{warm['files'] / warm_s:,.0f} files/s ({warm_s * 1e3:.0f} ms), "
        f"{warm['cached']} of {warm['files']} files from the cache",
    }
    _show(rows)


def _show_metrics(metrics: dict[str, Any]) -> None:
    cache = metrics["cache"]
    lookups = cache["hits"] + cache["misses"]
    rate = 100 * cache["hits"] / lookups if lookups else 0
    workers = [
        f"{worker['kind']}-{worker['number']} {worker['state']}, pid {worker['pid']}, "
        f"{worker['jobs_done']} jobs, {worker['rss_bytes'] >> 20} MiB"
        for worker in metrics["workers"]
    ]
    rows = {
        "cache": f"{cache['entries']} entries, {cache['bytes'] >> 10} KiB, hit rate {rate:.0f} %",
        "coordinator": f"{metrics['server']['rss_bytes'] >> 20} MiB, pid {metrics['server']['pid']}",
        "workers": "\n                ".join(workers),
    }
    _show(rows)


def _show_text(result: CallToolResult) -> None:
    print("What a model reads:\n")
    for line in _text(result).splitlines():
        print(f"    {line[:110]}")


def _show(rows: Mapping[str, object]) -> None:
    for name, value in rows.items():
        print(f"  {name:<14}{value}")
    print()


def _structured(result: CallToolResult) -> dict[str, Any]:
    structured: dict[str, Any] = result.structured_content
    return structured


def _text(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    asyncio.run(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here))
