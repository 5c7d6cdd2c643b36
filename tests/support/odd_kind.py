"""A kind of worker whose tools print, raise, take their time, die, and leave processes behind."""

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from protocol.errors import CallRefused
from workers.context import JobCancelled, JobContext, Tool


def echo(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del context
    return bytes(arguments)


def collects(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Tell whether garbage is looked for, and how much is known to be none."""
    del arguments, context
    return msgspec.json.encode([gc.isenabled(), gc.get_freeze_count()])


def prints(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    print("from python")  # noqa: T201 - that is the point
    os.write(1, b"from C\n")
    subprocess.run(["echo", "from a child"], check=True)
    return b'"printed"'


def reads(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    return msgspec.json.encode(sys.stdin.read())


def refuses(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    raise CallRefused("binary", "not for me")


def breaks(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    raise ValueError("a bug")


def recurses(arguments: msgspec.Raw, context: JobContext) -> bytes:
    return recurses(arguments, context)


def too_large(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    return b'"' + b"x" * 40_000_000 + b'"'


def hungry(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Ask for more than the limit allows."""
    del arguments
    return b"x" * (2 * context.settings.sandbox.memory_limit_bytes)


def waits(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Look for a cancellation all the time."""
    del arguments
    context.part(b'"waiting"')
    while not context.cancelled():
        pass
    raise JobCancelled


def computes(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Compute, and look for a cancellation now and then."""
    del arguments
    context.part(b'"computing"')
    number = 0
    while not context.cancelled():
        for _ in range(1000):
            number = (number * 1103515245 + 12345) % 2**31
    raise JobCancelled


def waits_for_a_file(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Look for no cancellation, but for a file."""
    context.part(b'"waiting"')
    path = msgspec.json.decode(arguments, type=str)
    while not os.path.exists(path):
        time.sleep(0.001)
    return b'"there"'


def tells(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments
    context.progress(1, 2, "half")
    context.progress(2.0, None, "")
    return b"null"


def counts_attempts(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments
    return str(context.attempt).encode()


def pretty(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    return b'{\n  "a": 1\n}'


def parts(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments
    context.part(b"1")
    context.part(b"2")
    return b"3"


def who(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Say who we are, and who our parent is."""
    del arguments, context
    name = Path("/proc/self/comm").read_text().strip()
    return msgspec.json.encode({"pid": os.getpid(), "parent": os.getppid(), "name": name})


def flees(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Start a process that leaves our group and our session, and return its number."""
    del arguments, context
    inbox, outbox = os.pipe()
    if (middle := os.fork()) == 0:
        os.setsid()
        if (fled := os.fork()) == 0:
            time.sleep(600)
            os._exit(0)
        os.write(outbox, str(fled).encode())
        os._exit(0)
    os.close(outbox)
    os.waitpid(middle, 0)
    with open(inbox, "rb") as pipe:
        return os.read(pipe.fileno(), 32)


def segfaults(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    os.kill(os.getpid(), signal.SIGSEGV)
    return b"null"


def exits(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del arguments, context
    os._exit(3)


TOOLS: dict[str, Tool] = {
    tool.__name__: tool
    for tool in (
        echo,
        prints,
        reads,
        refuses,
        breaks,
        recurses,
        too_large,
        hungry,
        waits,
        computes,
        waits_for_a_file,
        tells,
        counts_attempts,
        pretty,
        parts,
        who,
        collects,
        flees,
        segfaults,
        exits,
    )
}
