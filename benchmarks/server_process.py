"""A server started on pipes: its three file descriptors, its last words, and its certain end."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from process_tree import ProcessTree

_SLOWING = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
"""Left out of a server's environment: installed programs run without them."""

GRACE = 3.0
"""Seconds from end of input to the kill."""


class ServerProcess:
    """Runs *command* from construction on; `with` ends it, and everything that it started."""

    def __init__(self, command: Sequence[str]) -> None:
        self.name = " ".join(Path(word).name for word in command[:2])
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self.started_at = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            env={name: value for name, value in os.environ.items() if name not in _SLOWING},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.stdin = self._process.stdin.fileno()
        self.stdout = self._process.stdout.fileno()
        os.set_blocking(self.stdin, False)
        os.set_blocking(self.stdout, False)
        self.tree = ProcessTree(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def last_words(self, most: int = 2_000) -> str:
        """Return the tail of what the server wrote to stderr."""
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - most))
        return self._stderr.read().decode(errors="replace").strip()

    def close(self) -> None:
        """Ask by closing stdin, wait, then kill the whole tree."""
        self.tree.refresh()
        with self._process:
            self._close_stdin()
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.tree.refresh()
                self._process.kill()
        self.tree.kill()
        self._stderr.close()

    def _close_stdin(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
