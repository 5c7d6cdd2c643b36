"""Runs each measurement in a process of its own, with an end that it cannot put off.

Rule 1: whatever a pool does, `measure` returns; what hangs is a result.
Rule 2: nothing is left: each process of a measurement carries a mark in its environment and is found by it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from fault_pools.figures import Figures, Options, Orphans, Run
from fault_pools.registry import ORPHANS
from fault_pools.tasks import LOG_VARIABLE

_BENCHMARKS = Path(__file__).parents[1]
_MARK = "FAULTS_MARK"
_START_LIMIT_S = 30.0
_POLL_S = 0.005


class NoFigures(Exception):
    """There is nothing to show, and why."""


def measure(pool: str, fault: str, options: Options) -> Run:
    """Measure one pool under one fault."""
    start = time.perf_counter()
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        child = _start(pool, fault, options, Path(folder), mark)
        try:
            figures: Figures | None = _figures(child, fault, options, Path(folder))
            problem = ""
        except NoFigures as error:
            figures, problem = None, str(error)
        finally:
            sweep(mark)
            child.wait()
    seconds = time.perf_counter() - start
    return Run(pool=pool, fault=fault, seconds=seconds, figures=figures, problem=problem)


def limit_s(options: Options) -> float:
    """Return when a measurement is ended: longer than all its patience."""
    waits = 4 * options.patience_s + options.poison_s
    return _START_LIMIT_S + waits + options.storm_s + 2 * options.calm_s


def sweep(mark: str) -> None:
    """Kill every process with this mark until there is none."""
    while marked := [process for process in psutil.process_iter() if _has(process, mark)]:
        for process in marked:
            _kill(process)
        time.sleep(_POLL_S)  # nobody may be there to reap them: a zombie has no mark


def _start(
    pool: str, fault: str, options: Options, folder: Path, mark: str
) -> "subprocess.Popen[bytes]":
    arguments = (pool, fault, msgspec.json.encode(options).decode(), str(folder / "figures"))
    environment = {
        **os.environ,
        _MARK: mark,
        LOG_VARIABLE: str(folder / "notes"),
        "TMPDIR": str(folder),
    }
    # Output goes to a file: an orphan that holds a pipe open would keep us waiting.
    with (folder / "output").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", "from fault_pools.child import main; main()", *arguments],
            cwd=_BENCHMARKS,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _figures(
    child: "subprocess.Popen[bytes]", fault: str, options: Options, folder: Path
) -> Figures:
    file = folder / "figures"
    if fault in ORPHANS:
        _wait(lambda: file.exists() or child.poll() is not None, limit_s(options))
        return _kill_coordinator(child) if child.poll() is None else _fail(folder)
    _wait(lambda: child.poll() is not None, limit_s(options))
    if not file.exists():
        return _fail(folder)
    figures: Figures = msgspec.json.decode(file.read_bytes(), type=Figures)
    return figures


def _kill_coordinator(child: "subprocess.Popen[bytes]") -> Orphans:
    """Kill the coordinator and count who outlives it."""
    theirs = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(signal.SIGKILL)
    start = time.perf_counter()
    child.wait()
    left: list[int] = []
    for after_s in (0.1, 1.0):
        time.sleep(max(0.0, start + after_s - time.perf_counter()))
        left.append(sum(map(_is_running, theirs)))
    return Orphans(before=len(theirs), after_100_ms=left[0], after_1_s=left[1])


def _wait(has_happened: Callable[[], bool], patience_s: float) -> None:
    end = time.perf_counter() + patience_s
    while not has_happened():
        if time.perf_counter() > end:
            raise NoFigures(f"no end within {patience_s:.0f} s")
        time.sleep(_POLL_S)


def _fail(folder: Path) -> Figures:
    lines = (folder / "output").read_text(errors="replace").split("\n")
    words = [line for line in lines if line.strip()]
    raise NoFigures(f"failed: {words[-1] if words else 'without a word'}")


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(_MARK) == mark and _is_running(process)
    except (psutil.Error, OSError):
        return False


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return
