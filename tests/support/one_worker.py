"""One worker process and both ends of its conversation, without a coordinator."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import VARIABLE, WorkerSettings

LONG_S = 30.0

MEMORY_LIMIT = 2 << 30
TESTS = Path(__file__).parents[1]


def argv(kind: str) -> list[str]:
    """Return the command line of a worker of the kind in the module *kind*."""
    return [sys.executable, "-P", "-m", "workers", "test", kind]


def environment(beat_s: float, coordinator: int) -> dict[str, str]:
    settings = WorkerSettings(
        coordinator_pid=coordinator,
        roots=(),
        working_directory="/",
        beat_s=beat_s,
        sandbox=SandboxPolicy(enabled=False, memory_limit_bytes=MEMORY_LIMIT),
    )
    return {
        **os.environ,
        "PYTHONPATH": str(TESTS),
        VARIABLE: msgspec.json.encode(settings).decode(),
    }


class Worker:
    """One worker process and both ends of its conversation."""

    def __init__(self, beat_s: float, kind: str) -> None:
        self.process = subprocess.Popen(
            argv(kind),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(beat_s, os.getpid()),
        )
        self.ready: dict[str, Any] = {}
        self._buffer = b""

    def say(self, **message: Any) -> None:
        self.say_raw(json.dumps(message).encode() + b"\n")

    def say_raw(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def job(self, job_id: int, tool: str, arguments: object = None, **more: object) -> None:
        self.say(type="job", id=job_id, tool=tool, arguments=arguments, timeout=LONG_S, **more)

    def hear(self) -> dict[str, Any]:
        """Return the next message."""
        assert self.process.stdout is not None
        while b"\n" not in self._buffer:
            readable, _, _ = select.select([self.process.stdout], [], [], LONG_S)
            assert readable, "the worker says nothing"
            data = os.read(self.process.stdout.fileno(), 1 << 20)
            assert data, "the worker has closed its end"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def answer(self, tool: str, arguments: object = None) -> dict[str, Any]:
        """Run one job and return its outcome."""
        self.job(1, tool, arguments)
        return self.hear()

    def leave(self) -> tuple[int, bytes]:
        """Close its input and return its exit status and what it wrote to stderr."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(LONG_S)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()


@contextmanager
def worker(beat_s: float = 60.0, kind: str = "support.odd_kind") -> Generator[Worker]:
    """Have a worker that is ready."""
    started = Worker(beat_s, kind)
    try:
        started.ready = started.hear()
        assert started.ready["type"] == "ready"
        yield started
    finally:
        started.process.kill()
        with started.process:
            pass
