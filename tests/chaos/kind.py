"""A kind of worker whose tools misbehave in every way there is; it is loaded by workers.

Every tool writes down that it has begun, and that it has a result, before anybody else can know of it: one
line appended to a file in the folder that `CHAOS_FOLDER` names (see `history.line_of`).
"""

import ctypes
import os
import re
import signal
import stat
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any, Literal, NoReturn

import msgspec

from chaos.history import line_of
from workers.context import JobCancelled, JobContext, Tool

FOLDER_VARIABLE = "CHAOS_FOLDER"
WORK_LOG = "work.log"
BROKEN = "broken"
"""As long as this file is in that folder, `broken_kind` cannot be imported."""

NO_PROCESSES = "no processes"
"""As long as this one is, the zygote of `unforkable_kind` cannot fork."""

Death = Literal["segfault", "abort", "exit", "sys_exit", "exception", "sigkill", "recursion"]
Phase = Literal["decoding", "running", "encoding", "replying"]


class Header(msgspec.Struct, frozen=True):
    """What every job has."""

    call: int
    token: int


class Echo(Header, frozen=True):
    """Give back *payload*."""

    payload: str = ""


class Times(Header, frozen=True):
    """Do something for *seconds*."""

    seconds: float = 0.0


class Die(Header, frozen=True):
    """Die by *how* in *phase*, in each of the first *times* attempts."""

    how: Death = "sigkill"
    phase: Phase = "running"
    times: int = 1


class Memory(Header, frozen=True):
    """Take up memory: *bytes_per_s* until *most_bytes*."""

    bytes_per_s: int = 1 << 30
    most_bytes: int = 1 << 30


class Children(Header, frozen=True):
    """Start *count* processes, half of them in sessions of their own, then stay."""

    count: int = 10
    seconds: float = 60.0


class Answer(msgspec.Struct, frozen=True):
    """What every tool answers."""

    call: int
    token: int
    attempt: int
    pid: int
    payload: str = ""


_log = -1
_kept: list[bytearray] = []


def preload() -> None:
    """Open the log once; what is forked from here appends to it too."""
    global _log  # noqa: PLW0603 - one file in one process
    name = os.path.join(os.environ[FOLDER_VARIABLE], WORK_LOG)
    _log = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _note(what: Literal["B", "E"], call: int, context: JobContext) -> None:
    os.write(_log, line_of(what, call, context.attempt, os.getpid(), time.monotonic()))


def _tell_begun(context: JobContext) -> None:
    """Let the caller know that this will take a while now."""
    context.progress(0, None, "")


def _logged(work: Callable[[msgspec.Raw, JobContext], str]) -> Tool:
    """Make a tool of *work*, which returns a payload."""

    def run(arguments: msgspec.Raw, context: JobContext) -> bytes:
        header = msgspec.json.decode(arguments, type=Header)
        _note("B", header.call, context)
        payload = work(arguments, context)
        answer = Answer(header.call, header.token, context.attempt, os.getpid(), payload)
        result = msgspec.json.encode(answer)
        _note("E", header.call, context)
        return result

    return run


def echo(arguments: msgspec.Raw, context: JobContext) -> str:
    """Answer at once."""
    del context
    return msgspec.json.decode(arguments, type=Echo).payload


def busy(arguments: msgspec.Raw, context: JobContext) -> str:
    """Compute."""
    del context
    end = time.perf_counter() + msgspec.json.decode(arguments, type=Times).seconds
    value = 0
    while time.perf_counter() < end:
        value = zlib.crc32(b"work", value)
    return ""


def nap(arguments: msgspec.Raw, context: JobContext) -> str:
    """Sleep, and wake up when nobody waits any more."""
    _tell_begun(context)
    end = time.monotonic() + msgspec.json.decode(arguments, type=Times).seconds
    while time.monotonic() < end:
        if context.cancelled():
            raise JobCancelled
        time.sleep(0.001)
    return ""


def deaf(arguments: msgspec.Raw, context: JobContext) -> str:
    """Sleep, whoever cancels it."""
    _tell_begun(context)
    time.sleep(msgspec.json.decode(arguments, type=Times).seconds)
    return ""


def loop(arguments: msgspec.Raw, context: JobContext) -> str:
    """Loop for ever in Python."""
    del arguments
    _tell_begun(context)
    while True:
        pass


def gil_loop(arguments: msgspec.Raw, context: JobContext) -> str:
    """Loop for ever in C with the GIL held: a regular expression that backtracks."""
    del arguments
    _tell_begun(context)
    re.match(r"(a+)+$", "a" * 64 + "b")
    return ""


