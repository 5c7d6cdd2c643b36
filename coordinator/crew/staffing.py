"""Which places of one kind are filled, and when: restarts, going down and coming up, scaling, pausing.

Rule 1: pure, as `roster.py` is, whose part it is.
Rule 2: a place is refilled only after its worker's exit was seen, so that slots always add up.
Rule 3: a kind that is down, paused or stopping starts nobody, whoever asks.
"""

from collections.abc import Callable

from coordinator.crew.actions import Actions, Note, Spawn
from coordinator.crew.health import RECYCLING
from coordinator.crew.member import Member, Phase
from coordinator.crew.orders import ask_to_go
from coordinator.crew.restarts import GoDown, RestartBudget

PROBE_PROVES_AFTER_S = 5.0
"""A half-open kind is up again when its one worker has lived this long, or has done a job."""

UNBORN_RETRY_S = 0.05
"""A fork that the system has refused is not asked for again and again without a pause."""

LEAST_SHARE = 0.8
"""Workers are recycled somewhere between this share of their limits and all of it."""

PLANNED = RECYCLING | {"operator", "paused", "not_needed", "shutdown"}
"""Ends that we wanted: no job is blamed for them, and no restart is spent on them."""


class Staffing:
    """Up to *most* places, of which *least* are filled to begin with.

    *draw* returns a number between its two arguments, at random; *depth* is how many jobs a worker may get.
    """

    def __init__(
        self,
        most: int,
        least: int,
        depth: int,
        budget: RestartBudget,
        draw: Callable[[float, float], float],
    ) -> None:
        self.members = [Member(number, is_parked=number > least) for number in range(1, most + 1)]
        self.wanted = least
        self.is_paused = False
        self.is_stopping = False
        self.restarts_by_reason: dict[str, int] = {}
        self._depth = depth
        self._budget = budget
        self._draw = draw
        self._retry_at: float | None = None
        self._probe: int | None = None

    # --- questions

    def is_closed(self) -> bool:
        """Tell whether nobody is to be started."""
        return self.is_stopping or self.is_paused

    def down_for(self, now: float) -> float | None:
        """Return the seconds until the next try if nobody is alive and nobody is due; else None."""
        if self._retry_at is None or any(m.phase is not Phase.EMPTY for m in self.members):
            return None
        return max(0.0, self._retry_at - now)

    def next_due_at(self) -> float | None:
        """Return when a place, or the kind itself, is to be filled next."""
        if self.is_closed():
            return None
        due = [m.due_at for m in self._empty() if m.due_at is not None]
        if self._retry_at is not None:
            due.append(self._retry_at)
        if self._probe is not None and (probe := self._probing(self._probe)).is_ready():
            due.append(probe.since + PROBE_PROVES_AFTER_S)
        return min(due, default=None)

    # --- events

    def fill(self, now: float) -> Actions:
        """Start whoever is due."""
        if self.is_closed():
            return []
        actions = self._half_open(now)
        for member in self.members:
            if member.is_due(now):
                actions += self._start(member, now)
        return actions

    def worked(self, member: Member) -> None:
        """A worker has done a job: if it is its first one, earlier deaths no longer count.

        A worker of old says nothing about whether new ones can start and work, and neither does one that
        lives while the kind is down.
        """
        if member.jobs_done == 1 and not self._is_down():
            self._budget.prove_healthy()

    def unborn(self, member: Member, now: float) -> None:
        """There will be no process, by no fault of its own: it is tried again soon."""
        is_due = not self.is_closed() and not member.is_parked
        if self._is_down() and member.number != self._probe:
            is_due = False
        member.empty(now + UNBORN_RETRY_S if is_due else None)

    def replace(self, member: Member, reason: str, now: float) -> Actions:
        """Its worker is gone: see to the next one."""
        if self.is_closed() or member.is_parked:
            member.empty(None)
            return []
        member.restarts += 1
        kind_of_reason = reason.partition(":")[0]  # the rest may be anything that a worker said
        count = self.restarts_by_reason.get(kind_of_reason, 0)
        self.restarts_by_reason[kind_of_reason] = count + 1
        if member.jobs_done > 0 or (reason in PLANNED and reason != "grown"):
            member.empty(now)
            return self._start(member, now)
        return self._spend(member, reason, now)

    def want(self, count: int, now: float) -> Actions:
        """Make it *count* workers: more at once, fewer as they have nothing to do (see `let_go`)."""
        if count == self.wanted or (count < self.wanted and self._is_down()):
            return []  # whoever proves that the kind is well again is not sent home
        self.wanted = count
        for member in self.members:
            was_parked, member.is_parked = member.is_parked, member.number > count
            if member.phase is Phase.EMPTY and member.is_parked:
                member.due_at = None
            elif member.phase is Phase.EMPTY and was_parked and not self._is_down():
                member.due_at = now
        return [Note("kind_scaled", count=count), *self.fill(now)]

    def let_go(self, now: float) -> Actions:
        """Send those home who are too many and idle."""
        idle = [m for m in self.members if m.is_parked and m.is_idle()]
        return [action for member in idle for action in ask_to_go(member, "not_needed", now)]

    def pause(self, now: float) -> Actions:
        """Send everybody home after their jobs, and start nobody until `resume`."""
        if self.is_paused:
            return []
        self.is_paused = True
        return [Note("kind_paused"), *self.send_home("paused", now)]

    def resume(self, now: float) -> Actions:
        """Go on after `pause`, with a clean slate."""
        if not self.is_paused:
            return []
        self.is_paused = False
        self._retry_at = self._probe = None
        self._recall(now)
        return [Note("kind_resumed"), *self.fill(now)]

    def send_home(self, reason: str, now: float) -> Actions:
        """Ask every worker to finish and go."""
        return [action for m in self.members for action in ask_to_go(m, reason, now)]

    # --- inside

    def _empty(self) -> list[Member]:
        return [m for m in self.members if m.phase is Phase.EMPTY and not m.is_parked]

    def _probing(self, number: int) -> Member:
        return self.members[number - 1]

    def _is_down(self) -> bool:
        return self._retry_at is not None or self._probe is not None

    def _recall(self, now: float) -> None:
        for member in self._empty():
            member.due_at = now

    def _start(self, member: Member, now: float) -> Actions:
        member.fill(now, self._draw(LEAST_SHARE, 1.0), self._depth)
        return [Spawn(member.number)]

    def _half_open(self, now: float) -> Actions:
        """Try one worker when it is time, and all of them when that one has proved itself."""
        if self._probe is not None:
            return self._come_up(now) if self._has_proved(self._probing(self._probe), now) else []
        if self._retry_at is None or now < self._retry_at:
            return []
        self._retry_at = None
        empty = self._empty()
        if not empty:
            return self._come_up(now)
        self._probe = empty[0].number
        empty[0].due_at = now
        return [Note("kind_probed", empty[0].number)]

    def _has_proved(self, probe: Member, now: float) -> bool:
        is_old = now - probe.since >= PROBE_PROVES_AFTER_S
        return probe.is_ready() and (probe.jobs_done > 0 or is_old)

    def _come_up(self, now: float) -> Actions:
        self._probe = None
        self._budget.prove_healthy()
        self._recall(now)
        return [Note("kind_up")]

    def _spend(self, member: Member, reason: str, now: float) -> Actions:
        if self._retry_at is not None:  # the kind is down: nobody is replaced before the next try
            member.empty(None)
            return []
        following = self._budget.go_down() if self._probe else self._budget.spend(now)
        if isinstance(following, GoDown):
            self._probe = None
            self._retry_at = now + following.retry_s
            for empty in (member, *self._empty()):
                empty.empty(None)
            return [Note("kind_down", member.number, None, reason, None, following.retry_s)]
        member.empty(now + following.delay_s)
        return self._start(member, now) if following.delay_s == 0 else []
