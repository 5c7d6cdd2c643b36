"""One worker process as it is, whatever the crew believes of it."""

from collections.abc import Collection, Iterable

from coordinator.crew.health import SHARED_GRACE_S, HealthLimits, Sample
from coordinator.crew.member import DRAIN_GRACE_S
from protocol.worker.messages import Cancel, Drain, FromWorker, Job, ToWorker
from protocol.worker.session import State, WorkerSession


class ModelProcess:
    """A process that does as a test says; it keeps what a court would want to know."""

    def __init__(self, depth: int, now: float, most_asks: int = 0) -> None:
        self.session = WorkerSession(depth, most_asks)
        self.is_born = False
        self.is_killed = False
        self.is_stopped = False
        self.rss_bytes = 1
        self.jobs_done = 0
        self.kill_reason = ""
        self.asked_to_go = ""
        self.quiet_since = now
        self.heard_at = now
        self.suspects: frozenset[int] = frozenset()
        self.asked_at: dict[int, float] = {}
        self.begun_at: dict[int, float] = {}

    # --- what happens to it

    def hear(self, message: ToWorker, now: float) -> None:
        """Take a message of the crew, which must be legal."""
        self.session.advance(message)
        match message:
            case Cancel(id=job_id):
                assert job_id not in self.asked_at, "it is asked once"
                self.asked_at[job_id] = now
            case Job():
                self._begin(now)
            case Drain():
                self.quiet_since = now
            case _:
                pass

    def say(self, message: FromWorker, now: float) -> None:
        """Say something.

        Raises:
            ProtocolError: it should not have.
        """
        before = len(self.session.in_flight)
        self.session.advance(message)
        self.heard_at = now
        if len(self.session.in_flight) < before:
            self.jobs_done += 1
            self.quiet_since = now
            self._begin(now)

    def be_killed(self, reason: str) -> None:
        """SIGKILL."""
        self.suspects = self.running_alone()
        self.kill_reason = reason
        self.is_killed = True

    def _begin(self, now: float) -> None:
        for job_id in self.running():
            self.begun_at.setdefault(job_id, now)

    # --- questions

    def running(self) -> list[int]:
        """Return the jobs that it has begun."""
        jobs = list(self.session.in_flight)
        return jobs[:1] if self.session.capacity == 1 else jobs

    def running_alone(self) -> frozenset[int]:
        """Return the one job that it runs, if it is one."""
        running = self.running()
        return frozenset(running) if len(running) == 1 else frozenset()

    def blamed(self, not_their_fault: Iterable[str]) -> frozenset[int]:
        """Return the job that its death is put down to, if any."""
        if not self.is_killed:
            return self.running_alone()
        return frozenset() if self.kill_reason in not_their_fault else self.suspects

    def is_ready(self) -> bool:
        """Tell whether it takes jobs."""
        return not self.is_killed and self.session.state is State.READY

    def sample(self) -> Sample:
        """Return what can be seen of it."""
        return Sample("T" if self.is_stopped else "S", self.rss_bytes)

    def least_slots(self, max_jobs: int) -> int:
        """Return how many more jobs it must get, whatever is known of them."""
        return self._slots(self.session.capacity, max_jobs)

    def most_slots(self, depth: int, max_jobs: int, short: Collection[int]) -> int:
        """Return how many it may get at most, given which jobs are *short* and still wanted."""
        in_flight = self.session.in_flight
        may_stand_behind = bool(in_flight) and all(job_id in short for job_id in in_flight)
        capacity = self.session.capacity
        return self._slots(max(capacity, depth) if may_stand_behind else capacity, max_jobs)

    def _slots(self, room: int, max_jobs: int) -> int:
        room = min(room, max_jobs - self.jobs_done) if self.is_ready() else 0
        return max(0, room - len(self.session.in_flight))

    def is_to_be_killed(self, now: float, limits: HealthLimits) -> bool:
        """Tell whether it may not live on."""
        if self.is_stopped:
            return True
        if self.session.state is State.STARTING:
            return now >= self.heard_at + limits.start_timeout_s
        ignored_at = self._ignores_us_at(limits)
        return (
            now >= self.heard_at + limits.beat_timeout_s
            or (ignored_at is not None and now >= ignored_at)
            or self.rss_bytes > limits.memory_limit_bytes
        )

    def _ignores_us_at(self, limits: HealthLimits) -> float | None:
        asked = [
            max(self.asked_at[job_id], self.begun_at[job_id])
            for job_id in self.running()
            if job_id in self.asked_at
        ]
        if asked:
            is_shared = self.session.capacity > 1
            return min(asked) + max(limits.ask_grace_s, SHARED_GRACE_S * is_shared)
        if self.session.state is State.DRAINING and not self.session.in_flight:
            return self.quiet_since + DRAIN_GRACE_S + limits.ask_grace_s
        return None
