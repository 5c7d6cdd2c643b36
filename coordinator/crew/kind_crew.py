"""One kind's processes: carries out what its roster decides, and tells the roster what happens to them."""

import os
import sys
import time
from collections.abc import Callable

import msgspec

from coordinator.crew.health import HealthLimits
from coordinator.crew.restarts import RestartBudget, RestartPolicy
from coordinator.crew.roster import Actions, Kill, Note, Report, Roster, Send, Spawn
from coordinator.crew.worker_process import WorkerProcess, process_state
from protocol.framing import Overlong
from protocol.worker.messages import decode_from_worker, encode_line
from protocol.worker.settings import VARIABLE, WorkerSettings


class KindConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of worker: how many, how they start, what they may do."""

    name: str
    size: int
    argv: tuple[str, ...]
    limits: HealthLimits
    restarts: RestartPolicy


def built_in_argv(kind: str) -> tuple[str, ...]:
    """Return the command line of a built-in worker; -P keeps the working directory off its import path."""
    return (sys.executable, "-P", "-m", "workers", kind)


class Observer:
    """Where the crew's life is told; each callable gets the kind's name first."""

    def __init__(
        self,
        on_report: Callable[[str, Report], None],
        on_note: Callable[[str, Note], None],
        on_log: Callable[[str, int, str], None],
    ) -> None:
        self.on_report = on_report
        self.on_note = on_note
        self.on_log = on_log


class KindCrew:
    """The processes of one kind."""

    def __init__(
        self,
        config: KindConfig,
        settings: WorkerSettings,
        observer: Observer,
        on_exit: Callable[[str], None],
    ) -> None:
        self.config = config
        self.roster = Roster(config.size, config.limits, RestartBudget(config.restarts))
        self._env = {**os.environ, VARIABLE: msgspec.json.encode(settings).decode()}
        self._processes: dict[int, WorkerProcess] = {}
        self._observer = observer
        self._on_exit = on_exit

    def is_empty(self) -> bool:
        """Tell whether no process is left."""
        return not self._processes

    def tick(self, now: float) -> None:
        """Look at every process and do what is due."""
        states = {number: process_state(p.pid) for number, p in self._processes.items()}
        self.carry_out(self.roster.tick(now, states))

    def carry_out(self, actions: Actions) -> None:
        """Do what the roster decided."""
        for action in actions:
            match action:
                case Send(number=number, message=message):
                    self._processes[number].send(encode_line(message))
                case Report():
                    self._observer.on_report(self.config.name, action)
                case Spawn(number=number):
                    self._spawn(number)
                case Kill(number=number):
                    self._processes[number].kill()
                case Note():
                    self._observer.on_note(self.config.name, action)

    def received(self, number: int, lines: list[bytes | Overlong]) -> None:
        """Take whole lines of the worker in place *number*."""
        now = time.monotonic()
        for line in lines:
            if line:
                self.carry_out(self._take(number, line, now))

    def logged(self, number: int, lines: list[bytes | Overlong]) -> None:
        """Take whole lines of a worker's stderr."""
        for line in lines:
            text = (
                "(a very long line)"
                if isinstance(line, Overlong)
                else line.decode(errors="replace")
            )
            self._observer.on_log(self.config.name, number, text)

    def exited(self, number: int, code: int) -> None:
        """Take the end of the worker in place *number*."""
        self._processes.pop(number, None)
        self.carry_out(self.roster.exited(number, code, time.monotonic()))
        self._on_exit(self.config.name)

    def _take(self, number: int, line: bytes | Overlong, now: float) -> Actions:
        if isinstance(line, Overlong):
            return self.roster.garbled(number, "sent an overlong line")
        try:
            message = decode_from_worker.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return self.roster.garbled(number, f"sent what is not a message: {error}")
        return self.roster.receive(number, message, now)

    def _spawn(self, number: int) -> None:
        try:
            process = WorkerProcess(self.config.argv, self._env, _Listener(self, number))
        except OSError as error:
            self._observer.on_log(self.config.name, number, f"could not be started: {error}")
            self.carry_out(self.roster.exited(number, -1, time.monotonic()))
            return
        self._processes[number] = process
        self.carry_out(self.roster.spawned(number, process.pid))


class _Listener:
    """Puts the number of its place on everything that a process reports."""

    def __init__(self, crew: KindCrew, number: int) -> None:
        self._crew = crew
        self._number = number

    def on_lines(self, lines: list[bytes | Overlong]) -> None:
        self._crew.received(self._number, lines)

    def on_log(self, lines: list[bytes | Overlong]) -> None:
        self._crew.logged(self._number, lines)

    def on_exit(self, code: int) -> None:
        self._crew.exited(self._number, code)
