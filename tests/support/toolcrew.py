"""A running `toolcrew`: the installed console script, started as a client starts it."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from support.conversation import DEADLINE_S, Conversation
from support.messages import (
    HANDSHAKE_VERSIONS,
    Message,
    initialize,
    modern,
    notification,
    request,
    tool_params,
)

MARK = "SYSTEM_TEST_MARK"
"""The variable by which every process of one test is known, whoever its parent is."""

_own_ids = itertools.count(1_000_000)


def command() -> str:
    """Return the path of the script under test: $TOOLCREW_COMMAND, else the one beside this Python."""
    return os.environ.get("TOOLCREW_COMMAND") or str(Path(sys.executable).parent / "toolcrew")


def environment(home: Path, mark: str, settings: Mapping[str, object]) -> dict[str, str]:
    """Return an environment with *settings* (such as CREW_BEAT_S) and none of the user's own."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TOOLCREW_", "XDG_", "PYTHON"))
    }
    ours = {f"TOOLCREW_{name}": str(value) for name, value in settings.items()}
    folders = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    return {**inherited, **folders, MARK: mark, **ours}


def running(mark: str) -> list[psutil.Process]:
    """Return every living process that was started with *mark*."""
    return [process for process in psutil.process_iter() if _mark_of(process) == mark]


def wait_until_gone(processes: Sequence[psutil.Process]) -> None:
    """Wait for the end of all *processes*, which may be anybody's children."""
    _, alive = psutil.wait_procs([p for p in processes if _is_alive(p)], timeout=DEADLINE_S)
    assert not [process for process in alive if _is_alive(process)]


class Toolcrew:
    """One server process and what its client says to it."""

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        talk: Conversation,
        log: Path,
        mark: str,
    ) -> None:
        self.popen = popen
        self.talk = talk
        self.log = log
        self.mark = mark

    # --- talk

    def open(self, version: str = HANDSHAKE_VERSIONS[-1]) -> Message:
        """Do the handshake and return the result of `initialize`; the server is up then.

        The answer alone does not say that: it comes while the server is still being loaded.
        """
        message_id, ping_id = next(_own_ids), next(_own_ids)
        self.talk.send(initialize(version, message_id), notification("notifications/initialized"))
        result: Message = self.talk.answer(message_id)["result"]
        self.talk.send(request(ping_id, "ping"))
        assert self.talk.answer(ping_id)["result"] == {}
        return result

    def ask(self, method: str, params: Message | None = None) -> Message:
        """Send a modern request and return its response."""
        message_id = next(_own_ids)
        self.talk.send(modern(message_id, method, params))
        return self.talk.answer(message_id)

    def call(self, tool: str, **arguments: object) -> Message:
        """Call a tool and return the result."""
        result: Message = self.ask("tools/call", tool_params(tool, arguments))["result"]
        return result

    def parse(self, **arguments: object) -> Message:
        """Call `code_parse`, which must succeed, and return the structured result."""
        result = self.call("code_parse", **arguments)
        assert not result["isError"], result
        structured: Message = result["structuredContent"]
        return structured

    def metrics(self) -> Message:
        """Return the server's figures."""
        structured: Message = self.call("admin_get_metrics")["structuredContent"]
        return structured

    # --- processes

    @property
    def process(self) -> psutil.Process:
        """The coordinator."""
        return psutil.Process(self.popen.pid)

    def workers(self) -> list[psutil.Process]:
        """Return the worker processes, as the system sees them: not the zygote that they are forked from."""
        return [process for process in self.process.children(recursive=True) if _is_worker(process)]

    def ready_workers(self, count: int) -> list[Message]:
        """Wait until *count* workers are ready, and return their figures."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            ready = [w for w in self.metrics()["workers"] if w["state"] in {"idle", "busy"}]
            if len(ready) == count:
                return ready
        raise AssertionError(f"{count} workers were not ready in time")

    def busy_worker(self, *, besides: psutil.Process | None = None) -> psutil.Process:
        """Wait until a worker is at work, other than one that is known to be dead, and return it."""
        dead = besides.pid if besides else 0
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            for worker in self.metrics()["workers"]:
                if worker["state"] == "busy" and worker["pid"] != dead:
                    return psutil.Process(worker["pid"])
        raise AssertionError("no worker was busy in time")

    def wait(self) -> int:
        """Wait for the server's end and return its exit code."""
        return self.popen.wait(DEADLINE_S)

    def leave(self) -> tuple[int, list[Any]]:
        """Leave as a client does: return the exit code and what was still said."""
        self.talk.close_input()
        last_words = self.talk.rest()
        return self.wait(), last_words

    def logged(self) -> str:
        """Return what the server has written to stderr."""
        return self.log.read_text(errors="replace")

    def end(self) -> None:
        """End whatever is left, so that one test cannot disturb another."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                raise


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK) if _is_alive(process) else None
    except psutil.Error:
        return None


def _is_worker(process: psutil.Process) -> bool:
    """A forked worker keeps the command line of its zygote, but has taken a name of its own."""
    try:
        command_line = " ".join(process.cmdline())
        is_zygote = "workers.zygote" in command_line and process.name().startswith("python")
        return _is_alive(process) and not is_zygote
    except psutil.Error:
        return False


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
