"""The fake's other face: what OpenAI's clients would see."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest

from support.fake_ollama import FakeOllama
from support.fake_ollama_client import QUESTION, Client, Json
from support.fake_ollama_script import ErrorLine, Reply, ToolCall

PATH = "/v1/chat/completions"


async def events(client: Client, **more: Any) -> list[Json]:
    """Return the objects of a stream, whose last event says that it is the last."""
    asked = {"model": "tiny", "messages": QUESTION, "stream": True, **more}
    async with client.session.post(client.fake.url + PATH, json=asked) as response:
        assert response.content_type == "text/event-stream"
        *said, nothing = (await response.text()).split("\n\n")
    assert nothing == ""
    texts = [event.removeprefix("data: ") for event in said]
    assert "[DONE]" not in texts[:-1]
    return [msgspec.json.decode(text) for text in texts if text != "[DONE]"]


async def completion(client: Client, **more: Any) -> Json:
    """Return an answer that comes at once."""
    asked = {"model": "tiny", "messages": QUESTION, **more}
    status, said = await client.ask(PATH, asked)
    assert status == 200, said
    return said


async def test_a_completion_comes_at_once_by_default(client: Client) -> None:
    said = await completion(client)

    (choice,) = said["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Hello there, friend."}
    assert choice["finish_reason"] == "stop"
    assert said["usage"] == {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}


async def test_a_stream_says_role_tokens_reason_and_usage_in_turn(client: Client) -> None:
    first, second, third, last, usage = await events(client, stream_options={"include_usage": True})

    deltas = [each["choices"][0]["delta"] for each in (first, second, third, last)]
    assert deltas == [
        {"role": "assistant", "content": "Hello"},
        {"content": " there,"},
        {"content": " friend."},
        {},
    ]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 7)


async def test_usage_is_left_out_unless_it_is_wanted(client: Client) -> None:
    assert not [each for each in await events(client) if "usage" in each]


async def test_tool_calls_have_their_arguments_as_a_string(client: Client) -> None:
    client.fake.script.reply(Reply(tool_calls=(ToolCall("scan", {"path": "x"}),)))
    said = await completion(client, tools=[{}])

    (choice,) = said["choices"]
    (call,) = choice["message"]["tool_calls"]
    assert call["function"] == {"name": "scan", "arguments": '{"path":"x"}'}
    assert choice["finish_reason"] == "tool_calls"


async def test_a_schema_is_obeyed(client: Client) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    said = await completion(client, response_format=wanted)

    assert msgspec.json.decode(said["choices"][0]["message"]["content"]) == {"a": False}


async def test_content_may_come_in_parts_and_end_early(client: Client) -> None:
    parts = [{"type": "text", "text": "one two"}, {"type": "text", "text": "three"}]
    said = await completion(client, messages=[{"role": "user", "content": parts}], max_tokens=2)

    assert said["usage"]["prompt_tokens"] == 3
    assert said["choices"][0]["finish_reason"] == "length"


async def test_models_and_vectors(client: Client) -> None:
    _, models = await client.ask("/v1/models")
    _, vectors = await client.ask("/v1/embeddings", {"model": "embedder", "input": ["a", "b"]})

    assert models["data"][0]["id"] == "tiny:latest"
    assert [(each["index"], len(each["embedding"])) for each in vectors["data"]] == [(0, 8), (1, 8)]


async def test_an_error_within_a_stream_is_an_event_without_an_end(client: Client) -> None:
    client.fake.script.fail(ErrorLine(after=1, message="no more"))
    _, last = await events(client)

    assert last == {"error": {"message": "no more"}}


@pytest.mark.parametrize(
    ("more", "status", "kind"),
    [
        ({"model": "none"}, 404, "not_found_error"),
        ({"messages": []}, 400, "invalid_request_error"),
        ({"messages": 3}, 400, "invalid_request_error"),
    ],
)
async def test_refusals_are_objects(client: Client, more: Json, status: int, kind: str) -> None:
    given, said = await client.ask(PATH, {"model": "tiny", "messages": QUESTION, **more})

    assert (given, said["error"]["type"]) == (status, kind)


@pytest.fixture
async def locked() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(api_key="secret") as fake:
        yield fake


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Authorization": "Bearer secret"}, 200)]
)
async def test_a_key_is_asked_for(locked: FakeOllama, headers: dict[str, str], status: int) -> None:
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(locked.url + "/v1/models") as response,
    ):
        assert response.status == status
