"""The tasks of the fault programme: the same functions for every pool, imported by its workers.

Rule 1: only the standard library, so that no pool's workers start faster than another's.
Rule 2: arguments and answers are what both pickle and JSON carry.
"""

import ctypes
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Literal

Task = Literal["echo", "work", "segfault", "exit", "loop", "hold_gil", "hog"]
Argument = str | int
Answer = str | int

WORK_S = 0.010
"""What `work` takes of one core."""

LOG_VARIABLE = "FAULTS_LOG"
"""Where `work` notes that it has begun and that it is done, to be counted from outside."""

_HOG_STEP = 16 << 20
_HOG_PAUSE_S = 0.015
_HOG_HOLD_S = 0.5


def run(task: Task, argument: Argument) -> Answer:
    """Do *task* in this process."""
    return TASKS[task](argument)


def echo(payload: Argument) -> Answer:
    """Return what came."""
    return payload


def work(number: Argument) -> Answer:
    """Keep a core busy for a moment; return this process's id."""
    _note("begun", number)
    end = time.thread_time() + WORK_S
    while time.thread_time() < end:
        pass
    _note("done", number)
    return os.getpid()


def segfault(argument: Argument) -> Answer:
    """Read address 0."""
    ctypes.string_at(0)
    return argument


def leave(argument: Argument) -> Answer:
    """End the process as a C library's `exit` would."""
    del argument
    os._exit(3)


def loop(argument: Argument) -> Answer:
    """Never end, in Python: other threads get their turn."""
    _note("begun", argument)
    while True:
        argument = 0


def hold_gil(argument: Argument) -> Answer:
    """Never end, in C and with the GIL held: this expression backtracks for ages of the universe."""
    del argument
    return int(bool(re.match(r"(a+)+$", "a" * 100 + "b")))


def hog(most: Argument) -> Answer:
    """Take *most* bytes of memory at about 1 GB/s and keep them for a while."""
    taken: list[bytes] = []
    for _ in range(int(most) // _HOG_STEP):
        taken.append(b"\1" * _HOG_STEP)
        time.sleep(_HOG_PAUSE_S)
    time.sleep(_HOG_HOLD_S)
    return sum(map(len, taken))


def _note(what: str, number: Argument) -> None:
    if path := os.environ.get(LOG_VARIABLE):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{what} {number}\n".encode())  # one write: lines never mix
        os.close(file)


TASKS: Mapping[Task, Callable[[Argument], Answer]] = {
    "echo": echo,
    "work": work,
    "segfault": segfault,
    "exit": leave,
    "loop": loop,
    "hold_gil": hold_gil,
    "hog": hog,
}
