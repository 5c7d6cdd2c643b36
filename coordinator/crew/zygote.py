"""The template of one kind, from which its workers are forked in a millisecond or two.

Rule 1: the zygote may die, hang or be stopped at any time: whoever waits for a fork is told so and tries
again, workers that live are not touched, and a new zygote is started at once.
Rule 2: one that keeps dying is left alone for a while, and workers are started as plain programs meanwhile.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from coordinator.crew.actions import Note
from coordinator.crew.birth import Born, Child, Ends
from coordinator.crew.log_pipe import LogPipe
from coordinator.crew.process_figures import ProcessFigures
from coordinator.crew.restarts import GoDown, RestartBudget
from coordinator.crew.zygote_process import ZygoteProcess
from protocol.worker.zygote import (
    LONGEST_PACKET,
    Forget,
    Fork,
    Forked,
    FromZygote,
    Loaded,
    NotForked,
    decode_from_zygote,
    encode_packet,
)

_FORK_TIMEOUT_S = 1.0
_ADOPTION_TRIES = 500


class ZygoteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How the zygote of one kind is started; *name* is what its workers are called in `ps`.

    *loading* is the first of them, if it was started ahead.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    start_timeout_s: float
    loading: ZygoteProcess | None = None


class Zygote:
    """One kind's zygote, over all the processes that have that role one after the other."""

    def __init__(
        self,
        config: ZygoteConfig,
        budget: RestartBudget,
        on_note: Callable[[Note], None],
        on_log: Callable[[str], None],
    ) -> None:
        self._config = config
        self._budget = budget
        self._on_note = on_note
        self._on_log = on_log
        self._loading = config.loading
        self._loop = asyncio.get_running_loop()
        self._template: _Template | None = None
        self._retry_at = 0.0
        self._restart: asyncio.TimerHandle | None = None
        self._closed = False

    def start(self) -> None:
        """Start the process now, unless there is one or it is too early for the next."""
        if self._template is not None or self._closed or time.monotonic() < self._retry_at:
            return
        try:
            process = self._loading or ZygoteProcess(self._config.argv, self._config.env)
        except OSError as error:
            self._give_up_for(self._budget.go_down(), str(error))
            return
        self._loading = None
        self._template = _Template(process, self._config, self._on_log, self._died)
        self._on_note(Note("zygote_started", pid=self._template.pid))

    def launch(self, ends: Ends, child: Child) -> bool:
        """Have a worker forked; False if that cannot be asked for now."""
        self.start()
        return self._template is not None and self._template.fork(ends, child)

    def pids(self) -> list[int]:
        """Return the process, if there is one, after hearing out what it has said."""
        if self._template is None:
            return []
        template = self._template
        template.read()
        return [template.pid]

    def check(self, now: float) -> None:
        """Kill it if it hangs."""
        if self._template is not None and self._template.is_stuck(now):
            self._template.kill()

    def forget(self, group: int) -> None:
        """Nothing is left of the process group of one of its workers."""
        if self._template is not None:
            self._template.send(Forget(group))

    def close(self) -> None:
        """End it; nobody waits for a fork."""
        self._closed = True
        if self._restart is not None:
            self._restart.cancel()
        if self._loading is not None:
            self._loading.end()
        if self._template is not None:
            self._template.kill()
            self._template.wait()
            self._template = None

    def _died(self, code: int, waiting: Sequence[Child], *, has_forked: bool) -> None:
        pid = self._template.pid if self._template is not None else None
        self._template = None
        self._on_note(Note("zygote_exited", pid=pid, code=code))
        if has_forked:
            self._budget.prove_healthy()
        following = self._budget.spend(time.monotonic())
        if isinstance(following, GoDown):
            self._give_up_for(following, "it keeps dying")
        elif not self._closed:
            self._start_after(following.delay_s)
        for child in waiting:
            child.on_unborn("the zygote died")

    def _give_up_for(self, down: GoDown, reason: str) -> None:
        self._retry_at = time.monotonic() + down.retry_s
        self._on_note(Note("zygote_unusable", reason=reason, delay_s=down.retry_s))

    def _start_after(self, delay_s: float) -> None:
        self._retry_at = time.monotonic() + delay_s
        if delay_s == 0:
            self.start()
        else:
            self._restart = self._loop.call_later(delay_s, self.start)


