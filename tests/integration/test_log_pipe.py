"""Every line that a process writes to its stderr is told, up to its last word."""

import asyncio
import os

import psutil

from coordinator.crew.log_pipe import LogPipe
from support.local_crew import eventually


class Pipe:
    """Both ends, and what was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.inbox, self.outbox = os.pipe()
        self.log = LogPipe(self.inbox, self.lines.append)

    def write(self, data: bytes) -> None:
        os.write(self.outbox, data)

    def close(self) -> None:
        os.close(self.outbox)
        self.log.close()


async def test_lines_are_told_as_they_are_written() -> None:
    pipe = Pipe()
    pipe.write(b"first\nsec")
    assert await eventually(lambda: pipe.lines == ["first"])
    pipe.write(b"ond\n\n")
    assert await eventually(lambda: pipe.lines == ["first", "second", ""])
    pipe.close()


async def test_what_nobody_has_read_yet_is_told_at_the_close() -> None:
    pipe = Pipe()
    pipe.write(b"last\nwords")
    pipe.close()

    assert pipe.lines == ["last", "words"]


async def test_what_is_no_text_is_told_as_far_as_it_is_one() -> None:
    pipe = Pipe()
    pipe.write(b"caf\xe9\n")
    pipe.close()

    assert pipe.lines == ["caf\N{REPLACEMENT CHARACTER}"]


async def test_a_very_long_line_is_only_mentioned() -> None:
    pipe = Pipe()
    pipe.write(b"x" * 20_000 + b"\nshort\n")
    pipe.close()

    assert pipe.lines == ["(a very long line)", "short"]


async def test_a_writer_that_is_gone_is_not_read_from_again_and_again() -> None:
    pipe = Pipe()
    os.close(pipe.outbox)
    for _ in range(10):
        await asyncio.sleep(0)

    assert not asyncio.get_running_loop().remove_reader(pipe.inbox)
    pipe.log.close()


async def test_nothing_is_left_open() -> None:
    before = psutil.Process().num_fds()
    Pipe().close()

    assert psutil.Process().num_fds() == before
