"""When somebody has to look again, if nothing happens before: neither too early nor too late.

What holds always is in `test_roster_machine.py`; these are the cases that somebody will ask about.
"""

import pytest

from coordinator.crew.health import HealthLimits
from coordinator.crew.roster import RESCUE_AFTER_S
from coordinator.crew.staffing import PROBE_PROVES_AFTER_S
from protocol.worker.messages import Beat, Ready
from support.fakes_roster import (
    answer,
    give,
    gone_down,
    known_as_short,
    roster_of,
    started,
    task,
)

LIMITS = HealthLimits(start_timeout_s=7, beat_timeout_s=100, ask_grace_s=0.5)


def test_before_anybody_is_there_a_look_is_due() -> None:
    assert roster_of(1, LIMITS).next_look_at() == 0.0


def test_a_worker_that_starts_is_looked_at_when_it_should_be_there() -> None:
    roster = roster_of(2, LIMITS)
    roster.tick(3.0, {})

    assert roster.next_look_at() == 10.0


def test_an_idle_worker_is_looked_at_when_it_should_have_been_heard() -> None:
    roster = started(1, LIMITS)
    roster.receive(1, Beat(), 20.0)

    assert roster.next_look_at() == 120.0


def test_a_task_is_looked_at_when_it_should_be_done() -> None:
    roster = started(2, LIMITS)
    roster.assign(task(1, deadline=30.0), 0)
    roster.assign(task(2, deadline=20.0), 0)

    assert roster.next_look_at() == 20.0


def test_what_was_asked_for_is_looked_at_after_its_grace() -> None:
    roster = started(1, LIMITS)
    roster.assign(task(deadline=30.0), 0)
    roster.cancel(1, 5.0)

    assert roster.next_look_at() == 5.5


@pytest.mark.parametrize(("is_short", "due"), [(True, 4.0 + RESCUE_AFTER_S), (False, 30.0)])
def test_what_stands_behind_is_looked_at_if_it_may_go_elsewhere(
    *, is_short: bool, due: float
) -> None:
    roster = known_as_short(1, LIMITS)
    give(roster, [1], 4.0)
    roster.assign(task(2, is_short=is_short), 5.0)

    assert roster.next_look_at() == due


def test_nothing_is_looked_for_behind_a_task_in_a_worker_that_dies() -> None:
    roster = known_as_short(1, LIMITS)
    give(roster, [1, 2], 4.0)
    roster.garbled(1, "rubbish")

    assert roster.next_look_at() is None


def test_a_kind_that_is_down_is_looked_at_when_it_is_tried_again() -> None:
    assert gone_down().next_look_at() == 10.0


def test_a_probe_is_looked_at_when_it_has_lived_long_enough() -> None:
    roster = gone_down()
    roster.limits = LIMITS
    roster.tick(10.0, {})
    assert roster.next_look_at() == 17.0
    roster.receive(1, Ready("k", 7), 11.0)

    assert roster.next_look_at() == 11.0 + PROBE_PROVES_AFTER_S


def test_a_worker_that_goes_is_looked_at_when_it_should_be_gone() -> None:
    roster = started(1, LIMITS)
    roster.assign(task(deadline=30.0), 0)
    roster.restart(1, 1.0, at_once=False)
    assert roster.next_look_at() == 30.0
    answer(roster, 1, 1, 2.0)

    assert roster.next_look_at() == 3.0
