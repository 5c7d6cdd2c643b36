"""A run of git is bounded, and leaves nothing behind; git is played by shell scripts."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.git.process import MOST_AT_ONCE, GitProcesses
from protocol.errors import CallRefused

Play = Callable[[str], None]

LONG = 60.0
SOON = 5.0


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Let a script be git."""

    def play(script: str) -> None:
        program = tmp_path / "git"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return play


def is_alive(pid: int) -> bool:
    """Tell whether there is such a process that is no zombie."""
    try:
        return b") Z" not in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


async def gone(*pids: int) -> bool:
    """Wait until processes are gone."""
    until = time.monotonic() + SOON
    while any(map(is_alive, pids)) and time.monotonic() < until:  # noqa: ASYNC110 - the kernel's turn
        await asyncio.sleep(0.005)
    return not any(map(is_alive, pids))


def words_in(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


async def pids_in(file: Path, count: int) -> list[int]:
    """Wait until a script has written so many process ids."""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        if len(words := words_in(file)) == count:
            return [int(word) for word in words]
        await asyncio.sleep(0.005)
    raise AssertionError("the script did not start")


async def ask(processes: GitProcesses, most: int = 1000, given: bytes = b"") -> bytes:
    return (await processes.run(os.sep, ["x"], most_bytes=most, given=given)).output


async def test_what_it_says_comes_back_with_its_exit_code(play: Play) -> None:
    play("cat; echo wrong >&2; exit 3")
    processes = GitProcesses()

    ended = await processes.run(os.sep, ["x"], most_bytes=100, given=b"hello")

    assert ended == (3, b"hello", "wrong")
    assert processes.pids() == set()


async def test_it_is_not_alone_in_a_folder_that_it_was_not_told_of(play: Play) -> None:
    play('echo "$@"')

    said = await ask(GitProcesses())

    assert said.startswith(b"--no-pager -C / -c core.fsmonitor=false")


async def test_a_process_is_known_as_long_as_it_is_there(play: Play, tmp_path: Path) -> None:
    play(f"echo $$ > {tmp_path}/pid; read x < {tmp_path}/door")
    os.mkfifo(tmp_path / "door")
    processes = GitProcesses()
    asking = asyncio.create_task(ask(processes))
    (pid,) = await pids_in(tmp_path / "pid", 1)

    known = processes.pids()
    (tmp_path / "door").write_text("go\n")
    await asking

    assert known == {pid}
    assert processes.pids() == set()


@pytest.mark.parametrize("how", ["cancel", "deadline", "close"])
async def test_whatever_ends_a_run_ends_its_whole_group(
    play: Play, tmp_path: Path, how: str
) -> None:
    play(f"sleep {LONG} & echo $$ $! > {tmp_path}/pids; wait")
    processes = GitProcesses()

    async def bounded() -> bytes:
        async with asyncio.timeout(0.3 if how == "deadline" else LONG):
            return await ask(processes)

    asking = asyncio.create_task(bounded())
    pids = await pids_in(tmp_path / "pids", 2)
    if how == "cancel":
        asking.cancel()
    if how == "close":
        await processes.close()
    (outcome,) = await asyncio.gather(asking, return_exceptions=True)

    expected = {"cancel": asyncio.CancelledError, "deadline": TimeoutError, "close": bytes}[how]
    assert isinstance(outcome, expected)
    assert await gone(*pids)
    await processes.close()
    assert processes.pids() == set()


async def test_a_child_that_outlives_git_ends_with_the_run(play: Play, tmp_path: Path) -> None:
    play(f"sleep {LONG} >/dev/null 2>&1 & echo $! > {tmp_path}/pid; echo done")

    assert await ask(GitProcesses()) == b"done\n"

    assert await gone(*await pids_in(tmp_path / "pid", 1))


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False), (300_000, False)])
async def test_output_is_bounded(play: Play, size: int, fits: bool) -> None:
    play(f"head -c {size} /dev/zero")
    processes = GitProcesses()

    if fits:
        assert len(await ask(processes)) == size
    else:
        with pytest.raises(CallRefused, match="more than 1,000 bytes"):
            await ask(processes)
    await processes.close()
    assert processes.pids() == set()


async def test_endless_output_is_cut_and_endless_complaints_are_dropped(play: Play) -> None:
    play("head -c 3000000 /dev/zero >&2; echo fine")
    processes = GitProcesses()
    assert await ask(processes) == b"fine\n"

    play("cat /dev/zero")
    with pytest.raises(CallRefused, match="more than"):
        await ask(processes)
    await processes.close()


async def test_a_large_input_that_nobody_reads_locks_nothing(play: Play) -> None:
    play("echo fine")

    assert await ask(GitProcesses(), given=b"x" * 3_000_000) == b"fine\n"


async def test_only_so_many_run_at_a_time_and_all_get_their_turn(
    play: Play, tmp_path: Path
) -> None:
    play(f"echo > {tmp_path}/in.$$; ls {tmp_path} | grep -c ^in; sleep 0.02; rm {tmp_path}/in.$$")
    processes = GitProcesses()

    said = await asyncio.gather(*(ask(processes) for _ in range(4 * MOST_AT_ONCE)))

    assert max(map(int, said)) <= MOST_AT_ONCE


async def test_without_git_it_is_said_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CallRefused, match="git is not installed"):
        await ask(GitProcesses())


async def test_what_cannot_be_started_is_an_error_in_words() -> None:
    with pytest.raises(CallRefused, match="could not be started"):
        await GitProcesses().run(os.sep, ["x" * 3_000_000], most_bytes=10)
