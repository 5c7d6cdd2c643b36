"""The first line is answered before there is a server, if it is there; what was read is handed on."""

import os
from collections.abc import Iterator
from contextlib import suppress

import msgspec
import pytest

from coordinator.frontends.ends import FileEnds
from coordinator.frontends.mcp import early
from coordinator.opening import Opening
from support.messages import initialize, request

LINE = msgspec.json.encode(initialize())
ANSWER = early.answer(LINE)
assert ANSWER is not None
ANSWER_LINE = ANSWER + b"\n"


class Client:
    """Two pipes with an opening at their other ends."""

    def __init__(self) -> None:
        stdin, self.to_server = os.pipe()
        self.from_server, stdout = os.pipe()
        self.opening = Opening(FileEnds(stdin, stdout))

    def hear(self) -> bytes:
        """Return what has been answered so far."""
        os.set_blocking(self.from_server, False)
        try:
            return os.read(self.from_server, 1 << 16)
        except BlockingIOError:
            return b""

    def says(self, data: bytes) -> bytes:
        """Write *data*, let the opening look, and return what it answers."""
        os.write(self.to_server, data)
        self.opening.look()
        return self.hear()


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.opening.ends.close()
    for fd in (client.to_server, client.from_server):
        with suppress(OSError):  # the test has closed it
            os.close(fd)


def test_a_handshake_that_is_there_is_answered_and_handed_on(client: Client) -> None:
    assert client.says(LINE + b"\n") == ANSWER_LINE

    assert client.opening.taken == LINE + b"\n"
    assert client.opening.written == len(ANSWER_LINE)


def test_nothing_is_waited_for(client: Client) -> None:
    client.opening.look()

    assert (client.opening.taken, client.opening.written) == (b"", 0)


def test_a_line_may_come_in_pieces_between_looks(client: Client) -> None:
    assert client.says(LINE[:9]) == b""
    client.opening.look()
    assert client.says(LINE[9:]) == b""
    assert client.says(b"\n") == ANSWER_LINE

    assert client.opening.taken == LINE + b"\n"


def test_only_the_first_line_is_answered(client: Client) -> None:
    more = msgspec.json.encode(request(1, "ping")) + b"\n" + LINE

    assert client.says(LINE + b"\n" + more) == ANSWER_LINE
    assert client.says(b"\n") == b""
    assert client.opening.taken == LINE + b"\n" + more


@pytest.mark.parametrize("first", [b"\n", b"garbage\n", msgspec.json.encode([]) + b"\n"])
def test_what_comes_behind_another_line_is_left_to_the_server(client: Client, first: bytes) -> None:
    assert client.says(first + LINE + b"\n") == b""
    assert client.says(LINE + b"\n") == b""

    assert client.opening.taken == first + LINE + b"\n"


def test_a_line_that_never_ends_is_not_read_to_its_end(client: Client) -> None:
    for _ in range(5):
        client.says(b"x" * early.LONGEST)

    assert len(client.opening.taken) <= 2 * early.LONGEST


def test_the_end_of_input_is_left_to_the_server(client: Client) -> None:
    os.close(client.to_server)

    client.opening.look()
    client.opening.look()
    assert (client.opening.taken, client.opening.written) == (b"", 0)


def test_a_client_that_is_gone_is_left_to_the_server(client: Client) -> None:
    os.close(client.from_server)
    os.write(client.to_server, LINE + b"\n")

    client.opening.look()
    assert (client.opening.taken, client.opening.written) == (LINE + b"\n", 0)


def test_a_client_that_does_not_read_gets_the_rest_later(client: Client) -> None:
    room = 100
    fd = client.opening.ends.write_fd
    with suppress(BlockingIOError):
        while True:
            os.write(fd, b"x" * 4096)
    os.read(client.from_server, 4096)
    os.write(fd, b"x" * (4096 - room))
    os.write(client.to_server, LINE + b"\n")

    client.opening.look()
    assert client.opening.written in (0, room)  # a pipe takes all of a little, or nothing
