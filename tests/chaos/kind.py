"""A kind of worker whose tools misbehave in every way there is; it is loaded by workers."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
import zlib

import msgspec

from chaos.deaths import die
from chaos.wire import close_stdout, garble, huge, malformed, malformed_layout, torn
from chaos.work import Header, logged, open_log, tell_begun
from workers.context import JobCancelled, JobContext, Tool

preload = open_log


class Echo(Header, frozen=True):
    """Give back *payload*."""

    payload: str = ""


class Times(Header, frozen=True):
    """Do something for *seconds*."""

    seconds: float = 0.0


class Memory(Header, frozen=True):
    """Take up memory: *bytes_per_s* until *most_bytes*."""

    bytes_per_s: int = 1 << 30
    most_bytes: int = 1 << 30


class Children(Header, frozen=True):
    """Start *count* processes, half of them in sessions of their own, then stay."""

    count: int = 10
    seconds: float = 60.0


_kept: list[bytearray] = []


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
    tell_begun(context)
    end = time.monotonic() + msgspec.json.decode(arguments, type=Times).seconds
    while time.monotonic() < end:
        if context.cancelled():
            raise JobCancelled
        time.sleep(0.001)
    return ""


def deaf(arguments: msgspec.Raw, context: JobContext) -> str:
    """Sleep, whoever cancels it."""
    tell_begun(context)
    time.sleep(msgspec.json.decode(arguments, type=Times).seconds)
    return ""


def loop(arguments: msgspec.Raw, context: JobContext) -> str:
    """Loop for ever in Python."""
    del arguments
    tell_begun(context)
    while True:
        pass


def gil_loop(arguments: msgspec.Raw, context: JobContext) -> str:
    """Loop for ever in C with the GIL held: a regular expression that backtracks."""
    del arguments
    tell_begun(context)
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
    tell_begun(context)
    time.sleep(order.seconds)
    return ""


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
TOOLS: dict[str, Tool] = {work.__name__: logged(work) for work in _WORK} | {
    tool.__name__: tool for tool in (die, malformed, malformed_layout)
}
