"""`code_analyze` through a real server: every detail over files, in the shape that its schema promises."""

from typing import Any, get_args

import msgspec
import pytest

from protocol.tools.code_analyze import OF_FILES, Detail
from protocol.tools.code_analyzed import Result
from support.mcp_client import Mode, connected, structured, text_of
from support.output_schemas import require_conforming
from support.sources import write
from support.starting import Starter

pytestmark = pytest.mark.anyio

COPIED = """\
def total(rows):
    result = 0
    for row in rows:
        if row.price > 0 and row.amount > 0:
            result += row.price * row.amount - row.discount
        elif row.price < 0:
            result -= row.price * row.amount + row.discount
    return round(result, 2)
"""
FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": f"import os\nimport shop.orders\n\n\n{COPIED}\n\ndef _nobody():\n    pass\n",
    "shop/orders.py": (
        f"from shop.cart import total\n\n\n{COPIED.replace('total', 'sum_up')}\n\n"
        "def report(rows, seen=[]):\n    return total(rows)\n"
    ),
    "web/app.js": "import { a } from './b.js';\nexport function run() { return a(); }\n",
    "web/b.js": "export function a() { return 1; }\n",
    "notes.md": "# Notes\n",
}
ASKED: dict[Detail, dict[str, Any]] = {
    "changes": {"path": "shop/cart.py", "compare_code": COPIED.replace("and row.amount > 0", "")},
}


@pytest.mark.parametrize("detail", get_args(Detail))
async def test_every_detail_is_answered_as_promised(start: Starter, detail: Detail) -> None:
    write(start.project, FILES)
    asked = ASKED.get(detail, {"path": "."})

    async with connected(start, "auto") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        result = await client.call_tool("code_analyze", {**asked, "detail": detail})
        again = await client.call_tool("code_analyze", {**asked, "detail": detail})

    answer = structured(result)
    schema = tools["code_analyze"].output_schema
    assert schema is not None
    require_conforming(schema, answer)
    assert answer["complete"]
    assert answer["files" if detail in OF_FILES else detail]
    assert text_of(result)
    repeated = structured(again)
    for each in (answer, repeated):
        each["totals"].pop("cached")
    assert repeated == answer


@pytest.mark.parametrize("mode", get_args(Mode))
async def test_what_is_found_is_true(start: Starter, mode: Mode) -> None:
    write(start.project, FILES)
    async with connected(start, mode) as client:

        async def rows(detail: Detail) -> list[dict[str, Any]]:
            result = await client.call_tool("code_analyze", {"path": ".", "detail": detail})
            found: list[dict[str, Any]] = structured(result)[detail]
            return found

        (copy,) = await rows("duplicates")
        assert {copy["first"]["path"], copy["second"]["path"]} == {
            "shop/cart.py",
            "shop/orders.py",
        }
        imports = {(row["path"], row.get("target")) for row in await rows("imports")}
        assert ("shop/orders.py", "shop/cart.py") in imports
        assert ("web/app.js", "web/b.js") in imports
        calls = {(row["caller"], row["callee"]) for row in await rows("calls")}
        assert ("report", "total") in calls
        assert ("run", "a") in calls
        unused = {row["name"] for row in await rows("unused")}
        assert "os" in unused
        assert "_nobody" in unused
        worst = (await rows("hotspots"))[0]
        assert worst["name"] in {"total", "sum_up"}


async def test_thresholds_rules_and_bad_arguments_are_said(start: Starter) -> None:
    write(start.project, FILES)
    async with connected(start, "auto") as client:
        asked: dict[str, Any] = {"path": "shop", "detail": "findings"}
        usual = structured(await client.call_tool("code_analyze", asked))
        strict = structured(
            await client.call_tool("code_analyze", {**asked, "thresholds": {"cyclomatic": 2}})
        )
        refused = await client.call_tool("code_analyze", {**asked, "rules": ["todoo"]})
        compared = await client.call_tool(
            "code_analyze", {"path": "shop", "compare_revision": "HEAD"}
        )

    def found(answer: dict[str, Any]) -> set[str]:
        return {row["rule"] for file in answer["files"] for row in file.get("findings", [])}

    assert "mutable-default" in found(usual)
    assert found(strict) > found(usual)
    assert refused.is_error
    assert "todo" in text_of(refused)
    assert compared.is_error
    assert "git" in text_of(compared)


def test_every_detail_has_a_field_in_the_answer() -> None:
    fields = {field.name for field in msgspec.structs.fields(Result)}
    assert {each for each in get_args(Detail) if each not in OF_FILES} <= fields
