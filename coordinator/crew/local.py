"""The local crew: a backend of supervised processes on this machine.

One timer serves all deadlines, beats and restarts: it goes off when something is due, often while anything
runs, seldom while all is quiet. Between its rounds the kernel tells us at once when a child of ours has
stopped or ended (SIGCHLD, pidfd, end of input).
"""

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterable

import msgspec

from coordinator.crew.actions import Note, Report
from coordinator.crew.birth import new_crew_id
from coordinator.crew.kind_crew import KindConfig, KindCrew, Observer
from coordinator.crew.orphans import adopt_orphans, kill_orphans
from coordinator.dispatch.backend import Outcome, Refusal, Sink, Task
from protocol.worker.messages import Answer, Ask, Notice, Part, Ready

_QUIET_INTERVAL_S = 1.0
_SHORTEST_INTERVAL_S = 0.001
_ORPHAN_INTERVAL_S = 0.005
_STOPPED_S = 1.0
"""A look that comes this much too late means that we were stopped, not the workers."""


def _ignore(kind: str, notice: Notice) -> None:
    """Not everybody counts."""


class CrewListener(msgspec.Struct, frozen=True):
    """Who wants to know what becomes of the workers; each callable gets the kind's name first."""

    on_note: Callable[[str, Note], None]
    on_ready: Callable[[str, Ready], None]
    on_log: Callable[[str, int, str], None]
    on_notice: Callable[[str, Notice], None] = _ignore


