"""A worker that dies while it submits, at any moment: the file is as it was or as it should be, never half.

Each worker is a process of its own, which kills itself before a system call of its way that the test chooses.
"""

import fcntl
import itertools
import os
import signal
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.drafts import Bench
from workers.context import JobCancelled

OLD = "".join(f"old line {number}\n" for number in range(200))
NEW = "".join(f"new line {number}\n" for number in range(300))
CALLS = ("open", "write", "fsync", "rename", "unlink", "close", "lstat", "fstat", "pread")
MOST_MOMENTS = 2000


def dies_before(moment: int, work: Callable[[], object]) -> bool:
    """Do *work* in a process that dies before its call number *moment*; tell whether it came so far."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of a fork beside threads, which are not ours
        pid = os.fork()
    if pid == 0:
        try:
            _arm(moment)
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def _arm(moment: int) -> None:
    numbers = itertools.count()

    def armed(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **more: Any) -> Any:
            if next(numbers) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **more)

        return called

    for name in CALLS:
        setattr(os, name, armed(getattr(os, name)))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, backups=3)


def test_a_file_is_old_or_new_whenever_its_worker_dies(bench: Bench) -> None:
    seen: set[tuple[str, str]] = set()
    for moment in range(MOST_MOMENTS):
        draft = bench.drafted("a.txt", OLD)
        bench.call("write", draft=draft, text=NEW)
        has_died = dies_before(moment, partial(bench.call, "submit", draft=draft))

        text = (bench.project / "a.txt").read_text()
        assert text in {OLD, NEW}
        known = bench.call("list")["drafts"]
        state = known[0]["state"] if known else "none"
        seen.add((text[:3], state))
        assert os.listdir(bench.project) == ["a.txt"], (
            "what it left beside the file is cleared away"
        )
        if not has_died:
            break
        for one in known:
            bench.call("discard", draft=one["draft"])
    else:
        raise AssertionError("it never came to its end")

    assert seen == {("old", "changed"), ("new", "submitted"), ("new", "none")}
    assert sorted(os.listdir(bench.folder)) == ["backups", "lock"]


@pytest.mark.parametrize("tool", ["request", "write", "discard"])
def test_drafts_are_whole_whenever_their_worker_dies(bench: Bench, tool: str) -> None:
    bench.write("a.txt", OLD)
    arguments: dict[str, dict[str, object]] = {
        "request": {"path": "a.txt"},
        "write": {"text": NEW},
        "discard": {},
    }
    for moment in range(MOST_MOMENTS):
        more = arguments[tool]
        if tool != "request":
            more = {**more, "draft": bench.call("request", path="a.txt")["draft"]}
        has_died = dies_before(moment, partial(bench.call, tool, **more))

        for known in bench.call("list")["drafts"]:
            assert known["state"] in {"unchanged", "changed"}
            text = bench.call("read", draft=known["draft"])["text"]
            assert text == (NEW if known["state"] == "changed" else OLD)
            bench.call("discard", draft=known["draft"])
        bench.call("list")
        assert sorted(os.listdir(bench.folder)) == ["backups", "lock"]
        if not has_died:
            break
    else:
        raise AssertionError("it never came to its end")

    assert moment > 10


def test_a_dead_workers_lock_is_nobodys(bench: Bench) -> None:
    bench.drafted("a.txt", OLD)
    has_died = dies_before(40, lambda: bench.call("list"))

    assert has_died
    assert len(bench.call("list")["drafts"]) == 1


def test_a_worker_waits_for_the_lock_of_another_and_can_be_cancelled(bench: Bench) -> None:
    """As when two servers have the same workspace."""
    bench.call("list")
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    bench.context.cancelled = cancelled  # type: ignore[method-assign]
    with (bench.folder / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(JobCancelled):
            bench.call("list")

    assert len(asked) == 4
    assert bench.call("list")["drafts"] == []
