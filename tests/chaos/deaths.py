"""A tool that dies, in whatever way and in whatever phase of its job it is told to."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, Literal, NoReturn

import msgspec

from chaos.wire import channel
from chaos.work import Header, answer_of, note
from workers.context import JobContext

Death = Literal["segfault", "abort", "exit", "sys_exit", "exception", "sigkill", "recursion"]
Phase = Literal["decoding", "running", "encoding", "replying"]


class Die(Header, frozen=True):
    """Die by *how* in *phase*, in each of the first *times* attempts."""

    how: Death = "sigkill"
    phase: Phase = "running"
    times: int = 1


def die(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Die in one phase of the job."""
    header = msgspec.json.decode(arguments, type=Header)
    note("B", header.call, context)
    order = msgspec.json.decode(arguments, type=Die)
    answer = answer_of(header, context)
    if context.attempt > order.times:
        note("E", header.call, context)
        return msgspec.json.encode(answer)

    def act(*_: Any) -> NoReturn:
        _perish(order.how)

    match order.phase:
        case "decoding":
            msgspec.json.decode(b"[0]", type=list[complex], dec_hook=act)
        case "running":
            act()
        case "encoding":
            msgspec.json.encode([answer, 1j], enc_hook=act)
        case "replying":
            os.write(channel(), b'{"type":"done","id":')
            act()
    raise AssertionError("it should be dead")


def _perish(how: Death) -> NoReturn:
    _WAYS[how]()
    raise AssertionError("it should be dead")


def _raise(error: BaseException) -> NoReturn:
    raise error


def _recurse() -> None:
    """Run out of stack in C, which no limit of Python's sees."""
    sys.setrecursionlimit(1 << 30)

    def deeper() -> None:
        through_c()

    through_c = ctypes.CFUNCTYPE(None)(deeper)
    through_c()
    os.kill(os.getpid(), signal.SIGSEGV)  # this Python does see it


_WAYS: dict[Death, Callable[[], object]] = {
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda: os._exit(3),
    "sys_exit": lambda: sys.exit(4),
    "exception": lambda: _raise(ValueError("on purpose")),
    "sigkill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "recursion": _recurse,
}
