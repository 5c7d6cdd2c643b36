"""The local crew: a backend of supervised processes on this machine.

One timer serves all deadlines, beats and restarts: fast while anything runs, slow while all is quiet.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable

from coordinator.crew.kind_crew import KindConfig, KindCrew, Observer
from coordinator.crew.roster import Note, Report
from coordinator.dispatch.backend import Outcome, Sink, Task
from protocol.worker.messages import Part
from protocol.worker.settings import WorkerSettings

_QUIET_INTERVAL_S = 1.0
_STOPPED_S = 1.0
"""A tick that comes this much too late means that we were stopped, not the workers."""

NoteListener = Callable[[str, Note], None]
LogListener = Callable[[str, int, str], None]


class LocalCrew:
    """A backend of supervised local processes (see `Backend`)."""

    def __init__(
        self,
        kinds: Iterable[KindConfig],
        settings: WorkerSettings,
        check_interval_s: float,
        on_note: NoteListener,
        on_log: LogListener,
    ) -> None:
        observer = Observer(self._report, self._note, on_log)
        self.kinds = {
            kind.name: KindCrew(kind, settings, observer, self._on_exit) for kind in kinds
        }
        self._on_note = on_note
        self._loop = asyncio.get_running_loop()
        self._check_interval_s = check_interval_s
        self._owners: dict[int, KindCrew] = {}
        self._sink: Sink | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        self._none_left = asyncio.Event()

    def start(self, sink: Sink) -> None:
        """Start every worker, and report to *sink* from now on."""
        self._sink = sink
        self._tick(time.monotonic())

    def slots(self, kind: str) -> int:
        """Return how many more tasks of *kind* may be sent now."""
        return 0 if self._closing else self.kinds[kind].roster.free_slots()

    def down_for(self, kind: str) -> float | None:
        """Return the seconds until *kind* is tried again; None while it is up."""
        return self.kinds[kind].roster.down_for(time.monotonic())

    def send(self, task: Task) -> None:
        """Start *task*; a slot must be free."""
        crew = self.kinds[task.kind]
        self._owners[task.id] = crew
        crew.carry_out(crew.roster.assign(task, time.monotonic()))
        self._look_soon()

    def cancel(self, task_id: int) -> None:
        """Free the slot of a running task soon."""
        if crew := self._owners.get(task_id):
            crew.carry_out(crew.roster.cancel(task_id, time.monotonic()))

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

    def _report(self, kind: str, report: Report) -> None:
        assert self._sink is not None
        if isinstance(report.news, Part):
            self._sink.on_part(report.task_id, report.news.result)
        elif isinstance(report.news, Outcome):
            del self._owners[report.task_id]
            self._sink.on_outcome(report.task_id, report.news)
            self._sink.on_capacity(kind)
        else:
            self._sink.on_progress(report.task_id, report.news)

    def _note(self, kind: str, note: Note) -> None:
        self._on_note(kind, note)
        if note.event == "worker_ready" and self._sink is not None:
            self._sink.on_capacity(kind)

    def _on_exit(self, kind: str) -> None:
        assert self._sink is not None
        self._sink.on_capacity(kind)
        self._look_soon()
        self._note_empty()

    def _note_empty(self) -> None:
        if self._closing and all(crew.is_empty() for crew in self.kinds.values()):
            self._none_left.set()

    def _tick(self, due: float) -> None:
        now = time.monotonic()
        try:
            for crew in self.kinds.values():
                if now - due > _STOPPED_S:
                    crew.roster.forgive(now)
                crew.tick(now)
        finally:  # whatever went wrong, somebody must look again
            self._set_timer(self._interval(now))

    def _interval(self, now: float) -> float:
        rosters = [crew.roster for crew in self.kinds.values()]
        if any(roster.is_busy() for roster in rosters):
            return self._check_interval_s
        starts = [at for roster in rosters if (at := roster.next_start_at()) is not None]
        return max(0.0, min([_QUIET_INTERVAL_S, *(at - now for at in starts)]))

    def _look_soon(self) -> None:
        """Leave the quiet rhythm, because something runs or is to be started now."""
        now = time.monotonic()
        if self._timer is None or self._timer.when() - self._loop.time() > self._check_interval_s:
            self._set_timer(self._interval(now))

    def _set_timer(self, interval_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = time.monotonic() + interval_s
        self._timer = self._loop.call_later(interval_s, self._tick, due)
