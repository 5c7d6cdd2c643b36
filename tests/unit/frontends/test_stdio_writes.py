"""How the answers to one read are written: together, but a client need not wait for the last of many."""

import asyncio
import os

import pytest

from coordinator.frontends.stdio import StdioTransport

ANSWER = b"a" * 1_000


class Ends:
    """A pipe to read from, and a record of what is written; after so many writes nobody reads any more."""

    def __init__(self, read_fd: int, writes: int) -> None:
        self.read_fd = read_fd
        self.write_fd = -1
        self.written: list[bytes] = []
        self._left = writes

    def write(self, data: bytes | memoryview) -> int:
        if self._left == 0:
            raise BrokenPipeError
        self._left -= 1
        self.written.append(bytes(data))
        return len(data)

    def close(self) -> None:
        os.close(self.read_fd)


async def answered(lines: int, writes: int = 1_000_000) -> tuple[Ends, list[str]]:
    """Send *lines* at once, each of which is answered at once; return what was written, and how it ended."""
    read_fd, write_fd = os.pipe()
    ends, gone, is_over = Ends(read_fd, writes), list[str](), asyncio.Event()

    def on_gone(how: str) -> None:
        gone.append(how)
        is_over.set()

    transport = StdioTransport(ends, 1 << 20, 1 << 20, on_gone)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    os.write(write_fd, b"x\n" * lines)
    os.close(write_fd)
    transport.start(lambda _: transport.send(ANSWER))
    await is_over.wait()
    transport.close()
    return ends, gone


@pytest.mark.anyio
async def test_few_answers_are_written_together() -> None:
    ends, gone = await answered(5)

    assert ends.written == [(ANSWER + b"\n") * 5]
    assert gone == ["eof"]


@pytest.mark.anyio
async def test_the_first_of_many_answers_are_written_before_the_last_are_made() -> None:
    ends, gone = await answered(100)

    assert len(ends.written) > 5
    assert b"".join(ends.written) == (ANSWER + b"\n") * 100
    assert gone == ["eof"]


@pytest.mark.parametrize("writes", [0, 3])
@pytest.mark.anyio
async def test_a_reader_that_is_gone_is_noticed_once(writes: int) -> None:
    ends, gone = await answered(100, writes)

    assert len(ends.written) == writes
    assert gone == ["closed"]
