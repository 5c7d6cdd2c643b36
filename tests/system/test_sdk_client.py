"""What a client of the official SDK gets from us, in either era."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, TextContent, TextResourceContents

from protocol.tools.catalog import offered
from support.mcp_client import Mode, connected, structured, text_of
from support.messages import HANDSHAKE_VERSIONS, INVALID_PARAMS, MODERN, RESOURCE_NOT_FOUND_LEGACY
from support.output_schemas import require_conforming
from support.sources import SNIPPET, write
from support.starting import Starter

MODES: tuple[Mode, ...] = ("legacy", "auto")
PROJECT = {
    "app/main.py": SNIPPET,
    "app/util.py": "LIMIT = 3\n\n\ndef twice(x):\n    return 2 * x\n",
    "web/page.ts": "export interface Page { title: string }\nexport function render(p: Page) {}\n",
    "README.md": "# Title\n\nText.\n",
}

in_every_mode = pytest.mark.parametrize("mode", MODES)


async def parse(client: Client, **arguments: Any) -> dict[str, Any]:
    return structured(await client.call_tool("code_parse", arguments))


async def metrics(client: Client) -> dict[str, Any]:
    return structured(await client.call_tool("admin_get_metrics"))


@pytest.mark.parametrize(
    ("mode", "version"), [("legacy", HANDSHAKE_VERSIONS[-1]), ("auto", MODERN), (MODERN, MODERN)]
)
async def test_a_client_and_the_server_agree_on_the_newest_version_of_the_era(
    start: Starter, mode: Mode, version: str
) -> None:
    async with connected(start, mode) as client:
        assert client.protocol_version == version
        assert (await client.list_tools()).tools


@in_every_mode
async def test_tools_are_listed_page_by_page_in_a_stable_order(start: Starter, mode: Mode) -> None:
    async with connected(start, mode, {"SERVER_PAGE_SIZE": 1}) as client:
        page = first = await client.list_tools()
        tools = first.tools
        while page.next_cursor is not None:
            page = await client.list_tools(cursor=page.next_cursor)
            tools = [*tools, *page.tools]
        again = await client.list_tools(cache_mode="refresh")

    assert [tool.name for tool in tools] == list(offered(admin_tools=False, drafts=True))
    assert again.tools == first.tools
    for tool in tools:
        assert tool.description
        assert tool.annotations is not None
        contract = offered(admin_tools=False, drafts=True)[tool.name]
        assert tool.annotations.read_only_hint is contract.annotations.read_only_hint


@in_every_mode
async def test_every_structured_result_is_what_the_tools_schema_promises(
    start: Starter, mode: Mode
) -> None:
    write(start.project, {**PROJECT, "broken.py": "def f(:\n", "blob.bin": "\0", "x.min.js": "x"})

    async with connected(start, mode) as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        results = [
            await parse(client, detail=detail, **arguments)
            for detail in ("summary", "symbols", "tree")
            for arguments in (
                {"code": SNIPPET, "language": "python"},
                {"path": "app/main.py"},
                {"path": "."},
                {"paths": ["app/*.py", "nowhere.py", "web"], "limit": 1},
                {"path": "broken.py"},
            )
        ]
        figures = await metrics(client)

    assert schemas["code_parse"] is not None
    assert schemas["admin_get_metrics"] is not None
    for result in results:
        require_conforming(schemas["code_parse"], result)
    require_conforming(schemas["admin_get_metrics"], figures)


@in_every_mode
async def test_code_is_parsed_from_wherever_it_is(start: Starter, mode: Mode) -> None:
    write(start.project, PROJECT)

    async with connected(start, mode) as client:
        snippet = await parse(client, code=SNIPPET, language="python")
        file = await parse(client, path="app/main.py")
        absolute = await parse(client, path=str(start.project / "app/main.py"))
        folder = await parse(client, path="app")
        pattern = await parse(client, paths=["**/*.ts"])
        text = text_of(await client.call_tool("code_parse", {"path": "app/util.py"}))

    names = [symbol["qualified_name"] for symbol in file["files"][0]["symbols"]]
    assert names == ["A", "A.f"]
    assert snippet["files"][0]["symbols"] == file["files"][0]["symbols"]
    assert absolute["files"][0]["symbols"] == file["files"][0]["symbols"]
    assert [one["path"] for one in folder["files"]] == ["app/main.py", "app/util.py"]
    assert folder["totals"]["languages"] == {"python": 2}
    assert [one["path"] for one in pattern["files"]] == ["web/page.ts"]
    assert "twice" in text


@in_every_mode
async def test_a_second_look_is_answered_from_the_cache(start: Starter, mode: Mode) -> None:
    async with connected(start, mode) as client:
        first = await parse(client, code=SNIPPET, language="python")
        before = await metrics(client)
        second = await parse(client, language="python", code=SNIPPET)
        after = await metrics(client)

    assert first == second
    assert (before["cache"]["hits"], after["cache"]["hits"]) == (0, 1)
    assert {one["outcome"] for one in after["calls"] if one["tool"] == "code_parse"} == {
        "done",
        "hit",
    }


@in_every_mode
async def test_a_run_over_a_folder_tells_how_far_it_is(start: Starter, mode: Mode) -> None:
    write(start.project, {f"m{n}.py": SNIPPET for n in range(200)})
    seen: list[tuple[float, float | None, str | None]] = []

    async def progressed(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async with connected(start, mode, {"FILES_BATCH_FILES": 5}) as client:
        result = await client.call_tool("code_parse", {"path": "."}, progress_callback=progressed)

    assert structured(result)["totals"]["files"] == 200
    figures = [progress for progress, _, _ in seen]
    assert seen
    assert figures == sorted(set(figures))
    assert all(total is None or progress <= total <= 200 for progress, total, _ in seen)


@in_every_mode
async def test_a_long_answer_is_read_on_with_its_cursor(start: Starter, mode: Mode) -> None:
    write(start.project, {f"m{n}.py": SNIPPET for n in range(5)})

    async with connected(start, mode) as client:
        whole = await parse(client, path=".", limit=100)
        rows: list[tuple[str, str]] = []
        cursor: str | None = None
        for _ in range(4):
            page = await parse(client, path=".", limit=3, cursor=cursor)
            rows += rows_of(page)
            cursor = page["next_cursor"]

    assert cursor is None
    assert rows == rows_of(whole)
    assert len(rows) == 10


def rows_of(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(file["path"], row["name"]) for file in page["files"] for row in file["symbols"]]


@in_every_mode
async def test_prompts_are_listed_and_written(start: Starter, mode: Mode) -> None:
    async with connected(start, mode) as client:
        prompts = (await client.list_prompts()).prompts
        review = await client.get_prompt("review_file", {"path": "app/main.py", "focus": "speed"})

    assert [prompt.name for prompt in prompts] == ["explain_findings", "map_project", "review_file"]
    (message,) = review.messages
    assert isinstance(message.content, TextContent)
    assert "app/main.py" in message.content.text
    assert "speed" in message.content.text


@in_every_mode
async def test_resources_are_listed_and_read(start: Starter, mode: Mode) -> None:
    async with connected(start, mode) as client:
        resources = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
        contents = [
            (await client.read_resource(resource.uri)).contents[0] for resource in resources
        ]

    assert [resource.uri for resource in resources] == ["toolcrew://config", "toolcrew://metrics"]
    assert [template.uri_template for template in templates] == ["toolcrew://results/{id}/{page}"]
    assert all(isinstance(content, TextResourceContents) for content in contents)
    config, figures = (json.loads(c.text) for c in contents if isinstance(c, TextResourceContents))
    assert {setting["key"]: setting["value"] for setting in config}["crew.parse_workers"] == 1
    assert figures["server"]["pid"] > 0


@in_every_mode
async def test_a_large_answer_is_read_in_pieces(start: Starter, mode: Mode) -> None:
    names = [f"name_{number}" for number in range(30_000)]
    source = "\n".join(f"def {name}(): pass" for name in names)
    (start.project / "large").mkdir()
    (start.project / "large" / "a.py").write_text(source)
    (start.project / "large" / "b.py").write_text("def last(): pass\n")

    async with connected(start, mode) as client:
        result = await client.call_tool("code_parse", {"path": "large", "limit": 10})
        assert result.structured_content is not None
        uri = result.structured_content["result_uri"]
        read: list[str] = []
        while uri is not None:
            (content,) = (await client.read_resource(uri)).contents
            assert isinstance(content, TextResourceContents)
            page = json.loads(content.text)
            assert page["complete"]
            read += [symbol["name"] for file in page["files"] for symbol in file["symbols"]]
            uri = page["next"]

    assert read == [*names[: len(read) - 1], "last"]
    assert len(read) > 10


@in_every_mode
async def test_a_language_is_completed_while_it_is_typed(start: Starter, mode: Mode) -> None:
    reference = PromptReference(type="ref/prompt", name="map_project")

    async with connected(start, mode) as client:
        some = await client.complete(reference, {"name": "language", "value": "py"})
        every = await client.complete(reference, {"name": "language", "value": ""})
        none = await client.complete(reference, {"name": "path", "value": ""})

    assert some.completion.values == ["python"]
    assert len(every.completion.values) == every.completion.total
    assert "rust" in every.completion.values
    assert none.completion.values == []


@in_every_mode
async def test_what_does_not_exist_is_a_protocol_error(start: Starter, mode: Mode) -> None:
    async with connected(start, mode) as client:
        attempts = (
            client.call_tool("nobody", {}),
            client.get_prompt("nobody"),
            client.get_prompt("review_file", {}),
            client.list_tools(cursor="nonsense"),
            client.list_prompts(cursor="-1"),
            client.complete(
                PromptReference(type="ref/prompt", name="x"), {"name": "a", "value": ""}
            ),
            client.read_resource("toolcrew://nothing"),
        )
        codes: list[int] = []
        for attempt in attempts:
            with pytest.raises(MCPError) as error:
                await attempt
            codes.append(error.value.code)

    missing = RESOURCE_NOT_FOUND_LEGACY if mode == "legacy" else INVALID_PARAMS
    assert codes == [INVALID_PARAMS] * 6 + [missing]


@in_every_mode
async def test_wrong_arguments_are_a_result_that_names_the_field(
    start: Starter, mode: Mode
) -> None:
    async with connected(start, mode) as client:
        result = await client.call_tool("code_parse", {"code": "x", "detail": "everything"})

    assert result.is_error
    assert "`detail`" in text_of(result)
    assert "summary" in text_of(result)


async def test_a_stream_can_be_opened_and_is_closed_when_the_client_leaves(start: Starter) -> None:
    async with (
        connected(start, "auto") as client,
        client.listen(tools_list_changed=True) as stream,
    ):
        assert stream.honored is not None
        assert (await parse(client, code=SNIPPET, language="python"))["totals"]["files"] == 1


async def test_the_folder_of_a_client_may_have_any_name(tmp_path: Path, start: Starter) -> None:
    start.project = tmp_path / "Mein Projekt & größer 😀"
    write(start.project, PROJECT)

    async with connected(start, "auto") as client:
        folder = await parse(client, paths=["app", "web"])

    assert [file["path"] for file in folder["files"]] == [
        "app/main.py",
        "app/util.py",
        "web/page.ts",
    ]
