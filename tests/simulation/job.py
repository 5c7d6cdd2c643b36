"""One job: what it does to whoever runs it, and what whoever wanted it hears."""

from collections.abc import Callable
from random import Random
from typing import Literal, Protocol

import msgspec

from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import JobSpec
from protocol.tools.contract import Priority
from protocol.worker.messages import Progress
from simulation.clock import Timer

NULL = msgspec.Raw(b"null")
MOST_STRIKES = 2
PRIORITIES: tuple[Priority, ...] = ("high", "normal", "low")
TENANTS = ("a", "b", "c")
PART_S = 0.3
"""So long a part may take."""

GROWTHS = (1 << 20, 10 << 20, 30 << 20, 600 << 20)
"""A little leak, and a hog."""

Ending = Literal["well", "badly", "deadly", "never"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the jobs of one sort are like. *is_repeatable*: they do no harm if they are run twice."""

    spec: JobSpec
    duration_s: float
    ends: Ending
    ignores_cancel: bool
    is_repeatable: bool
    parts: int
    grows_bytes: int


def draw_plan(chance: Random, kind: str, trouble: float, *, may_repeat: bool) -> Plan:
    """Draw one; the more *trouble*, the less it is what it says it is."""
    draw = chance.random
    is_short = may_repeat and draw() < 0.7
    is_long = not is_short or draw() < 0.05  # some who are called short are not
    parts = chance.randrange(1, 6) if draw() < 0.1 else 0
    duration_s = chance.expovariate(50.0 if is_long else 1000.0)
    if parts:
        duration_s = PART_S * chance.uniform(0.1, 0.9) * (parts + 1)
    ends: Ending = chance.choice(("badly", "deadly", "never")) if draw() < trouble / 4 else "well"
    return Plan(
        spec=JobSpec(
            kind=kind,
            tool="t",
            arguments=NULL,
            priority=chance.choice(PRIORITIES),
            timeout_s=chance.choice((2.0, 5.0) if parts else (0.02, 0.2, 2.0, 5.0)),
            extension_s=PART_S if parts else 0.0,
            tenant=chance.choice(TENANTS),
            is_short=is_short,
        ),
        duration_s=duration_s,
        ends=ends,
        ignores_cancel=draw() < 0.3,
        is_repeatable=is_short or (may_repeat and draw() < 0.7),
        parts=parts,
        grows_bytes=chance.choice(GROWTHS) if draw() < trouble / 2 else 0,
    )


class Runner(Protocol):
    """The process that a job was sent to."""

    begun: dict[int, float]
    questions: dict[tuple[int, int], float]
    running: dict[int, Timer]
    unanswered: dict[int, None]
    asked: dict[int, float]
    is_killed: bool
    ran_at_death: tuple[int, ...]
    suspects: frozenset[int]

    @property
    def is_gone(self) -> bool:
        """Tell whether there is no process any more."""
        ...

    def oldest(self) -> frozenset[int]:
        """Return the job that its death is put down to."""
        ...


class SimulatedJob:
    """A job and its listener; every rule of `JobListener` is checked here."""

    __slots__ = (
        "_clock",
        "_on_over",
        "deadline",
        "ended_as",
        "heard_at",
        "id",
        "is_cancelled",
        "outcomes",
        "plan",
        "runner",
        "runs",
        "strikes",
    )

    def __init__(
        self, plan: Plan, clock: Callable[[], float], on_over: "Callable[[SimulatedJob], None]"
    ) -> None:
        self.plan = plan
        self.id = 0
        self.deadline = clock() + plan.spec.timeout_s
        self.heard_at = 0.0
        self._clock = clock
        self.runner: Runner | None = None
        self.runs = self.strikes = self.outcomes = 0
        self.is_cancelled = False
        self.ended_as = ""
        self._on_over = on_over

    # --- what becomes of it

    def sent_to(self, runner: Runner) -> None:
        """It was sent to a worker."""
        assert not self.ended_as, "what has ended is not sent"
        self.runner = runner
        self.heard_at = self._clock()

    def begin(self) -> None:
        """A worker begins with it."""
        self.runs += 1
        assert self.plan.is_repeatable or self.runs == 1, "what must not run twice did"

    def cancel(self) -> None:
        """Whoever wanted it does not any more."""
        self.is_cancelled = True
        self._end_as("cancelled")

    def _end_as(self, what: str) -> None:
        self.ended_as = what
        self._on_over(self)

    # --- what its listener hears

    def on_part(self, result: msgspec.Raw) -> None:
        """One piece of the result."""
        del result
        assert not self.ended_as, "a part after the end"
        self.heard_at = self._clock()

    def on_progress(self, progress: Progress) -> None:
        """How far the job is."""
        del progress
        assert not self.ended_as, "progress after the end"

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        """Its worker is gone, or has something else to do."""
        assert not self.ended_as, "lost after the end"
        assert self.runner is not None
        self._check_blame(self.runner, reason, is_blamed=is_blamed)
        self.strikes += is_blamed
        if self.plan.is_repeatable and self.strikes < MOST_STRIKES:
            return NULL
        self._end_as("lost")
        return None

    def on_end(self, outcome: Outcome) -> None:
        """It is over."""
        assert not self.ended_as, f"{outcome.status} after {self.ended_as}"
        assert outcome.status != "lost"
        assert outcome.code != "cancelled", "nobody has cancelled it"
        self._end_as(outcome.code or outcome.status)
        if outcome.status == "deadline":
            given_s = min(self.plan.spec.extension_s, self.deadline - self.heard_at)
            assert self._clock() >= self.heard_at + given_s, "it came along well"
        if outcome.status == "done":
            assert self.runs > 0
            assert outcome.ran_s >= 0.9 * self.plan.duration_s, "it ran for as long as it takes"

    def _check_blame(self, runner: Runner, reason: str, *, is_blamed: bool) -> None:
        """The one that ran is blamed, unless we wanted the end or several ran; nobody else ever is."""
        if reason == "it had to wait":
            assert not is_blamed
            return
        expected = runner.suspects if runner.is_killed else runner.oldest()
        is_expected = self.id in expected and reason not in {"operator", "shutdown"}
        assert is_blamed is is_expected, f"{is_blamed=} but {expected=}"
        if is_blamed and self.id not in runner.begun:
            assert not runner.ran_at_death, "blamed for what another did"
