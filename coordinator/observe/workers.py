"""The workers as operators see them, one row for each place that is in use."""

from collections.abc import Iterable

from coordinator.crew.kind_crew import KindCrew
from coordinator.crew.member import Member, Phase
from protocol.tools.admin_workers import RunningJob, Worker


def rows(kinds: Iterable[KindCrew], now: float) -> list[Worker]:
    """Look at every worker, and at every place where one is due."""
    return [
        row(kind, member, now)
        for kind in kinds
        for member in kind.roster.members
        if member.state() != "parked"
    ]


def row(kind: KindCrew, member: Member, now: float) -> Worker:
    """Look at one place. Memory and CPU time are of the crew's own last look."""
    lives = member.phase is not Phase.EMPTY
    is_drained = kind.roster.staffing.is_paused and not lives
    return Worker(
        kind=kind.config.name,
        number=member.number,
        pid=member.pid,
        state="drained" if is_drained else member.state(),
        leaves_because=member.end_reason if lives else "",
        age_s=round(now - member.born_at, 3) if lives else 0.0,
        ready_s=round(now - member.since, 3) if lives and member.session.capacity else 0.0,
        running=running(member, now),
        behind=len(member.behind()),
        jobs=member.jobs_done if lives else 0,
        jobs_done=member.total_jobs_done,
        restarts=member.restarts,
        rss_bytes=member.sample.rss_bytes,
        baseline_bytes=(member.baseline_bytes or 0) if lives else 0,
        cpu_s=round(member.sample.cpu_s, 3),
        last_beat_s=round(now - member.last_beat, 3) if lives else 0.0,
        sandbox=dict(member.sandbox) if lives else {},
    )


def running(member: Member, now: float) -> list[RunningJob]:
    """Return what a worker has begun: the oldest job if it is a serial one, else all that it has."""
    if member.session.capacity != 1:
        return [
            _job(member, task_id, now, member.taken_at.get(task_id, now))
            for task_id in member.session.in_flight
        ]
    head = member.head()
    return [] if head is None else [_job(member, head, now, member.head_since)]


def _job(member: Member, task_id: int, now: float, since: float) -> RunningJob:
    task = member.tasks.get(task_id)
    if task is None:  # cancelled, or ended for whoever waited
        return RunningJob(tool="", for_s=round(now - since, 3), attempt=0)
    return RunningJob(tool=task.tool, for_s=round(now - since, 3), attempt=task.attempt)
