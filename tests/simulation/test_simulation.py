"""A million events in simulated crews, and after each of them every rule holds.

One run again: `PYTHONPATH=tests python -m simulation.run SEED STEPS`. Others than usual:
`SIMULATION_FIRST_SEED=1000 make test ARGS=tests/simulation`.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any, get_args

import pytest

from coordinator.crew.actions import Actions, Report
from coordinator.crew.health import Verdict
from coordinator.crew.local import LocalCrew
from coordinator.crew.member import Member
from coordinator.crew.orders import ask_to_go
from coordinator.crew.roster import Roster
from coordinator.crew.staffing import Staffing
from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import Dispatcher
from protocol.worker.messages import Ask
from simulation.run import Broken, run
from simulation.world import LAST_EVENTS, World

FIRST_SEED = int(os.environ.get("SIMULATION_FIRST_SEED", "0"))
BLOCKS = 10
WORLDS = 10
STEPS = 10_000


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_rule_holds_after_every_event(block: int) -> None:
    first = FIRST_SEED + block * WORLDS

    steps = sum(run(seed, STEPS).steps for seed in range(first, first + WORLDS))

    assert steps >= WORLDS * STEPS


def test_a_run_is_the_same_every_time() -> None:
    once, again = run(7, 3000), run(7, 3000)

    assert list(once.events) == list(again.events)
    assert (once.steps, once.loop.now) == (again.steps, again.loop.now)


def test_everything_that_can_happen_does(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[Any] = Counter()

    def note(world: World, *what: Any) -> None:
        del world
        seen[what[0]] += 1
        if what[0] in {"worker_killed", "worker_draining"}:
            seen[what[3].split(":")[0]] += 1
        elif what[0] == "outcome":
            seen[what[2], "it had to wait" if "wait" in what[3] else what[4]] += 1

    monkeypatch.setattr(World, "note", note)
    for seed in range(40):
        run(seed, 3000)

    assert set(get_args(Verdict)) - {"fine"} <= set(seen)
    assert {"operator", "paused", "not_needed", "shutdown", "outdated"} <= set(seen)
    assert {"broke the protocol", "sent what is not a message"} <= set(seen)
    assert {"kind_down", "kind_probed", "kind_up", "kind_scaled", "freeze", "cancel"} <= set(seen)
    assert {("lost", True), ("lost", False), ("lost", "it had to wait")} <= set(seen)
    assert {"ask", "answer"} <= set(seen)
    assert {("done", False), ("failed", False)} <= set(seen)
    assert {("deadline", True), ("deadline", False)} <= set(seen)


def first_found(seeds: int = 60) -> Broken:
    """Return the first broken rule."""
    for seed in range(seeds):
        try:
            run(seed, STEPS)
        except Broken as broken:
            return broken
    raise AssertionError("nobody has noticed")


def in_any_turn(roster: Roster, member: Member, reason: str, now: float) -> Actions:
    del roster
    return ask_to_go(member, reason, now)


def always_anew(crew: LocalCrew, interval_s: float) -> None:
    crew._set_timer(interval_s)  # pyright: ignore[reportPrivateUsage]


def twice(roster: Roster, member: Member, task_id: int, outcome: Outcome) -> list[Report]:
    del roster
    member.drop(task_id)
    return [Report(task_id, outcome)]


def everybody(member: Member, task_id: int) -> bool:
    return task_id in member.session.in_flight


def nobody(member: Member, task_id: int) -> bool:
    del member, task_id
    return False


def all_of_them(member: Member) -> list[int]:
    return list(member.tasks)


def never_closed(staffing: Staffing) -> bool:
    del staffing
    return False


def handed_on(roster: Roster, member: Member, ask: Ask) -> Actions:
    del roster
    return [Report(ask.id, ask)] if ask.id in member.tasks else []


def nothing(*_: object) -> None:
    """Do nothing, where something should be done."""


BUGS: dict[str, tuple[type, str, Callable[..., object]]] = {
    "neighbours are blamed": (Member, "is_blamed", everybody),
    "nobody is blamed": (Member, "is_blamed", nobody),
    "what has begun is moved": (Member, "movable", all_of_them),
    "recycled all at once": (Roster, "_recycle", in_any_turn),
    "reported twice": (Roster, "_end", twice),
    "started while paused": (Staffing, "is_closed", never_closed),
    "a look can be put off": (LocalCrew, "_look_within", always_anew),
    "nobody is forgiven": (Roster, "forgive", nothing),
    "nobody sweeps": (Dispatcher, "_sweep", nothing),
    "who is cancelled is not answered": (Roster, "_take_ask", handed_on),
    "questions outlive their job": (Dispatcher, "_over", nothing),
    "answers are lost": (LocalCrew, "answer", nothing),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulation that finds nothing must be able to."""
    where, name, instead = BUGS[bug]
    monkeypatch.setattr(where, name, instead)

    broken = str(first_found())

    assert "python -m simulation.run" in broken


def test_a_broken_rule_says_what_came_before_and_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Member, "is_blamed", everybody)
    first, again, *last = str(first_found()).splitlines()
    seed, steps = map(int, again.split()[-2:])

    assert first.startswith("AssertionError(")
    assert len(last) == LAST_EVENTS
    with pytest.raises(Broken) as broken:
        run(seed, steps)
    assert str(broken.value).splitlines() == [first, again, *last]
