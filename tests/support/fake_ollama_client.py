"""A client that hides nothing, for the tests of the fake Ollama itself."""

from typing import Any

import aiohttp
import msgspec

from support.fake_ollama import FakeOllama

Json = dict[str, Any]

QUESTION = [{"role": "user", "content": "Say hello to me"}]


class Client:
    """A client that hides nothing: status, and lines or the one object."""

    def __init__(self, fake: FakeOllama, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.session = session

    async def ask(
        self, path: str, body: Json | bytes | None = None, method: str = ""
    ) -> tuple[int, Json]:
        """Return status and object of an answer in one piece."""
        data = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        verb = method or ("GET" if body is None else "POST")
        async with self.session.request(verb, self.fake.url + path, data=data) as response:
            text = await response.read()
            return response.status, msgspec.json.decode(text) if text else {}

    async def lines(self, path: str, body: Json) -> list[Json]:
        """Return the lines of an answer that must be a stream."""
        async with self.session.post(self.fake.url + path, json=body) as response:
            assert response.status == 200, await response.text()
            assert response.content_type == "application/x-ndjson"
            return [msgspec.json.decode(line) for line in (await response.read()).splitlines()]

    async def chat(self, **more: Any) -> tuple[int, Json]:
        """Chat without a stream."""
        asked = {"model": "tiny", "messages": QUESTION, "stream": False, **more}
        return await self.ask("/api/chat", asked)

    async def chat_lines(self, **more: Any) -> list[Json]:
        """Chat with a stream."""
        return await self.lines("/api/chat", {"model": "tiny", "messages": QUESTION, **more})


def content(lines: list[Json]) -> str:
    """Return the text of a chat."""
    return "".join(line["message"]["content"] for line in lines)
