"""Tools that say to the coordinator what no worker may say; all of them behave in their second attempt."""

import os
import stat
import time

import msgspec

from chaos.work import logged
from workers.context import JobContext


def channel() -> int:
    """Return the descriptor of the socket to the coordinator."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                return int(name)
        except OSError:
            continue  # it was the listing's own
    raise AssertionError("there is no socket")


def _write_all(data: bytes) -> None:
    descriptor = channel()
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


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
        number = channel()
        while True:
            os.close(number)
            try:
                number = channel()
            except AssertionError:
                time.sleep(60)
    return ""


def _well(arguments: msgspec.Raw, context: JobContext) -> str:
    del arguments, context
    return ""


def malformed(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Return what is no JSON, in the first attempt."""
    return b'{"call":' if context.attempt == 1 else logged(_well)(arguments, context)


def malformed_layout(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Return what is no JSON and has a newline in it, in the first attempt."""
    return b'{\n"call":' if context.attempt == 1 else logged(_well)(arguments, context)
