"""The zygote of a kind, given as KIND [MODULE]: load it once, then fork a worker whenever asked.

Rule 1: this process has one thread and opens nothing that a worker must not have, so that forking it is safe.
Rule 2: a worker becomes the coordinator's own child: it is forked by a process in between, which ends at
once, and the coordinator adopts what that leaves behind. So the zygote's death does not touch its workers,
and the coordinator's death kills them.
Rule 3: when the coordinator is gone, nothing that it or any of its workers has started is left alive.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from typing import NoReturn

from protocol.worker.settings import CREW_VARIABLE, WorkerSettings
from protocol.worker.zygote import (
    LONGEST_PACKET,
    Fork,
    Forked,
    Loaded,
    NotForked,
    decode_to_zygote,
    encode_packet,
)
from workers import kinds, limits, lineage
from workers.channel import take_stdio
from workers.sandbox.apply import prepare
from workers.serving import serve
from workers.settings import read_settings

_ADOPTION_POLL_S = 0.0001
_IDLE_S = 0.2


class Zygote:
    """One kind, loaded, and the socket on which workers are asked for."""

    def __init__(self, kind: kinds.Kind, settings: WorkerSettings, control: socket.socket) -> None:
        self._kind = kind
        self._settings = settings
        self._control = control
        self._prepared = prepare(settings.sandbox)
        self._groups: set[int] = set()
        self._warming = None if kind.warm is None else kind.warm()

    def run(self) -> None:
        """Fork until the coordinator is gone."""
        self._prepared.enforce_inherited()
        with contextlib.suppress(OSError):  # it is gone already: `recv_fds` will say so
            self._control.send(encode_packet(Loaded()))
        while True:
            self._warm_up_while_idle()
            packet, descriptors, _, _ = socket.recv_fds(self._control, LONGEST_PACKET, 2)
            if not packet:
                return
            message = decode_to_zygote.decode(packet)
            if isinstance(message, Fork):
                self._fork(message, *descriptors)
                for descriptor in descriptors:
                    os.close(descriptor)
            else:
                self._groups.discard(message.group)

    def _warm_up_while_idle(self) -> None:
        """Spare the workers that are still to come what a first job costs, while nobody waits for one."""
        if self._warming is None or self._is_asked(_IDLE_S):
            return
        for _ in self._warming:
            if self._is_asked(0):
                return
        self._warming = None
        _freeze()

    def _is_asked(self, within_s: float) -> bool:
        return bool(select.select([self._control], [], [], within_s)[0])

    def kill_groups(self) -> None:
        """Kill what is left in the process groups of our workers."""
        for group in self._groups:
            lineage.kill_group(group)

    def _fork(self, request: Fork, inbox: int, stderr: int) -> None:
        if not self._prepared.is_current():
            self._prepared.renew()
        try:
            between = os.fork()
        except OSError as error:
            self._control.send(encode_packet(NotForked(request.cookie, str(error))))
            return
        if between == 0:
            self._stand_between(request, inbox, stderr)
        self._groups.add(between)
        os.waitpid(between, 0)

    def _stand_between(self, request: Fork, inbox: int, stderr: int) -> NoReturn:
        """Fork the worker, tell who it is, and leave it to the coordinator."""
        os.setpgid(0, 0)
        group = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self._control.send(encode_packet(NotForked(request.cookie, str(error))))
            os._exit(1)
        if pid == 0:
            self._become_worker(request, group, inbox, stderr)
        forked = encode_packet(Forked(request.cookie, pid, group))
        socket.send_fds(self._control, [forked], [os.pidfd_open(pid)])
        os._exit(0)

    def _become_worker(self, request: Fork, between: int, inbox: int, stderr: int) -> NoReturn:
        self._control.close()
        for descriptor, number in ((inbox, 0), (inbox, 1), (stderr, 2)):
            os.dup2(descriptor, number)
        os.close(inbox)
        os.close(stderr)
        channel = take_stdio()
        lineage.name_process(request.name)
        while os.getppid() == between:
            time.sleep(_ADOPTION_POLL_S)
        limits.apply(self._settings.coordinator_pid)
        serve(self._kind, self._settings, channel, self._prepared)


def main() -> None:
    """Load the kind given on the command line and fork on request."""
    gc.disable()  # nothing of what is loaded is garbage, and looking for it takes 5 ms
    settings = read_settings()
    limits.apply(settings.coordinator_pid)  # until the first worker there is nothing to clean up
    control = socket.socket(fileno=os.dup(0))
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, 0)
    os.dup2(2, 1)
    os.close(devnull)
    kind = kinds.load(*sys.argv[1:3])
    zygote = Zygote(kind, settings, control)
    _require_one_thread()
    lineage.outlive_parent()
    gc.freeze()  # at once: the first worker is waited for, and `_warm_up_while_idle` collects
    gc.enable()
    zygote.run()
    zygote.kill_groups()
    _kill_the_rest()
    if settings.scratch:
        import shutil  # noqa: PLC0415 - the start need not wait for what the end needs

        shutil.rmtree(settings.scratch, ignore_errors=True)
    os._exit(0)


def _freeze() -> None:
    """Keep what there is out of every later collection: that would write to it, and unshare its pages."""
    gc.collect()
    gc.freeze()


def _require_one_thread() -> None:
    """A thread may hold a lock that nobody would ever release in a forked process."""
    threads = os.listdir("/proc/self/task")
    if len(threads) > 1:
        sys.exit(f"loading this kind has started threads ({len(threads)}): it cannot be forked")


def _kill_the_rest() -> None:
    """Kill every process that inherited our crew's mark, whatever group or session it has fled to."""
    mark = f"{CREW_VARIABLE}={os.environ[CREW_VARIABLE]}".encode()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as environ:
                is_ours = mark in environ.read().split(b"\0")
            if is_ours:
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            continue  # it is gone, or somebody else's