class LocalCrew:
    """A backend of supervised local processes (see `Backend`).

    With *owns_process* every other child of this process is taken for something that a worker has left
    behind, and killed, save those that *others* knows of.
    """

    def __init__(
        self,
        kinds: Iterable[KindConfig],
        check_interval_s: float,
        listener: CrewListener,
        *,
        owns_process: bool = False,
        others: Callable[[], set[int]] = set,
    ) -> None:
        observer = Observer(
            self._report,
            self._on_free,
            self._note,
            listener.on_ready,
            listener.on_log,
            listener.on_notice,
        )
        kinds = list(kinds)
        crew_id = next((k.loading.crew_id for k in kinds if k.loading is not None), new_crew_id())
        self.kinds = {
            kind.name: KindCrew(kind, crew_id, observer, self._on_change) for kind in kinds
        }
        self._listener = listener
        self._others = others
        self._loop = asyncio.get_running_loop()
        self._check_interval_s = check_interval_s
        self._owners: dict[int, KindCrew] = {}
        self._waiting: dict[str, int] = dict.fromkeys(self.kinds, 0)
        self._sink: Sink | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._look_at = float("inf")
        self._closing = False
        self._none_left = asyncio.Event()
        self._has_orphans = False
        self._kills_orphans = adopt_orphans() and owns_process

    # --- Backend

    def start(self, sink: Sink) -> None:
        """Start every worker, and report to *sink* from now on."""
        self._sink = sink
        if threading.current_thread() is threading.main_thread():
            self._loop.add_signal_handler(signal.SIGCHLD, self._on_child)
        for crew in self.kinds.values():
            crew.start()
        self._tick()

    def slots(self, kind: str) -> int:
        """Return how many more tasks of *kind* may be sent now."""
        return 0 if self._closing else self.kinds[kind].roster.free_slots()

    def has_slot(self, kind: str) -> bool:
        """Tell whether a task of *kind* may be sent now."""
        return not self._closing and self.kinds[kind].roster.has_slot()

    def capacity(self, kind: str) -> int:
        """Return how many tasks of *kind* can run at once, at least 1."""
        return self.kinds[kind].roster.capacity()

    def refusal(self, kind: str) -> Refusal | None:
        """Return why *kind* takes no jobs; None while it does."""
        return self.kinds[kind].refusal(time.monotonic())

    def demand(self, kind: str, waiting: int) -> None:
        """So many tasks of *kind* wait for a slot."""
        self._waiting[kind] = waiting
        crew = self.kinds[kind]
        if not self._closing and crew.may_grow():  # else the next look is soon enough
            crew.scale(time.monotonic(), waiting)

    def send(self, task: Task) -> None:
        """Start *task*; a slot must be free."""
        crew = self.kinds[task.kind]
        self._owners[task.id] = crew
        now = time.monotonic()
        crew.assign(task, now)
        self._look_by(task.deadline, now)

    def cancel(self, task_id: int) -> None:
        """Free the slot of a running task soon."""
        if crew := self._owners.get(task_id):
            crew.carry_out(crew.roster.cancel(task_id, time.monotonic()))
            self._look_soon()

    def answer(self, task_id: int, answer: Answer) -> None:
        """Tell a running task what became of its question."""
        if crew := self._owners.get(task_id):
            crew.carry_out(crew.roster.answer(task_id, answer))

    async def close(self, grace_s: float) -> None:
        """Ask every worker to go, kill what is left after *grace_s* seconds, return when all are reaped."""
        self._closing = True
        for crew in self.kinds.values():
            crew.carry_out(crew.roster.drain(time.monotonic()))
        self._note_empty()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._none_left.wait()
        for crew in self.kinds.values():
            crew.carry_out(crew.roster.kill_all())
        await self._none_left.wait()
        if self._timer is not None:
            self._timer.cancel()
        for crew in self.kinds.values():
            crew.close()
        while self._kills_orphans and kill_orphans(self._pids):  # noqa: ASYNC110 - the kernel's turn
            await asyncio.sleep(_ORPHAN_INTERVAL_S)
        if threading.current_thread() is threading.main_thread():
            self._loop.remove_signal_handler(signal.SIGCHLD)

    # --- for operators

    def restart(self, kind: str, number: int, *, at_once: bool) -> None:
        """Replace one worker, after its jobs or *at_once*."""
        crew = self.kinds[kind]
        crew.carry_out(crew.roster.restart(number, time.monotonic(), at_once=at_once))
        self._look_soon()

    def pause(self, kind: str) -> None:
        """Send the workers of *kind* home after their jobs, and refuse new ones."""
        crew = self.kinds[kind]
        crew.carry_out(crew.roster.staffing.pause(time.monotonic()))
        self._changed(kind)

    def resume(self, kind: str) -> None:
        """Go on after `pause`."""
        crew = self.kinds[kind]
        crew.carry_out(crew.roster.staffing.resume(time.monotonic()))
        self._changed(kind)

    # --- what happens

    def _report(self, _kind: str, report: Report) -> None:
        assert self._sink is not None
        if isinstance(report.news, Outcome):
            del self._owners[report.task_id]
            self._sink.on_outcome(report.task_id, report.news)
        elif isinstance(report.news, Part):
            self._sink.on_part(report.task_id, report.news.result)
        elif isinstance(report.news, Ask):
            self._sink.on_ask(report.task_id, report.news)
        else:
            self._sink.on_progress(report.task_id, report.news)

    def _on_free(self, kind: str) -> None:
        """Tasks have ended."""
        self._changed(kind)
        if self.kinds[kind].roster.is_dropping():
            self._look_soon()  # what was to be dropped may have just begun

    def _note(self, kind: str, note: Note) -> None:
        self._listener.on_note(kind, note)
        if note.event in {"worker_ready", "kind_scaled"}:  # one that was to go home may stay
            self._changed(kind)

    def _changed(self, kind: str) -> None:
        """Slots may have come free, or the kind may take no more jobs."""
        assert self._sink is not None
        self._waiting[kind] = 0  # it is told anew if it is not
        self._sink.on_capacity(kind)

    def _on_change(self, kind: str) -> None:
        """A worker has ended, or was not born."""
        self._changed(kind)
        self._has_orphans = True
        self._look_soon()
        self._note_empty()

    def _on_child(self) -> None:
        """A child of ours has stopped or ended."""
        self._has_orphans = True
        self._tick()

    def _note_empty(self) -> None:
        if self._closing and all(crew.is_empty() for crew in self.kinds.values()):
            self._none_left.set()

    # --- looking

    def _pids(self) -> set[int]:
        return {pid for crew in self.kinds.values() for pid in crew.pids()} | self._others()

    def _tick(self) -> None:
        now = time.monotonic()
        late_s = 0.0 if self._timer is None else self._loop.time() - self._timer.when()
        try:
            for name, crew in self.kinds.items():
                if late_s > min(_STOPPED_S, crew.config.limits.beat_timeout_s / 2):
                    crew.roster.forgive(now)
                crew.tick(now, self._waiting[name])
            self._sweep()
        finally:  # whatever went wrong, somebody must look again
            self._set_timer(self._interval(now))

    def _sweep(self) -> None:
        if not self._has_orphans or not self._kills_orphans:
            return
        count = kill_orphans(self._pids)
        self._has_orphans = count > 0  # what they leave behind in turn is next
        if count:
            self._listener.on_note("-", Note("orphans_killed", count=count))

    def _interval(self, now: float) -> float:
        rosters = [crew.roster for crew in self.kinds.values()]
        is_busy = self._has_orphans or any(roster.is_busy() for roster in rosters)
        due = [at - now for roster in rosters if (at := roster.next_look_at()) is not None]
        longest = self._check_interval_s if is_busy else _QUIET_INTERVAL_S
        return max(_SHORTEST_INTERVAL_S, min([longest, *due]))

    def _look_by(self, deadline: float, now: float) -> None:
        """Leave the quiet rhythm: something runs, and it may be late at *deadline*."""
        if self._look_at > now + self._check_interval_s or self._look_at > deadline:
            self._look_within(min(self._check_interval_s, max(0.0, deadline - now)))

    def _look_soon(self) -> None:
        """Something is due that was not known when the timer was set."""
        self._look_within(self._interval(time.monotonic()))

    def _look_within(self, interval_s: float) -> None:
        """Never put a look off, or whoever asks often enough for one would prevent it."""
        if self._timer is None or self._timer.when() - self._loop.time() > interval_s:
            self._set_timer(interval_s)

    def _set_timer(self, interval_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(interval_s, self._tick)
        self._look_at = time.monotonic() + interval_s
