"""A program on a terminal of its own, as a person has it in front of them."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

DEADLINE_S = 10.0

_LAUNCH = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes standard input the terminal that governs the program, so that keys can be signals."""


class Screen:
    """What a program shows, and the keys of whoever sits in front of it."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        width: int = 100,
        height: int = 30,
    ) -> None:
        self._ours, theirs = pty.openpty()
        self.shown = b""
        self.resize(width, height)
        self.before = termios.tcgetattr(self._ours)
        self.popen = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *arguments],
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        self._theirs = theirs  # kept, so that the terminal outlives the program

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def resize(self, width: int, height: int) -> None:
        """Change the size of the terminal, which tells the program."""
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("4H", height, width, 0, 0))

    def forget(self) -> None:
        """Look only at what is shown from now on."""
        self._take_what_is_there()
        self.shown = b""

    def wait_for(self, *words: bytes) -> None:
        """Wait until all *words* have been shown."""
        self._wait(lambda: all(word in self.shown for word in words), words)

    def wait(self) -> int:
        """Wait for the program's end and return its exit status."""
        self._wait(lambda: self.popen.poll() is not None, "its end")
        self._take_what_is_there()
        assert self.popen.returncode is not None
        return self.popen.returncode

    def settings(self) -> list[Any]:
        """Return how the terminal is set now."""
        return termios.tcgetattr(self._ours)

    def close(self) -> None:
        """End the program, if it has not ended, and let go of the terminal."""
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        os.close(self._theirs)
        os.close(self._ours)

    def _wait(self, is_there: Callable[[], bool], what: object) -> None:
        end = time.monotonic() + DEADLINE_S
        while not is_there():
            assert time.monotonic() < end, (what, self.shown)
            if select.select([self._ours], [], [], 0.02)[0]:
                self.shown += os.read(self._ours, 1 << 16)

    def _take_what_is_there(self) -> None:
        while select.select([self._ours], [], [], 0)[0]:
            self.shown += os.read(self._ours, 1 << 16)
