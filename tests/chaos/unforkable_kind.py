"""A kind whose zygote gets no more processes from the system as long as a file is there."""

import errno
import os

from chaos import kind, work

TOOLS = kind.TOOLS


def preload() -> None:
    """Put ourselves between the zygote and the system."""
    kind.preload()
    fork = os.fork
    flag = os.path.join(os.environ[work.FOLDER_VARIABLE], work.NO_PROCESSES)

    def fork_or_fail() -> int:
        if os.path.exists(flag):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return fork()

    os.fork = fork_or_fail
