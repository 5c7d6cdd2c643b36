"""Rosters in any state that a test asks for, and what to look for in their actions."""

from collections.abc import Iterable
from typing import TypeVar

from msgspec import Raw

from coordinator.crew.actions import Actions, Note, Report
from coordinator.crew.health import HealthLimits
from coordinator.crew.member import Member
from coordinator.crew.restarts import RestartBudget, RestartPolicy
from coordinator.crew.roster import Roster
from coordinator.dispatch.backend import Outcome, Task
from protocol.worker.messages import Done, Ready

T = TypeVar("T")
NULL = Raw(b"null")
LIMITS = HealthLimits()
POLICY = RestartPolicy(intensity=2, period_s=60, at_once=1, cool_down_s=10)


def roster_of(
    size: int,
    limits: HealthLimits = LIMITS,
    *,
    depth: int = 1,
    least: int | None = None,
    share: float = 1.0,
) -> Roster:
    """Return a roster that nobody has looked at; every backoff is as long as it can be."""
    budget = RestartBudget(POLICY, jitter=lambda _low, high: high)
    return Roster(size, limits, budget, lambda _low, _high: share, least=least, depth=depth)


def started(
    size: int = 1, limits: HealthLimits = LIMITS, *, capacity: int = 1, depth: int = 1
) -> Roster:
    """Return a roster whose workers are all ready since time 0."""
    roster = roster_of(size, limits, depth=depth)
    roster.tick(0.0, {})
    for number in range(1, size + 1):
        roster.receive(number, Ready("k", 100 + number, capacity), 0.0)
    return roster


def gone_down(size: int = 2) -> Roster:
    """Return a kind that is down since time 0, and will be tried again at time 10."""
    roster = roster_of(size)
    roster.tick(0, {})
    for number in (1, 1, *range(2, size + 1)):
        roster.exited(number, 1, 0)
    assert roster.staffing.down_for(0) == 10
    return roster


def known_as_short(size: int = 1, limits: HealthLimits = LIMITS, *, depth: int = 2) -> Roster:
    """Return a roster that has seen, at time 0, that its short tasks are short: one by worker 1."""
    roster = started(size, limits, depth=depth)
    roster.assign(task(1000, is_short=True), 0.0)
    answer(roster, 1, 1000, 0.0)
    return roster


def task(
    task_id: int = 1,
    deadline: float = 30.0,
    *,
    extension_s: float = 0.0,
    is_short: bool = False,
) -> Task:
    """Return a task with nothing in it."""
    return Task(task_id, "k", "t", NULL, deadline, extension_s=extension_s, is_short=is_short)


def give(roster: Roster, task_ids: Iterable[int], now: float, *, is_short: bool = True) -> None:
    """Assign tasks one after the other, as the dispatcher does: only while there is room."""
    for task_id in task_ids:
        assert roster.free_slots() > 0
        roster.assign(task(task_id, is_short=is_short), now)


def answer(roster: Roster, number: int, task_id: int, now: float) -> Actions:
    """Let a worker be done with a task."""
    return roster.receive(number, Done(task_id, NULL), now)


def owner(roster: Roster, task_id: int) -> Member:
    """Return who has a task."""
    (found,) = [member for member in roster.members if task_id in member.tasks]
    return found


def only(kind: type[T], actions: Actions) -> list[T]:
    """Return the actions of one type."""
    return [action for action in actions if isinstance(action, kind)]


def events(actions: Actions) -> list[str]:
    """Return the names of what is to be noted."""
    return [note.event for note in only(Note, actions)]


def reported(actions: Actions) -> dict[int, Outcome]:
    """Return the outcomes by task."""
    reports = only(Report, actions)
    found = {r.task_id: r.news for r in reports if isinstance(r.news, Outcome)}
    assert len(found) == sum(isinstance(r.news, Outcome) for r in reports), "one outcome for each"
    return found


def statuses(actions: Actions) -> dict[int, str]:
    """Return how tasks have ended."""
    return {task_id: outcome.status for task_id, outcome in reported(actions).items()}