def stop(arguments: msgspec.Raw, context: JobContext) -> str:
    """Stop this process, in the first attempt."""
    del arguments
    if context.attempt == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    return ""


def hog(arguments: msgspec.Raw, context: JobContext) -> str:
    """Take up memory at a steady rate and let go of it at the end."""
    del context
    order = msgspec.json.decode(arguments, type=Memory)
    taken: list[bytearray] = []
    piece = 8 << 20
    start = time.monotonic()
    while len(taken) * piece < order.most_bytes:
        taken.append(bytearray(b"x") * piece)
        ahead_s = len(taken) * piece / order.bytes_per_s - (time.monotonic() - start)
        time.sleep(max(0.0, ahead_s))
    return ""


def leak(arguments: msgspec.Raw, context: JobContext) -> str:
    """Never give back *most_bytes*."""
    del context
    order = msgspec.json.decode(arguments, type=Memory)
    _kept.append(bytearray(b"x") * order.most_bytes)
    return ""


def noise(arguments: msgspec.Raw, context: JobContext) -> str:
    """Print from Python, from C and from a child, none of which is a message."""
    del arguments, context
    sys.stdout.write("noise from Python\n")
    sys.stdout.flush()
    libc = ctypes.CDLL(None)
    libc.puts(b'{"type":"done","id":1,"result":"noise from C"}')
    libc.fflush(None)
    os.write(1, b"noise from a descriptor\n")
    return ""


def spawn(arguments: msgspec.Raw, context: JobContext) -> str:
    """Start children, and children of children that have fled to sessions of their own."""
    order = msgspec.json.decode(arguments, type=Children)
    seconds = f"{order.seconds:g}"
    for number in range(order.count):
        if number % 2:
            flee = f"setsid sleep {seconds} & exit"
            subprocess.run(["/bin/sh", "-c", flee], check=True)
        else:
            subprocess.Popen(["sleep", seconds])
    _tell_begun(context)
    time.sleep(order.seconds)
    return ""


# --- deaths


def die(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Die in one phase of the job."""
    header = msgspec.json.decode(arguments, type=Header)
    _note("B", header.call, context)
    order = msgspec.json.decode(arguments, type=Die)
    answer = Answer(header.call, header.token, context.attempt, os.getpid())
    if context.attempt > order.times:
        _note("E", header.call, context)
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
            os.write(_channel(), b'{"type":"done","id":')
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


# --- what is not a message


def _channel() -> int:
    """Return the descriptor of the socket to the coordinator."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                return int(name)
        except OSError:
            continue  # it was the listing's own
    raise AssertionError("there is no socket")


def _write_all(data: bytes) -> None:
    channel = _channel()
    view = memoryview(data)
    while view:
        view = view[os.write(channel, view) :]


def torn(arguments: msgspec.Raw, context: JobContext) -> str:
    """Die after half a line, in the first attempt."""
    del arguments
    if context.attempt == 1:
        _write_all(b'{"type":"done","id":1,"result":{"call"')
        os._exit(0)
    return ""


def garble(arguments: msgspec.Raw, context: JobContext) -> str:
    """Say what is no message, in the first attempt."""
    del arguments
    if context.attempt == 1:
        _write_all(b"Segmentation fault\n")
        time.sleep(60)
    return ""


def huge(arguments: msgspec.Raw, context: JobContext) -> str:
    """Say more than a line may hold, in the first attempt."""
    del arguments
    if context.attempt == 1:
        _write_all(b"x" * (65 << 20))
        time.sleep(60)
    return ""


def close_stdout(arguments: msgspec.Raw, context: JobContext) -> str:
    """Hang up, in the first attempt, and live on."""
    del arguments
    if context.attempt == 1:
        number = _channel()
        while True:
            os.close(number)
            try:
                number = _channel()
            except AssertionError:
                time.sleep(60)
    return ""


def malformed(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Return what is no JSON, in the first attempt."""
    return b'{"call":' if context.attempt == 1 else _logged(echo)(arguments, context)


def malformed_layout(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Return what is no JSON and has a newline in it, in the first attempt."""
    return b'{\n"call":' if context.attempt == 1 else _logged(echo)(arguments, context)


_WORK = (
    echo,
    busy,
    nap,
    deaf,
    loop,
    gil_loop,
    stop,
    hog,
    leak,
    noise,
    spawn,
    torn,
    garble,
    huge,
    close_stdout,
)
TOOLS: dict[str, Tool] = {work.__name__: _logged(work) for work in _WORK} | {
    tool.__name__: tool for tool in (die, malformed, malformed_layout)
}
