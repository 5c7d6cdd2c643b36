"""What all tools of the test kinds share: their arguments, their answer, and the log of their work.

Every tool writes down that it has begun, and that it has a result, before anybody else can know of it: one
line appended to a file in the folder that `CHAOS_FOLDER` names (see `history.line_of`).
"""

import os
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from chaos.history import line_of
from workers.context import JobContext, Tool

FOLDER_VARIABLE = "CHAOS_FOLDER"
WORK_LOG = "work.log"
BROKEN = "broken"
"""As long as this file is in that folder, `broken_kind` cannot be imported."""

NO_PROCESSES = "no processes"
"""As long as this one is, the zygote of `unforkable_kind` cannot fork."""


class Header(msgspec.Struct, frozen=True):
    """What every job has."""

    call: int
    token: int


class Answer(msgspec.Struct, frozen=True):
    """What every tool answers."""

    call: int
    token: int
    attempt: int
    pid: int
    payload: str = ""


_log = -1


def open_log() -> None:
    """Open the log once; what is forked from here appends to it too."""
    global _log  # noqa: PLW0603 - one file in one process
    name = os.path.join(os.environ[FOLDER_VARIABLE], WORK_LOG)
    _log = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def note(what: Literal["B", "E"], call: int, context: JobContext) -> None:
    """Write down that a job has begun, or has a result."""
    os.write(_log, line_of(what, call, context.attempt, os.getpid(), time.monotonic()))


def tell_begun(context: JobContext) -> None:
    """Let the caller know that this will take a while now."""
    context.progress(0, None, "")


def answer_of(header: Header, context: JobContext, payload: str = "") -> Answer:
    """Return what is answered to a job."""
    return Answer(header.call, header.token, context.attempt, os.getpid(), payload)


def logged(work: Callable[[msgspec.Raw, JobContext], str]) -> Tool:
    """Make a tool of *work*, which returns a payload."""

    def run(arguments: msgspec.Raw, context: JobContext) -> bytes:
        header = msgspec.json.decode(arguments, type=Header)
        note("B", header.call, context)
        result = msgspec.json.encode(answer_of(header, context, work(arguments, context)))
        note("E", header.call, context)
        return result

    return run
