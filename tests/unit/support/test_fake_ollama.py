"""The fake Ollama does what the real one does, and no more: every test that needs it rests on this."""

import asyncio
import base64
import urllib.error
import urllib.request
from typing import Any

import aiohttp
import msgspec
import pytest

from support.fake_ollama import FakeOllama, in_thread
from support.fake_ollama_client import QUESTION, Client, Json, content
from support.fake_ollama_script import BUSY, Model, Reply, Stall, ToolCall

# --- what there is


async def test_the_root_says_that_it_runs(client: Client) -> None:
    async with client.session.get(client.fake.url) as response:
        assert await response.text() == "Ollama is running"


async def test_models_are_listed_with_their_tags(client: Client) -> None:
    _, tags = await client.ask("/api/tags")

    assert [each["name"] for each in tags["models"]] == [
        "tiny:latest",
        "thinker:7b",
        "plain:1b",
        "embedder:latest",
    ]


async def test_show_says_what_a_model_can_do_and_how_much_it_can_read(client: Client) -> None:
    _, shown = await client.ask("/api/show", {"model": "tiny"})

    assert shown["capabilities"] == ["completion", "tools"]
    assert shown["model_info"]["llama.context_length"] == 8192


async def test_what_was_used_is_loaded_until_its_keep_alive_says_otherwise(client: Client) -> None:
    await client.chat()
    _, before = await client.ask("/api/ps")
    _, unloaded = await client.ask("/api/chat", {"model": "tiny", "keep_alive": 0})
    _, after = await client.ask("/api/ps")

    assert [(each["name"], each["context_length"]) for each in before["models"]] == [
        ("tiny:latest", 4096)
    ]
    assert (unloaded["done"], unloaded["done_reason"]) == (True, "unload")
    assert after["models"] == []


async def test_a_chat_without_messages_loads_the_model(client: Client) -> None:
    status, loaded = await client.ask("/api/chat", {"model": "tiny"})

    assert (status, loaded["done_reason"]) == (200, "load")
    assert list(client.fake.engine.loaded) == ["tiny:latest"]


async def test_a_keep_alive_of_zero_unloads_after_the_reply(client: Client) -> None:
    await client.chat(keep_alive="0s")

    assert client.fake.engine.loaded == {}


async def test_a_deleted_model_is_gone(client: Client) -> None:
    status, _ = await client.ask("/api/delete", {"model": "tiny"}, "DELETE")
    again, error = await client.ask("/api/delete", {"model": "tiny"}, "DELETE")

    assert (status, again) == (200, 404)
    assert error == {"error": "model 'tiny' not found"}


async def test_a_pull_says_how_far_it_is_and_installs_the_model(client: Client) -> None:
    lines = await client.lines("/api/pull", {"model": "new:1b"})

    done = [line.get("completed", 0) / line["total"] for line in lines if "total" in line]
    assert done == [0, 0.25, 0.5, 0.75, 1]
    assert [lines[0]["status"], lines[-1]["status"]] == ["pulling manifest", "success"]
    assert "new:1b" in client.fake.engine.models


async def test_a_pull_of_what_does_not_exist_is_an_error_within_a_stream_of_status_200(
    client: Client,
) -> None:
    lines = await client.lines("/api/pull", {"model": "nothing"})
    status, error = await client.ask("/api/pull", {"model": "nothing", "stream": False})

    assert lines == [
        {"status": "pulling manifest"},
        {"error": "pull model manifest: file does not exist"},
    ]
    assert (status, error) == (500, {"error": "pull model manifest: file does not exist"})


# --- replies


async def test_a_chat_streams_by_default_and_ends_with_its_figures(client: Client) -> None:
    lines = await client.chat_lines()

    assert content(lines) == "Hello there, friend."
    assert [line["done"] for line in lines] == [False, False, False, True]
    last = lines[-1]
    assert (last["done_reason"], last["prompt_eval_count"], last["eval_count"]) == ("stop", 4, 3)
    assert last["total_duration"] >= last["load_duration"] >= 0


async def test_the_same_chat_without_a_stream_is_one_object(client: Client) -> None:
    status, answer = await client.chat()

    assert status == 200
    assert answer["message"] == {"role": "assistant", "content": "Hello there, friend."}
    assert (answer["done"], answer["eval_count"]) == (True, 3)


async def test_a_generation_has_its_text_elsewhere(client: Client) -> None:
    lines = await client.lines("/api/generate", {"model": "tiny", "prompt": "Hello?"})

    assert "".join(line["response"] for line in lines) == "Hello there, friend."


