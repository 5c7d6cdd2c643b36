"""What is read of a process is what psutil reads of it, whatever the process is called."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import psutil
import pytest

from coordinator.crew.health import Sample
from coordinator.crew.process_figures import ProcessFigures
from support.local_crew import TESTS, eventually

IDLE = "print('up', flush=True); input()"
ROUGHLY = 1 << 20
"""The kernel does not count to the last page what it tells quickly."""

BUSY = "data = b'x' * (50 << 20)\nwhile time.process_time() < 0.3: pass\n" + IDLE


@contextmanager
def running(code: str, name: str = "") -> Generator[subprocess.Popen[bytes]]:
    """Run *code*, and wait until it says that it is up."""
    prelude = f"import time; from workers.lineage import name_process; name_process({name!r})\n"
    popen = subprocess.Popen(
        [sys.executable, "-c", (prelude if name else "import time\n") + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    try:
        assert popen.stdout is not None
        assert popen.stdout.readline() == b"up\n"
        yield popen
    finally:
        popen.kill()
        with popen:
            pass


@contextmanager
def figures_of(pid: int) -> Generator[ProcessFigures]:
    figures = ProcessFigures(pid)
    try:
        yield figures
    finally:
        figures.close()


async def test_memory_and_time_are_those_that_psutil_sees() -> None:
    with running(BUSY) as popen, figures_of(popen.pid) as figures:
        process = psutil.Process(popen.pid)
        assert await eventually(lambda: process.status() == psutil.STATUS_SLEEPING)
        times = process.cpu_times()

        seen = figures.read()

        assert seen.state == "S"
        assert seen.rss_bytes == pytest.approx(process.memory_info().rss, abs=ROUGHLY)
        assert seen.rss_bytes > 50 << 20
        assert seen.cpu_s == pytest.approx(times.user + times.system, abs=0.021)
        assert seen.cpu_s > 0.25


@pytest.mark.skipif(sys.platform != "linux", reason="names are given by prctl")
@pytest.mark.parametrize("name", [") T (", "a) T b", "a b", "((", "\n", "x) "])
async def test_no_name_of_a_process_leads_us_astray(name: str) -> None:
    with running(IDLE, name) as popen, figures_of(popen.pid) as figures:
        assert await eventually(lambda: figures.read().state == "S")
        assert figures.read().rss_bytes > 1 << 20


async def test_a_stopped_process_is_seen_to_be_stopped() -> None:
    with running(IDLE) as popen, figures_of(popen.pid) as figures:
        popen.send_signal(signal.SIGSTOP)
        assert await eventually(lambda: figures.read().state == "T")
        popen.send_signal(signal.SIGCONT)
        assert await eventually(lambda: figures.read().state == "S")


async def test_a_process_that_has_ended_is_a_zombie_and_then_nothing() -> None:
    with running(IDLE) as popen, figures_of(popen.pid) as figures:
        popen.kill()
        assert await eventually(lambda: figures.read().state == "Z")
        popen.wait()

        assert figures.read() == Sample()


def test_of_a_process_that_never_was_nothing_is_seen() -> None:
    with figures_of(2**22 + 1) as figures:
        assert figures.read() == Sample()


def test_after_the_close_nothing_is_seen_and_nothing_is_open() -> None:
    before = psutil.Process().num_fds()
    figures = ProcessFigures(os.getpid())
    assert figures.read().rss_bytes > 0
    figures.close()
    figures.close()

    assert figures.read() == Sample()
    assert psutil.Process().num_fds() == before


async def test_where_there_is_no_proc_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(BUSY) as popen:
        with figures_of(popen.pid) as figures:
            assert await eventually(lambda: figures.read().state == "S")
            seen = figures.read()
        monkeypatch.setattr(sys, "platform", "darwin")
        with figures_of(popen.pid) as figures:
            elsewhere = figures.read()
            popen.send_signal(signal.SIGSTOP)
            stopped = await eventually(lambda: figures.read().state == "T")

    assert stopped
    assert elsewhere.state == ""
    assert elsewhere.rss_bytes == pytest.approx(seen.rss_bytes, abs=ROUGHLY)
    assert elsewhere.cpu_s == pytest.approx(seen.cpu_s, abs=0.021)
