"""What can be listed, read and picked: pages, resources, prompts and what completes their arguments."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.frontends.mcp.completion import complete
from coordinator.frontends.mcp.pages import page
from coordinator.frontends.mcp.prompts import PROMPTS, Prompt, get_prompt
from protocol.jsonrpc import RpcError
from protocol.mcp.params import Argument, CompleteParams, Reference
from protocol.tools.catalog import CONTRACTS
from protocol.tools.languages import LANGUAGES
from support.fakes_client import FakeClient
from support.fakes_runs import Rig
from support.fakes_time import fake_time
from support.messages import (
    INVALID_PARAMS,
    RESOURCE_NOT_FOUND_LEGACY,
    Message,
    modern,
    request,
)

every_prompt = pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.name)


@pytest.fixture
def client() -> Iterator[FakeClient]:
    with fake_time() as loop:
        client = FakeClient(Rig(loop))
        client.shake_hands("2025-11-25")
        yield client


# --- pages


@given(st.integers(0, 40), st.integers(1, 12))
def test_all_pages_together_are_the_list(length: int, size: int) -> None:
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        found = page("entries", range(length), cursor, size)
        entries = msgspec.convert(found["entries"], list[int])
        assert len(entries) <= size
        seen += entries
        following = found.get("nextCursor")
        cursor = None if following is None else str(following)

    assert seen == list(range(length))


@given(
    st.text(min_size=1)
    | st.sampled_from(["0", "-1", "5", "6", "1e0", "\u0663", "03", " 1", "9999999999"])
)
def test_a_cursor_that_was_never_given_is_refused(cursor: str) -> None:
    if cursor in {"1", "2", "3", "4"}:
        return

    with pytest.raises(RpcError, match="unknown cursor") as refusal:
        page("entries", range(5), cursor, 2)

    assert refusal.value.code == INVALID_PARAMS


@pytest.mark.parametrize("ask", [request, modern])
@pytest.mark.parametrize(
    ("method", "name", "expected"),
    [
        ("tools/list", "tools", list(CONTRACTS)),
        ("prompts/list", "prompts", [prompt.name for prompt in PROMPTS]),
        ("resources/list", "resources", ["a", "b"]),
        ("resources/templates/list", "resourceTemplates", []),
    ],
)
def test_a_list_can_be_read_to_its_end(
    client: FakeClient, ask: Any, method: str, name: str, expected: list[str]
) -> None:
    names: list[str] = []
    cursor: str | None = None
    for _ in range(len(expected) + 1):
        result = client.result(ask(1, method, {} if cursor is None else {"cursor": cursor}))
        names += [entry["name"] for entry in result[name]]
        cursor = result.get("nextCursor")
        if cursor is None:
            break

    assert names == expected


@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list"])
def test_a_bad_cursor_is_an_error(client: FakeClient, method: str) -> None:
    assert client.error(request(1, method, {"cursor": "bogus"}))["code"] == INVALID_PARAMS


# --- resources


@pytest.mark.parametrize("ask", [request, modern])
def test_a_resource_is_read_as_json(client: FakeClient, ask: Any) -> None:
    result = client.result(ask(1, "resources/read", {"uri": "toolcrew://a"}))

    assert result["contents"] == [
        {"uri": "toolcrew://a", "mimeType": "application/json", "text": '{"a":1}'}
    ]
    assert result.get("ttlMs", 0) == 0


@pytest.mark.parametrize(
    ("ask", "code"), [(request, RESOURCE_NOT_FOUND_LEGACY), (modern, INVALID_PARAMS)]
)
def test_a_missing_resource_has_the_code_of_its_era(
    client: FakeClient, ask: Any, code: int
) -> None:
    error = client.error(ask(1, "resources/read", {"uri": "toolcrew://z"}))

    assert error["code"] == code
    assert error["data"] == {"uri": "toolcrew://z"}


# --- prompts


def text_of(result: Message) -> str:
    (message,) = result["messages"]
    text: str = message["content"]["text"]
    return text


@every_prompt
def test_a_prompt_says_what_it_was_given(prompt: Prompt) -> None:
    arguments = {argument.name: f"<{argument.name}>" for argument in prompt.arguments}

    text = text_of(get_prompt(prompt.name, arguments))

    assert all(value in text for value in arguments.values())


@every_prompt
def test_a_prompt_needs_only_what_it_says_it_requires(prompt: Prompt) -> None:
    required = {a.name: "x" for a in prompt.arguments if a.required}

    assert text_of(get_prompt(prompt.name, required))
    for name in required:
        with pytest.raises(RpcError, match=f"needs the argument {name}"):
            get_prompt(prompt.name, {n: "x" for n in required if n != name})


@every_prompt
def test_a_prompt_mentions_no_tool_that_does_not_exist(prompt: Prompt) -> None:
    text = text_of(get_prompt(prompt.name, {a.name: "x" for a in prompt.arguments}))

    words = {word.strip("`.,:;()") for word in text.split()}
    assert {word for word in words if word.startswith(("code_", "admin_"))} <= set(CONTRACTS)


def test_an_unknown_prompt_is_an_error_that_names_the_known_ones(client: FakeClient) -> None:
    error = client.error(modern(1, "prompts/get", {"name": "nope"}))

    assert error["code"] == INVALID_PARAMS
    assert all(prompt.name in error["message"] for prompt in PROMPTS)


# --- completion


def completed(typed: str, argument: str = "language", prompt: str = "map_project") -> list[str]:
    params = CompleteParams(ref=Reference("ref/prompt", prompt), argument=Argument(argument, typed))
    found = msgspec.convert(complete(params)["completion"], dict[str, Any])
    assert found["total"] == len(found["values"])
    assert found["hasMore"] is False
    return msgspec.convert(found["values"], list[str])


@given(st.text(max_size=4) | st.sampled_from(list(LANGUAGES)))
def test_what_is_offered_begins_as_it_was_typed(typed: str) -> None:
    start = typed.strip().lower()

    for name in completed(typed):
        language = LANGUAGES[name]
        assert any(each.startswith(start) for each in (language.name, *language.aliases))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("py", ["python"]), ("GOL", ["go"]), ("zzz", []), ("", list(LANGUAGES))],
)
def test_languages_are_completed_by_name_and_alias(typed: str, offered: list[str]) -> None:
    assert completed(typed) == offered


def test_nothing_is_known_of_other_arguments() -> None:
    assert completed("", argument="path") == []
    assert completed("", argument="language", prompt="review_file") == []


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"type": "ref/prompt", "name": "nope"}, "Unknown prompt: nope"),
        ({"type": "ref/prompt"}, "Unknown prompt: "),
        ({"type": "ref/tool", "name": "x"}, "Unknown reference type: ref/tool"),
    ],
)
def test_completing_for_what_does_not_exist_is_an_error(
    client: FakeClient, reference: Message, message: str
) -> None:
    params = {"ref": reference, "argument": {"name": "language", "value": ""}}

    error = client.error(request(1, "completion/complete", params))

    assert (error["code"], error["message"]) == (INVALID_PARAMS, message)


def test_a_resource_has_nothing_to_complete(client: FakeClient) -> None:
    reference = {"type": "ref/resource", "uri": "toolcrew://a"}
    params = {"ref": reference, "argument": {"name": "language", "value": ""}}

    result = client.result(modern(1, "completion/complete", params))

    assert result["completion"] == {"values": [], "total": 0, "hasMore": False}


@pytest.mark.parametrize(
    ("version", "has_schema"), [("2025-03-26", False), ("2025-06-18", True), ("2025-11-25", True)]
)
def test_a_tool_has_an_output_schema_for_who_knows_structured_content(
    version: str, has_schema: bool
) -> None:
    with fake_time() as loop:
        client = FakeClient(Rig(loop))
        client.shake_hands(version)
        tools = client.result(request(1, "tools/list"))["tools"]

    assert {"outputSchema" in tool for tool in tools} == {has_schema}