class _Template:
    """One process in the role of the zygote."""

    def __init__(
        self,
        process: ZygoteProcess,
        config: ZygoteConfig,
        on_log: Callable[[str], None],
        on_death: Callable[..., None],
    ) -> None:
        self._config = config
        self._on_death = on_death
        self._loop = asyncio.get_running_loop()
        self._cookies = itertools.count(1)
        self._waiting: dict[int, tuple[Child, float]] = {}
        self._is_loaded = False
        self._has_forked = False
        self._ended = False
        self._since = time.monotonic()
        self._process = process
        self.pid = process.pid
        self._figures = ProcessFigures(self.pid)
        self._log = LogPipe(process.log, on_log)
        self._control = process.control
        self._loop.add_reader(self._control, self.read)

    def fork(self, ends: Ends, child: Child) -> bool:
        cookie = next(self._cookies)
        packet = encode_packet(Fork(cookie, self._config.name))
        try:
            socket.send_fds(self._control, [packet], [ends.socket, ends.stderr])
        except OSError:  # it is gone, or does not read
            return False
        self._waiting[cookie] = (child, time.monotonic())
        return True

    def send(self, message: Forget) -> None:
        with contextlib.suppress(OSError):
            self._control.send(encode_packet(message))

    def is_stuck(self, now: float) -> bool:
        if self._figures.read().state in {"T", "t"}:
            return True
        if not self._is_loaded:
            return now - self._since > self._config.start_timeout_s
        asked = [at for _, at in self._waiting.values()]
        return bool(asked) and now - max(min(asked), self._since) > _FORK_TIMEOUT_S

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        """Reap it and let go of everything."""
        self._ended = True
        code = self._process.wait()
        self._loop.remove_reader(self._control)
        self._control.close()
        self._log.close()
        self._figures.close()
        return code

    def read(self) -> None:
        """Take what it has said, to the last packet."""
        while not self._ended:
            try:
                packet, descriptors, _, _ = socket.recv_fds(self._control, LONGEST_PACKET, 1)
            except BlockingIOError:
                return
            except OSError:
                packet, descriptors = b"", []
            if not packet:
                self._end()
            else:
                self._take(decode_from_zygote.decode(packet), descriptors)

    def _take(self, message: FromZygote, descriptors: list[int]) -> None:
        match message:
            case Loaded():
                self._is_loaded = True
                self._since = time.monotonic()
            case Forked(cookie=cookie, pid=pid, group=group):
                self._has_forked = True
                child, _ = self._waiting.pop(cookie)
                # None came if we had no room for one; its end of the socket must tell then.
                pidfd = descriptors[0] if descriptors else None
                child.on_born(Born(pid, group, pidfd, _Reaper(pid)))
            case NotForked(cookie=cookie, message=why):
                self._waiting.pop(cookie)[0].on_unborn(why)

    def _end(self) -> None:
        """It has closed its end: it is dead or as good as."""
        self.kill()
        code = self.wait()
        waiting = [child for child, _ in self._waiting.values()]
        self._on_death(code, waiting, has_forked=self._has_forked)


class _Reaper:
    """Polls a process that becomes our child as soon as the one that forked it has ended."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._tries = 0

    def __call__(self) -> int | None:
        try:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
        except ChildProcessError:
            self._tries += 1
            return None if self._tries < _ADOPTION_TRIES else -signal.SIGKILL
        return os.waitstatus_to_exitcode(status) if pid else None