@pytest.mark.parametrize(
    ("options", "text", "reason"),
    [
        ({"num_predict": 2}, "one two", "length"),
        ({"num_predict": 5}, "one two three\nfour ", "stop"),
        ({"num_predict": -1}, "one two three\nfour ", "stop"),
        ({"stop": ["three"]}, "one two ", "stop"),
        ({"unknown": object.__name__}, "one two three\nfour ", "stop"),
    ],
)
async def test_options_end_a_reply(client: Client, options: Json, text: str, reason: str) -> None:
    client.fake.script.reply("one two three\nfour ")
    lines = await client.chat_lines(options=options)

    assert (content(lines), lines[-1]["done_reason"]) == (text, reason)


async def test_a_model_that_can_think_does_unless_it_is_told_not_to(client: Client) -> None:
    reply = Reply(thinking="Well, well.", text="Yes.")
    client.fake.script.reply(reply, reply)
    _, thinks = await client.chat(model="thinker:7b")
    _, does_not = await client.chat(model="thinker:7b", think=False)

    assert thinks["message"]["thinking"] == "Well, well."
    assert does_not["message"] == {"role": "assistant", "content": "Yes."}


async def test_tool_calls_are_objects_in_a_message_of_their_own(client: Client) -> None:
    client.fake.script.reply(Reply(text="Look:", tool_calls=(ToolCall("scan", {"path": "x"}),)))
    lines = await client.chat_lines(tools=[{"type": "function"}])

    (call,) = lines[1]["message"]["tool_calls"]
    assert call["function"] == {"index": 0, "name": "scan", "arguments": {"path": "x"}}


@pytest.mark.parametrize(
    ("wanted", "least"),
    [
        ("json", {}),
        ({"type": "object", "properties": {"a": {"enum": ["b"]}}, "required": ["a"]}, {"a": "b"}),
        ({"type": "array", "items": {"type": "integer", "minimum": 3}, "minItems": 2}, [3, 3]),
    ],
)
async def test_a_format_is_obeyed(client: Client, wanted: Any, least: Any) -> None:
    _, answer = await client.chat(format=wanted)

    assert msgspec.json.decode(answer["message"]["content"]) == least


async def test_replies_come_in_the_order_of_the_script_and_to_whom_they_are_for(
    client: Client,
) -> None:
    client.fake.script.reply("for plain", model="plain:1b")
    client.fake.script.reply("first", "second")
    models = ["tiny", "plain:1b", "tiny", "tiny"]

    said = [(await client.chat(model=model))[1]["message"]["content"] for model in models]
    assert said == ["first", "for plain", "second", "Hello there, friend."]


async def test_a_prompt_that_is_too_long_is_cut_without_a_word(client: Client) -> None:
    long = [{"role": "user", "content": "word " * 5000}]
    _, answer = await client.chat(messages=long, options={"num_ctx": 1000})

    assert answer["prompt_eval_count"] == 1000


async def test_vectors_depend_on_the_text_alone_and_have_length_one(client: Client) -> None:
    asked = {"model": "embedder", "input": ["a", "b", "a"]}
    _, whole = await client.ask("/api/embed", asked)
    _, short = await client.ask("/api/embed", {**asked, "dimensions": 3})
    _, none = await client.ask("/api/embed", {"model": "embedder", "input": ""})

    first, other, again = whole["embeddings"]
    assert first == again != other
    assert sum(value * value for value in first) == pytest.approx(1)
    assert [len(each) for each in (*short["embeddings"], first)] == [3, 3, 3, 8]
    assert none["embeddings"] == []


# --- refusals


