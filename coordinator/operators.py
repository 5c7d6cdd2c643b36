"""What operators may do to the crew: look at its workers, replace one, send a kind home.

Rule 1: every answer says what will happen, not only what was asked for.
Rule 2: what does not exist is refused with the names of what does.
"""

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from coordinator.crew.kind_crew import KindCrew
from coordinator.crew.local import LocalCrew
from coordinator.crew.member import Member, Phase
from coordinator.observe.text import duration, mebibytes, sandbox_line, tidy
from coordinator.observe.workers import row, rows
from coordinator.runs.merge import Merged
from protocol.errors import CallRefused
from protocol.tools.admin_workers import (
    Action,
    DrainArguments,
    DrainResult,
    ListArguments,
    ListResult,
    RestartArguments,
    RestartResult,
    RunningJob,
    Worker,
)
from protocol.tools.suggest import did_you_mean

_MOST_NAMED = 20
_encode = msgspec.json.Encoder().encode


class Operators:
    """The operators' tools. *waiting* tells how many jobs of a kind wait for a worker."""

    def __init__(
        self,
        crew: LocalCrew,
        waiting: Callable[[str], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._crew = crew
        self._waiting = waiting
        self._clock = clock

    def list_workers(self, arguments: msgspec.Struct) -> Merged:
        """admin_list_workers"""
        assert isinstance(arguments, ListArguments)
        kinds = self._crew.kinds.values()
        wanted = kinds if arguments.kind is None else [self._kind(arguments.kind)]
        result = ListResult(
            workers=rows(wanted, self._clock()),
            drained=[kind.config.name for kind in wanted if kind.roster.staffing.is_paused],
        )
        return Merged(text=_listing(result), structured=_encode(result))

    def restart_worker(self, arguments: msgspec.Struct) -> Merged:
        """admin_restart_worker"""
        assert isinstance(arguments, RestartArguments)
        kind, member = self._find(arguments)
        before = row(kind, member, self._clock())
        phase = member.phase
        self._crew.restart(before.kind, before.number, at_once=arguments.at_once)
        result = RestartResult(
            kind=before.kind,
            number=before.number,
            pid=before.pid,
            action=_action(before, phase, at_once=arguments.at_once),
            running=before.running,
            behind=before.behind,
        )
        text = _restarted(result, is_paused=kind.roster.staffing.is_paused)
        return Merged(text=text, structured=_encode(result))

    def drain(self, arguments: msgspec.Struct) -> Merged:
        """admin_drain"""
        assert isinstance(arguments, DrainArguments)
        kind = self._kind(arguments.kind)
        return self._resume(kind) if arguments.resume else self._pause(kind)

    # --- inside

    def _pause(self, kind: KindCrew) -> Merged:
        name, was_paused = kind.config.name, kind.roster.staffing.is_paused
        alive = [m for m in kind.roster.members if m.phase is not Phase.EMPTY]
        busy = sum(bool(member.session.in_flight) for member in alive)
        result = DrainResult(
            kind=name,
            drained=True,
            changed=not was_paused,
            busy=busy,
            idle=len(alive) - busy,
            refused=self._waiting(name),
        )
        self._crew.pause(name)
        return Merged(text=_drained(result), structured=_encode(result))

    def _resume(self, kind: KindCrew) -> Merged:
        name, was_paused = kind.config.name, kind.roster.staffing.is_paused
        self._crew.resume(name)
        result = DrainResult(
            kind=name, drained=False, changed=was_paused, busy=0, idle=0, refused=0
        )
        text = f"{name}: takes calls again, and its workers start." if was_paused else ""
        return Merged(text=text or f"{name} was not drained.", structured=_encode(result))

    def _kind(self, name: str) -> KindCrew:
        if kind := self._crew.kinds.get(name):
            return kind
        known = ", ".join(self._crew.kinds)
        hint = did_you_mean(name, self._crew.kinds)
        raise CallRefused(
            "not_found", f"There is no kind of worker {tidy(name)!r}{hint}. There are: {known}."
        )

    def _find(self, wanted: RestartArguments) -> tuple[KindCrew, Member]:
        """Return the one worker that is named, in one way or both."""
        if wanted.pid is None and (wanted.kind is None or wanted.number is None):
            raise CallRefused("invalid_arguments", "Give `pid`, or `kind` and `number`.")
        kinds = self._crew.kinds.values() if wanted.kind is None else [self._kind(wanted.kind)]
        found = [
            (kind, member)
            for kind in kinds
            for member in kind.roster.members
            if _is_meant(member, wanted)
        ]
        if not found:
            raise CallRefused("not_found", _unknown(wanted, rows(kinds, self._clock())))
        return found[0]


def _is_meant(member: Member, wanted: RestartArguments) -> bool:
    return (
        member.state() != "parked"
        and wanted.pid in {None, member.pid}
        and wanted.number in {None, member.number}
    )


def _action(before: Worker, phase: Phase, *, at_once: bool) -> Action:
    if phase is Phase.EMPTY:
        return "no_process"
    if phase is Phase.DYING or (before.state == "draining" and not at_once):
        return "already_going"
    return "killed" if at_once else "asked_to_go"


# --- what a model reads


def _unknown(wanted: RestartArguments, there_are: Sequence[Worker]) -> str:
    what = "" if wanted.pid is None else f" with pid {wanted.pid}"
    if wanted.number is not None:
        what = f" {wanted.kind or 'number'}-{wanted.number}{what}"
    named = [
        f"{worker.kind}-{worker.number} ({f'pid {worker.pid}' if worker.pid else worker.state})"
        for worker in there_are
    ]
    if len(named) > _MOST_NAMED:
        named = [*named[:_MOST_NAMED], f"{len(named) - _MOST_NAMED} more"]
    return f"There is no worker{what}. There are: {', '.join(named) or 'none'}."


def _restarted(result: RestartResult, *, is_paused: bool) -> str:
    name = f"{result.kind}-{result.number}"
    who = f"{name} (pid {result.pid})"
    then = (
        "nobody takes its place, because its kind is drained."
        if is_paused
        else "a new worker takes its place."
    )
    match result.action:
        case "no_process":
            return f"{name} has no process now: nothing was done."
        case "already_going":
            return f"{who} is on its way out already; then {then}"
        case "killed":
            loss = " What it was running is run again if that is safe." if result.running else ""
            return f"{who} is killed now; {then}{loss}"
        case _:
            jobs = _jobs(result.running, result.behind)
            first = f"finishes {jobs}; then" if jobs else "has nothing to do and goes;"
            return f"{who} {first} {then}"


def _drained(result: DrainResult) -> str:
    if not result.changed:
        return f"{result.kind} was drained already; admin_drain with resume=true ends it."
    return (
        f"{result.kind}: drained. {result.busy} of its workers finish what they run and go, "
        f"{result.idle} go now, and {result.refused} waiting jobs were refused. Its calls are refused "
        "until admin_drain is called with resume=true."
    )


def _listing(result: ListResult) -> str:
    lines = [_line(worker) for worker in result.workers] or ["There are no workers."]
    lines += _sandboxes(result.workers)
    if result.drained:
        lines.append(f"drained, until admin_drain with resume=true: {', '.join(result.drained)}")
    return "\n".join(lines)


def _line(worker: Worker) -> str:
    name = f"{worker.kind}-{worker.number}"
    if not worker.pid:
        return f"{name}: {worker.state}, no process, {worker.restarts} restarts"
    because = f" ({tidy(worker.leaves_because)})" if worker.leaves_because else ""
    jobs = _jobs(worker.running, worker.behind)
    baseline = f", baseline {mebibytes(worker.baseline_bytes)}" if worker.baseline_bytes else ""
    ready = f", ready for {duration(worker.ready_s)}" if worker.ready_s else ""
    return (
        f"{name}: {worker.state}{because}, pid {worker.pid}, {jobs + ', ' if jobs else ''}"
        f"{worker.jobs} jobs, {worker.restarts} restarts, {mebibytes(worker.rss_bytes)}{baseline}, "
        f"cpu {worker.cpu_s:.2f} s, last heard {duration(worker.last_beat_s)} ago, "
        f"age {duration(worker.age_s)}{ready}"
    )


def _jobs(running: Iterable[RunningJob], behind: int) -> str:
    said = [_job(job) for job in running]
    return ", ".join([*said, f"{behind} behind"] if behind else said)


def _job(job: RunningJob) -> str:
    attempt = f", attempt {job.attempt}" if job.attempt > 1 else ""
    tool = tidy(job.tool) or "a job that nobody waits for"
    return f"{tool} for {duration(job.for_s)}{attempt}"


def _sandboxes(workers: Sequence[Worker]) -> list[str]:
    """Return one line for a kind whose workers are locked in alike, as they should be, else one for each."""
    lines: list[str] = []
    for kind in dict.fromkeys(worker.kind for worker in workers if worker.ready_s):
        there = [worker for worker in workers if worker.kind == kind and worker.ready_s]
        if all(worker.sandbox == there[0].sandbox for worker in there):
            lines.append(sandbox_line(kind, there[0].sandbox))
        else:
            lines += [sandbox_line(f"{kind}-{w.number}", w.sandbox) for w in there]
    return lines
