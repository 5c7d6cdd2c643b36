"""The process of a zygote, and our ends of what it speaks on. It needs no event loop yet."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence

from protocol.worker.settings import CREW_VARIABLE


class ZygoteProcess:
    """A zygote from the moment it is started; *control* does not block, *log* is the end of its stderr."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            OSError: it could not be started.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        log, stderr = os.pipe()
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - our own program
                list(argv),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=dict(env),
                process_group=0,
            )
        except BaseException:
            ours.close()
            os.close(log)
            raise
        finally:
            theirs.close()
            os.close(stderr)
        ours.setblocking(False)
        self.pid = self._popen.pid
        self.crew_id = env[CREW_VARIABLE]
        self.control = ours
        self.log = log

    def kill(self) -> None:
        """SIGKILL it, if it has not been reaped."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill it, and let go of everything: nobody will have it."""
        self.kill()
        self.wait()
        self.control.close()
        os.close(self.log)

    def wait(self) -> int:
        """Reap it and return its exit code, negative for a signal."""
        return self._popen.wait()
