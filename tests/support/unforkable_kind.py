"""A kind whose zygote cannot fork, as where there is no room for a process, while a certain file is there."""

import errno
import os

from support.odd_kind import TOOLS

__all__ = ["TOOLS"]

_fork = os.fork


def fork() -> int:
    if os.path.exists(os.path.join(os.environ["KIND_FOLDER"], "full")):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return _fork()


os.fork = fork
