"""What the crew may do, judged by what it says of itself: restarts, recycling, patience."""

from coordinator.crew.actions import Note
from coordinator.crew.health import RECYCLING
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.member import Member
from coordinator.crew.staffing import PLANNED


class Rules:
    """One kind's history, as far as something follows from it."""

    def __init__(self, kind: KindConfig, members: list[Member]) -> None:
        self.is_paused = self.is_closing = False
        self.woke_at = 0.0
        self._kind = kind
        self._members = members
        self._is_up, self._is_probing = True, False
        self._deaths: list[float] = []
        self._must_be_down = self._may_replace = False

    # --- what happens

    def noted(self, note: Note, now: float, *, has_worked: bool) -> None:
        """Take one note of the crew; *has_worked* is whether the worker that exited has answered."""
        match note.event:
            case "worker_draining":
                self._check_turn(note)
            case "worker_killed":
                self._check_patience(note, now)
            case "worker_exited":
                self._count_death(note, now, has_worked=has_worked)
            case "kind_down":
                assert self._must_be_down or self._is_probing, "it had restarts left"
                self._is_up = self._is_probing = self._must_be_down = False
                self._deaths.clear()
            case "kind_probed":
                self._is_probing = True
            case "kind_up":
                self._is_up, self._is_probing = True, False
                self._deaths.clear()
            case "kind_resumed":
                self._is_up, self._is_probing = True, False
            case _:
                pass

    def first_answer(self) -> None:
        """A worker has done its first job."""
        if self._is_up:
            self._deaths.clear()  # new workers can work

    # --- what must hold

    def may_spawn(self) -> None:
        """Hold whoever starts a process to the rules."""
        assert not self.is_closing, "nobody is started any more"
        assert not self.is_paused
        assert self._is_up or self._is_probing or self._may_replace, "the kind is down"

    def check(self) -> None:
        """Hold the crew to what follows from its history; to be called after every event."""
        self._may_replace = False
        assert not self._must_be_down, "it has no restarts left"

    def _check_turn(self, note: Note) -> None:
        """Workers are recycled one after the other, unless they may do no more at all."""
        if note.reason not in RECYCLING:
            return
        assert note.number is not None
        member = self._members[note.number - 1]
        others = [m for m in self._members if m is not member and not m.is_parked]
        is_turn = not any(m.draining_at and m.end_reason in RECYCLING for m in others)
        assert is_turn or member.jobs_done >= self._kind.limits.max_jobs, "one at a time"

    def _check_patience(self, note: Note, now: float) -> None:
        """Silence while we were stopped ourselves proves nothing."""
        limits = self._kind.limits
        patience_s = {
            "missed_beats": limits.beat_timeout_s,
            "start_timeout": limits.start_timeout_s,
        }.get(note.reason, 0.0)
        assert now >= self.woke_at + patience_s, "it was us who were silent"

    def _count_death(self, note: Note, now: float, *, has_worked: bool) -> None:
        assert note.number is not None
        is_wanted = note.reason in PLANNED and note.reason != "grown"
        is_fruitless = not is_wanted and not has_worked
        # Decided before whatever else this event brings about, which may be that the kind goes down.
        self._may_replace |= self._is_up or not is_fruitless
        is_parked = self._members[note.number - 1].is_parked
        if is_parked or self.is_closing or self.is_paused or not is_fruitless:
            return
        if self._is_up:
            policy = self._kind.restarts
            self._deaths.append(now)
            recent = [death for death in self._deaths if death > now - policy.period_s]
            self._must_be_down = len(recent) > policy.intensity
        elif self._is_probing:
            self._must_be_down = True
