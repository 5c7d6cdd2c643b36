"""What all tests share: async tests run on asyncio, the one loop that we use."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
