"""`code_analyze` with detail=duplicates through a real server, as a user would ask."""

import pytest

from support.mcp_client import connected, structured, text_of
from support.sources import write
from support.starting import Starter

pytestmark = pytest.mark.anyio

COPIED = "".join(f"  if (a.x{n} > {n}) {{ b.push(a.x{n} * {n}); }}\n" for n in range(5))
FILES = {
    "one.js": f"function first(a, b) {{\n{COPIED}}}\n",
    "two.ts": f"// copied\n\nfunction second(a, b) {{\n{COPIED}  /* end */ }}\n",
    "three.py": "x = 1\n",
    "data.json": "{}\n",
}


async def test_copies_are_found_across_files_and_again_from_the_cache(start: Starter) -> None:
    write(start.project, FILES)

    async with connected(start, "auto") as client:
        result = await client.call_tool("code_analyze", {"path": ".", "detail": "duplicates"})
        again = await client.call_tool("code_analyze", {"path": ".", "detail": "duplicates"})
        longer = await client.call_tool(
            "code_analyze", {"path": ".", "detail": "duplicates", "min_tokens": 500}
        )

    answer = structured(result)
    [row] = answer["duplicates"]
    assert row["first"] == {"path": "one.js", "start_line": 1, "end_line": 7}
    assert row["second"] == {"path": "two.ts", "start_line": 3, "end_line": 9}
    assert answer["overview"]["duplicate_count"] == 1
    assert answer["overview"]["duplicated_lines"] == 14
    assert "one.js:1-7 = two.ts:3-9" in text_of(result)
    assert structured(again)["duplicates"] == answer["duplicates"]
    assert structured(longer)["duplicates"] == []
