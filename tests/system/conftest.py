"""What every system test starts from: an empty project, and a way to start the server in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.starting import Shared, Starter
from support.toolcrew import Toolcrew


@pytest.fixture
def anyio_backend() -> str:
    """The SDK's client is what is tested with; one event loop is enough for it."""
    return "asyncio"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start servers with it; when the test is over, nothing of them may be left."""
    starter = Starter(tmp_path)
    yield starter
    starter.end_all()


@pytest.fixture
def project(start: Starter) -> Path:
    """The folder that servers are started in."""
    return start.project


@pytest.fixture
def server(start: Starter) -> Toolcrew:
    """A server with one worker, as it comes."""
    return start()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """What the servers of `enduring` are started with."""
    shared = Shared(Starter(tmp_path_factory.mktemp("enduring")))
    yield shared
    shared.starter.end_all()


@pytest.fixture
def enduring(shared: Shared) -> Iterator[Toolcrew]:
    """A server that many tests talk to on one connection; each must leave it with nothing unsaid."""
    server = shared.server()
    yield server
    shared.require_untroubled()
