"""What a worker, or the coordinator itself, leaves behind when it dies: nothing."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
import pytest

from coordinator.crew.actions import Note
from support.local_crew import LONG_S, TESTS, ends, eventually
from support.owner import Present

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel must help")

PRELUDE = """
import os, subprocess, sys, time
from coordinator.crew.orphans import adopt_orphans, kill_orphans
from workers import lineage

def is_alive(pid):
    return os.path.exists(f"/proc/{pid}")

def fleeing(seconds=600):
    "Start a process in a session of its own, by way of one that ends, and return its number."
    inbox, outbox = os.pipe()
    if (middle := os.fork()) == 0:
        os.setsid()
        if (fled := os.fork()) == 0:
            os.close(outbox)
            time.sleep(seconds)
            os._exit(0)
        os.write(outbox, str(fled).encode())
        os._exit(0)
    os.close(outbox)
    os.waitpid(middle, 0)
    return int(os.read(inbox, 32))

def worker():
    "Start a worker that keeps its descendants, and return its number and that of one that has fled."
    inbox, outbox = os.pipe()
    if (pid := os.fork()) == 0:
        lineage.keep_descendants()
        os.write(outbox, str(fleeing()).encode())
        time.sleep(600)
    os.close(outbox)
    return pid, int(os.read(inbox, 32))

def kill_all_orphans(known):
    count = 0
    while killed := kill_orphans(lambda: known):
        count += killed
        time.sleep(0.001)
    return count
"""


def run_alone(script: str) -> None:
    """Run a script in a process of its own: whatever is not known there is killed."""
    program = PRELUDE + textwrap.dedent(script)
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_has_fled_is_adopted_killed_and_reaped() -> None:
    run_alone("""
        assert adopt_orphans()
        fled = fleeing()
        known = subprocess.Popen(["sleep", "600"])
        assert is_alive(fled)

        assert kill_all_orphans({known.pid}) >= 1

        assert not is_alive(fled), "not even as a zombie"
        assert known.poll() is None
        known.kill()
    """)


def test_an_orphan_that_has_ended_is_reaped_all_the_same() -> None:
    run_alone("""
        assert adopt_orphans()
        fled = fleeing(seconds=0)
        while is_alive(fled):
            kill_orphans(set)
    """)


def test_without_children_there_is_nothing_to_ask() -> None:
    run_alone("""
        def nobody():
            raise AssertionError("nobody need be known")
        assert kill_orphans(nobody) == 0
    """)


def test_a_child_that_is_born_while_we_look_is_not_taken_for_an_orphan() -> None:
    run_alone("""
        born = []
        def known():
            born.append(subprocess.Popen(["sleep", "600"]))
            return {first.pid, born[0].pid}
        first = subprocess.Popen(["sleep", "600"])

        assert kill_orphans(known) == 0

        for child in (first, *born):
            assert child.poll() is None
            child.kill()
    """)


def test_what_a_living_worker_has_started_is_its_own_business() -> None:
    run_alone("""
        assert adopt_orphans()
        pid, fled = worker()

        assert kill_orphans(lambda: {pid}) == 0
        assert is_alive(fled)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        assert kill_all_orphans(set()) >= 1
        assert not is_alive(fled)
    """)


class Owner:
    """A process that owns a crew."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self.popen = popen

    def hear(self) -> Note | Present:
        assert self.popen.stdout is not None
        line = self.popen.stdout.readline()
        if b'"type":"Present"' in line:
            return msgspec.json.decode(line, type=Present)
        return msgspec.json.decode(line, type=Note)

    def until_noted(self, event: str) -> Note:
        while not isinstance(message := self.hear(), Note) or message.event != event:
            pass
        return message

    def present(self) -> Present:
        while not isinstance(message := self.hear(), Present):
            pass
        return message


@contextmanager
def owner(tmp_path: Path, *, has_zygote: bool = True) -> Generator[Owner]:
    popen = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "support.owner",
            "zygote" if has_zygote else "programs",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    try:
        yield Owner(popen)
    finally:
        popen.kill()
        with popen:
            pass


@pytest.mark.parametrize("has_zygote", [True, False])
async def test_what_a_worker_leaves_behind_is_killed_by_its_owner(
    tmp_path: Path, *, has_zygote: bool
) -> None:
    with owner(tmp_path, has_zygote=has_zygote) as one:
        there = one.present()
        assert psutil.pid_exists(there.fled)
        os.kill(there.worker, signal.SIGKILL)

        assert one.until_noted("orphans_killed").count
        assert await eventually(lambda: not psutil.pid_exists(there.fled))
        assert psutil.pid_exists(there.zygote or os.getpid())


def test_a_coordinator_that_is_killed_leaves_nothing_alive_and_no_file(tmp_path: Path) -> None:
    with owner(tmp_path) as one:
        there = one.present()
        one.popen.kill()

        assert all(ends(pid) for pid in (there.worker, there.fled, there.zygote))
        assert not os.path.exists(there.scratch)


def test_a_worker_that_is_a_program_of_its_own_dies_with_its_coordinator(tmp_path: Path) -> None:
    with owner(tmp_path, has_zygote=False) as one:
        there = one.present()
        one.popen.kill()

        assert ends(there.worker)
        os.kill(there.fled, signal.SIGKILL)  # nobody is left who would do it
        Path(there.scratch, "left.txt").unlink()
        Path(there.scratch).rmdir()


def test_a_coordinator_that_closes_leaves_nothing_alive_and_no_file(tmp_path: Path) -> None:
    with owner(tmp_path) as one:
        there = one.present()
        assert one.popen.stdin is not None
        one.popen.stdin.close()

        assert one.popen.wait(LONG_S) == 0
        assert not any(psutil.pid_exists(pid) for pid in (there.worker, there.fled, there.zygote))
        assert not os.path.exists(there.scratch)
