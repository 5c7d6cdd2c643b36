"""The fake Ollama fails as it is told to, once or as often as it is told, and is well afterwards."""

import asyncio

import aiohttp
import msgspec
import pytest

from support.fake_ollama import FakeOllama
from support.fake_ollama_client import QUESTION, Client, content
from support.fake_ollama_script import BUSY, Cut, ErrorLine, Garbage, Refuse, Reply, Slow, Stall


async def test_so_many_requests_are_refused_and_the_next_is_not(client: Client) -> None:
    client.fake.script.fail(Refuse(), times=2)
    client.fake.script.reply("for the third")
    answers = [await client.chat() for _ in range(3)]

    assert [status for status, _ in answers] == [503, 503, 200]
    assert answers[0][1] == {"error": BUSY}
    assert answers[2][1]["message"]["content"] == "for the third"


async def test_a_failure_may_be_for_one_path_and_one_model(client: Client) -> None:
    client.fake.script.fail(Refuse(status=500), path="/api/chat", model="plain:1b")
    statuses = [
        (await client.ask("/api/tags"))[0],
        (await client.chat())[0],
        (await client.chat(model="plain:1b"))[0],
        (await client.chat(model="plain:1b"))[0],
    ]

    assert statuses == [200, 200, 500, 200]


async def test_a_failure_lasts_until_it_is_cleared(client: Client) -> None:
    client.fake.script.fail(Refuse(), times=None)
    before = [(await client.chat())[0] for _ in range(3)]
    client.fake.script.clear()
    after, _ = await client.chat()

    assert (before, after) == ([503] * 3, 200)


async def test_an_error_may_be_a_line_of_a_stream_of_status_200_even_the_first(
    client: Client,
) -> None:
    for after in (0, 2):
        client.fake.script.fail(ErrorLine(after=after, message="out of memory"))
        lines = await client.chat_lines()

        assert len(lines) == after + 1
        assert lines[-1] == {"error": "out of memory"}


async def test_the_same_error_without_a_stream_is_a_500(client: Client) -> None:
    client.fake.script.fail(ErrorLine(after=2, message="out of memory"))

    assert await client.chat() == (500, {"error": "out of memory"})


@pytest.mark.parametrize("after", [0, 2])
async def test_a_stall_lasts_until_it_is_released(client: Client, after: int) -> None:
    fake = client.fake
    fake.script.fail(Stall(after=after))
    asked = asyncio.create_task(client.chat_lines())
    await fake.record.until(lambda record: record.at("stalled") == 1)
    sent = fake.record.last.pieces
    fake.release()
    lines = await asked

    assert sent == after
    assert content(lines) == "Hello there, friend."


async def test_a_stall_after_the_last_token_is_before_the_last_line(client: Client) -> None:
    client.fake.script.fail(Stall(after=99))
    asked = asyncio.create_task(client.chat_lines())
    await client.fake.record.until(lambda record: record.at("stalled") == 1)
    asked.cancel()
    await client.fake.record.until(lambda record: record.at("aborted") == 1)

    assert client.fake.record.last.pieces == 3


async def test_a_connection_is_cut_between_tokens(client: Client) -> None:
    client.fake.script.fail(Cut(after=2))
    asked = {"model": "tiny", "messages": QUESTION}
    async with client.session.post(client.fake.url + "/api/chat", json=asked) as response:
        got = [msgspec.json.decode(await response.content.readline()) for _ in range(2)]
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.readline()

    assert content(got) == "Hello there,"
    assert client.fake.record.last.stage == "cut"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_connection_is_cut_before_the_answer(client: Client, stream: bool) -> None:
    client.fake.script.fail(Cut(after=0))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat(stream=stream)
    assert (await client.chat())[0] == 200


async def test_garbage_takes_the_place_of_a_line(client: Client) -> None:
    client.fake.script.fail(Garbage(after=1, data=b"{oops\n"), reply=Reply(text="a b c"))
    async with client.session.post(
        client.fake.url + "/api/chat", json={"model": "tiny", "messages": QUESTION}
    ) as response:
        first, second = (await response.read()).splitlines()

    assert msgspec.json.decode(first)["message"]["content"] == "a"
    assert second == b"{oops"


async def test_garbage_without_a_stream_is_the_whole_answer(client: Client) -> None:
    client.fake.script.fail(Garbage())

    with pytest.raises(msgspec.DecodeError):
        await client.chat()


async def test_a_slow_pull_can_be_watched_and_left(client: Client) -> None:
    client.fake.script.fail(Slow(pace_s=0.001))
    lines = await client.lines("/api/pull", {"model": "new:1b"})
    client.fake.script.fail(Stall(after=3))
    asked = asyncio.create_task(client.lines("/api/pull", {"model": "new:1b"}))
    await client.fake.record.until(lambda record: record.at("stalled") == 1)
    asked.cancel()
    await client.fake.record.until(lambda record: record.at("aborted") == 1)

    assert lines[-1] == {"status": "success"}


async def test_a_closed_port_refuses_and_drops_what_was_open(fake: FakeOllama) -> None:
    async with aiohttp.ClientSession() as session:
        client = Client(fake, session)
        fake.script.fail(Stall())
        asked = asyncio.create_task(client.chat())
        await fake.record.until(lambda record: record.at("stalled") == 1)
        await fake.close_port()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await asked
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.chat()
        await fake.open_port()

        assert (await client.chat())[0] == 200