WRONG: list[tuple[Json, int, str]] = [
    ({"model": "none"}, 404, "model 'none' not found"),
    ({"model": ""}, 404, "model '' not found"),
    ({"model": "plain:1b", "tools": [{}]}, 400, "does not support tools"),
    ({"think": True}, 400, "does not support thinking"),
    ({"model": "embedder"}, 400, "does not support chat"),
    ({"format": "xml"}, 500, "invalid format"),
    ({"options": {"temperature": "hot"}}, 500, 'option "temperature" must be of type float32'),
    ({"options": {"num_ctx": True}}, 500, 'option "num_ctx" must be of type integer'),
    ({"keep_alive": "soon"}, 400, "invalid duration"),
    ({"messages": "hello"}, 400, "cannot unmarshal"),
    ({"messages": [{"role": "user", "content": "", "images": ["!"]}]}, 400, "illegal base64"),
    (
        {"messages": [{"role": "user", "images": [base64.b64encode(b"png").decode()]}]},
        500,
        "image input is not supported",
    ),
    (
        {"messages": [{"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}]},
        400,
        "cannot unmarshal",
    ),
]


@pytest.mark.parametrize(("more", "status", "message"), WRONG)
async def test_what_is_wrong_is_refused_as_ollama_does_it(
    client: Client, more: Json, status: int, message: str
) -> None:
    given, error = await client.chat(**more)

    assert given == status
    assert message in error["error"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/chat", b"", 400),
        ("/api/chat", b"{", 400),
        ("/api/chat", b"[]", 400),
        ("/api/embed", {"model": "tiny", "input": "x"}, 501),
        ("/api/embed", {"model": "embedder", "input": 3}, 400),
        ("/api/show", {}, 400),
        ("/api/pull", {}, 400),
    ],
)
async def test_other_requests_are_refused_too(
    client: Client, path: str, body: Json | bytes, status: int
) -> None:
    given, error = await client.ask(path, body)

    assert (given, list(error)) == (status, ["error"])


async def test_unknown_paths_and_wrong_methods_get_plain_text(client: Client) -> None:
    async with client.session.get(client.fake.url + "/api/nothing") as response:
        assert (response.status, response.content_type) == (404, "text/plain")
    async with client.session.get(client.fake.url + "/api/chat") as response:
        assert (response.status, response.content_type) == (405, "text/plain")


# --- slots and queues


async def test_a_loaded_model_queues_without_bound_and_runs_as_many_as_it_has_slots() -> None:
    async with FakeOllama(num_parallel=2, max_queue=2) as fake, aiohttp.ClientSession() as session:
        client = Client(fake, session)
        await client.chat()
        fake.script.fail(Stall(after=1), times=12)
        asked = [asyncio.create_task(client.chat()) for _ in range(12)]
        await fake.record.until(lambda record: record.at("stalled") + record.at("received") == 12)
        running = fake.engine.loaded["tiny:latest"].running
        fake.release()
        answers = await asyncio.gather(*asked)

        assert running == fake.engine.loaded["tiny:latest"].most_running == 2
        assert [status for status, _ in answers] == [200] * 12


async def test_those_that_need_a_load_wait_in_a_queue_of_limited_length() -> None:
    async with FakeOllama(num_parallel=2, max_queue=2) as fake, aiohttp.ClientSession() as session:
        client = Client(fake, session)
        fake.hold_loads()
        asked = [asyncio.create_task(client.chat()) for _ in range(12)]
        await fake.record.until(lambda record: record.at("answered") == 9)
        fake.allow_loads()
        answers = await asyncio.gather(*asked)

        assert sorted(status for status, _ in answers) == [200] * 3 + [503] * 9
        assert {error["error"] for status, error in answers if status == 503} == {BUSY}
        assert fake.engine.loads == 1


async def test_another_context_size_loads_the_model_anew(client: Client) -> None:
    for num_ctx in (None, 2048, 2048, 4096):
        await client.chat(options={"num_ctx": num_ctx})

    assert client.fake.engine.loads == 3


async def test_no_more_models_are_loaded_than_there_is_room_for() -> None:
    models = [Model(name=str(number)) for number in range(4)]
    async with FakeOllama(models, max_loaded=3) as fake, aiohttp.ClientSession() as session:
        for model in models:
            await Client(fake, session).chat(model=model.name)

        assert list(fake.engine.loaded) == ["1:latest", "2:latest", "3:latest"]


# --- what it has seen


async def test_requests_are_remembered_with_their_headers(client: Client) -> None:
    async with client.session.get(client.fake.url + "/api/tags", headers={"X-One": "1"}):
        pass
    await client.chat()

    assert [(seen.method, seen.path, seen.status) for seen in client.fake.record.requests] == [
        ("GET", "/api/tags", 200),
        ("POST", "/api/chat", 200),
    ]
    assert client.fake.record.requests[0].headers["X-One"] == "1"
    assert client.fake.record.last.json["messages"] == QUESTION
    assert client.fake.record.connections_made == 1


async def test_a_client_that_leaves_frees_its_slot_at_once(client: Client) -> None:
    fake = client.fake
    fake.script.fail(Stall(after=1))
    leaving = asyncio.create_task(client.chat())
    await fake.record.until(lambda record: record.at("stalled") == 1)
    waiting = asyncio.create_task(client.chat())
    await fake.record.until(lambda record: record.at("received") == 1)
    leaving.cancel()
    status, _ = await waiting

    assert status == 200
    assert [seen.stage for seen in fake.record.requests] == ["aborted", "answered"]


async def test_connections_are_counted_until_they_are_closed(fake: FakeOllama) -> None:
    async with aiohttp.ClientSession() as session:
        await Client(fake, session).chat()
        assert fake.record.connections == 1
    await fake.record.until(lambda record: record.connections == 0)


def test_it_serves_tests_without_a_loop_from_a_thread() -> None:
    with in_thread(FakeOllama()) as fake:
        with urllib.request.urlopen(f"{fake.url}/api/version") as response:
            assert msgspec.json.decode(response.read()) == {"version": "0.33.0"}
        fake.record.wait_for(lambda record: record.at("answered") == 1)
        fake.run(fake.close_port())
        with pytest.raises(urllib.error.URLError, match="refused"):
            urllib.request.urlopen(fake.url)
        fake.run(fake.open_port())
        with urllib.request.urlopen(fake.url) as response:
            assert response.status == 200
