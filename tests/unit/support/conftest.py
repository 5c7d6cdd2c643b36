"""A fake Ollama of the test's own, and a client for it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from support.fake_ollama import FakeOllama
from support.fake_ollama_client import Client
from support.fake_ollama_script import Model


@pytest.fixture
async def fake() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(pullable=[Model(name="new:1b")]) as fake:
        yield fake


@pytest.fixture
async def client(fake: FakeOllama) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(fake, session)
