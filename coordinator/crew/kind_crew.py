"""One kind's processes: carries out what its roster decides, and tells the roster what happens to them."""

import random
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from coordinator.crew.actions import Actions, Announce, Kill, Note, Relay, Report, Send, Spawn
from coordinator.crew.birth import Child, Ends, how_it_ended, launch_program, surroundings
from coordinator.crew.health import HealthLimits
from coordinator.crew.restarts import RestartBudget, RestartPolicy
from coordinator.crew.roster import Roster
from coordinator.crew.scaling import Scaler, ScalingPolicy
from coordinator.crew.worker_process import WorkerProcess
from coordinator.crew.zygote import Zygote, ZygoteConfig
from coordinator.crew.zygote_process import ZygoteProcess
from coordinator.dispatch.backend import Outcome, Refusal, Task
from protocol.errors import sentence
from protocol.framing import Overlong
from protocol.worker.messages import FromWorker, Notice, Ready, decode_from_worker, encode_line
from protocol.worker.session import MOST_ASKS
from protocol.worker.settings import WorkerSettings


class KindConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of worker: how many, how they start, what they may do.

    *argv* starts one worker; *zygote_argv* starts a process that forks them, None: there is no such thing.
    *depth* is how many short jobs one worker may have at a time. *loading*: a zygote, started ahead.
    *may_ask*: its jobs may have tools called.
    """

    name: str
    scaling: ScalingPolicy
    argv: tuple[str, ...]
    limits: HealthLimits
    restarts: RestartPolicy
    settings: WorkerSettings
    zygote_argv: tuple[str, ...] | None = None
    loading: ZygoteProcess | None = None
    environment: Mapping[str, str] = {}
    depth: int = 1
    may_ask: bool = False


class Observer(msgspec.Struct, frozen=True):
    """Where the crew's life is told; each callable gets the kind's name first."""

    on_report: Callable[[str, Report], None]
    on_free: Callable[[str], None]
    on_note: Callable[[str, Note], None]
    on_ready: Callable[[str, Ready], None]
    on_log: Callable[[str, int, str], None]
    on_notice: Callable[[str, Notice], None]


class KindCrew:
    """The processes of one kind."""

    def __init__(
        self, config: KindConfig, crew_id: str, observer: Observer, on_change: Callable[[str], None]
    ) -> None:
        self.config = config
        self._scaler = Scaler(config.scaling)
        self.roster = Roster(
            config.scaling.most,
            config.limits,
            RestartBudget(config.restarts),
            random.uniform,
            least=config.scaling.least,
            depth=config.depth,
            most_asks=MOST_ASKS if config.may_ask else 0,
        )
        self._env = surroundings(config.settings, crew_id, config.environment)
        self._processes: dict[int, WorkerProcess] = {}
        self._is_hearing = False
        self._observer = observer
        self._on_change = on_change
        self._zygote = self._make_zygote(config)

    # --- questions

    def is_empty(self) -> bool:
        """Tell whether no worker is left."""
        return not self._processes

    def may_grow(self) -> bool:
        """Tell whether there may be more workers than are wanted now."""
        return self.roster.staffing.wanted < self.config.scaling.most

    def pids(self) -> set[int]:
        """Return every process that we know."""
        known = set(self._zygote.pids()) if self._zygote is not None else set[int]()
        return known | {process.pid for process in self._processes.values()}

    def refusal(self, now: float) -> Refusal | None:
        """Return why this kind takes no jobs; None while it does."""
        name = self.config.name
        if self.roster.staffing.is_paused:
            return Refusal(f"The {name} workers have been drained by an operator.", None)
        if (retry_after := self.roster.staffing.down_for(now)) is None:
            return None
        return Refusal(
            f"The {name} workers keep dying and are not restarted for now. "
            f"Try again in {retry_after:.0f} s.",
            retry_after,
        )

    # --- what is asked of it

    def tick(self, now: float, waiting: int) -> None:
        """Look at every process and do what is due, *waiting* jobs being without a worker."""
        if self._zygote is not None:
            self._zygote.check(now)
        samples = {number: process.sample() for number, process in self._processes.items()}
        self.carry_out(self.roster.tick(now, samples))
        self.scale(now, waiting)

    def scale(self, now: float, waiting: int) -> None:
        """Have as many workers as the load asks for."""
        wanted = self._scaler.wanted(now, waiting)
        self.carry_out(self.roster.staffing.want(wanted, now))

    def assign(self, task: Task, now: float) -> None:
        """Give *task* to a worker; a slot must be free."""
        self._scaler.started(now)
        self.carry_out(self.roster.assign(task, now))

    def carry_out(self, actions: Actions) -> None:
        """Do what the roster decided; then, if tasks have ended, say once that there may be free slots."""
        has_ended = False
        for action in actions:
            match action:
                case Send(number=number, message=message):
                    at_once = not self._is_hearing and self.roster.is_waiting(number)
                    self._processes[number].send(encode_line(message), at_once=at_once)
                case Report(news=news):
                    if isinstance(news, Outcome):
                        self._scaler.served(news.ran_s)
                        has_ended = True
                    self._observer.on_report(self.config.name, action)
                case Spawn(number=number):
                    self._spawn(number)
                case Kill(number=number):
                    self._processes[number].kill()
                case _:
                    self._tell(action)
        if has_ended:
            self._observer.on_free(self.config.name)

    def _tell(self, news: Announce | Relay | Note) -> None:
        match news:
            case Announce(ready=ready):
                self._observer.on_ready(self.config.name, ready)
            case Relay(notice=notice):
                self._observer.on_notice(self.config.name, notice)
            case Note():
                self._observer.on_note(self.config.name, news)

    def start(self) -> None:
        """Have the zygote loading before the first worker is asked for, unless none is wanted so far."""
        if self._zygote is not None and self.config.scaling.least > 0:
            self._zygote.start()

    def close(self) -> None:
        """Let go of the zygote; no worker is left."""
        if self._zygote is not None:
            self._zygote.close()

    # --- what happens to its processes

    def born(self, number: int, pid: int) -> None:
        """The worker in place *number* lives."""
        self.carry_out(self.roster.spawned(number, pid))

    def unborn(self, number: int, why: str) -> None:
        """There will be no worker in place *number*; it is tried again soon."""
        del self._processes[number]
        self._observer.on_log(self.config.name, number, f"was not forked: {why}")
        self.carry_out(self.roster.unborn(number, time.monotonic()))
        self._on_change(self.config.name)

    def received(self, number: int, lines: list[bytes | Overlong]) -> None:
        """Take whole lines of the worker in place *number*."""
        now = time.monotonic()
        late_replies = self.roster.late_replies
        messages, garbled = _decoded(lines)
        self._is_hearing = True  # each answer may make room for a job: they are written together
        try:
            self.carry_out(self.roster.receive_all(number, messages, now))
        finally:
            self._is_hearing = False
        if garbled:
            self.carry_out(self.roster.garbled(number, garbled))
        if self.roster.late_replies > late_replies:
            self._on_change(self.config.name)  # nobody waited for it, but there is a free slot now

    def logged(self, number: int, text: str) -> None:
        """Take a line of a worker's stderr; the zygote is number 0."""
        self._observer.on_log(self.config.name, number, text)

    def exited(self, number: int, code: int) -> None:
        """Take the end of the worker in place *number*."""
        process = self._processes.pop(number, None)
        if process is not None and self._zygote is not None:
            self._zygote.forget(process.group)
        self.carry_out(self.roster.exited(number, code, time.monotonic(), how_it_ended(code)))
        self._on_change(self.config.name)

    # --- inside

    def _make_zygote(self, config: KindConfig) -> Zygote | None:
        if config.zygote_argv is None:
            return None
        return Zygote(
            ZygoteConfig(
                name=config.name,
                argv=config.zygote_argv,
                env=self._env,
                start_timeout_s=config.limits.start_timeout_s,
                loading=config.loading,
            ),
            RestartBudget(config.restarts),
            lambda note: self._observer.on_note(config.name, note),
            lambda text: self.logged(0, text),
        )

    def _spawn(self, number: int) -> None:
        try:
            self._processes[number] = WorkerProcess(self._launch, _Listener(self, number))
        except OSError as error:
            self._observer.on_log(self.config.name, number, f"could not be started: {error}")
            why = error.strerror or str(error)
            self.carry_out(self.roster.exited(number, -1, time.monotonic(), why))
            self._on_change(self.config.name)

    def _launch(self, ends: Ends, child: Child) -> None:
        if self._zygote is None or not self._zygote.launch(ends, child):
            launch_program(self.config.argv, self._env, ends, child)


def _decoded(lines: Iterable[bytes | Overlong]) -> tuple[list[FromWorker], str]:
    """Return the messages up to the first line that is none, and what is wrong with that one."""
    messages: list[FromWorker] = []
    for line in lines:
        if isinstance(line, Overlong):
            return messages, "sent an overlong line"
        if not line:
            continue
        try:
            messages.append(decode_from_worker.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return messages, sentence(f"sent what is not a message: {error}")
    return messages, ""


class _Listener:
    """Puts the number of its place on everything that a process reports."""

    def __init__(self, crew: KindCrew, number: int) -> None:
        self._crew = crew
        self._number = number

    def on_born(self, pid: int) -> None:
        self._crew.born(self._number, pid)

    def on_unborn(self, why: str) -> None:
        self._crew.unborn(self._number, why)

    def on_lines(self, lines: list[bytes | Overlong]) -> None:
        self._crew.received(self._number, lines)

    def on_log(self, text: str) -> None:
        self._crew.logged(self._number, text)

    def on_exit(self, code: int) -> None:
        self._crew.exited(self._number, code)
