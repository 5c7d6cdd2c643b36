"""What all tests share: asyncio as the one event loop, and properties that come out the same every time."""

import os

import pytest
from hypothesis import settings

# No deadline: a slow machine is no bug. `HYPOTHESIS_PROFILE=explore make test` looks at new examples.
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
