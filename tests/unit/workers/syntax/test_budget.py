"""A budget is asked all the time and answers by its clock."""

import pytest

from protocol.errors import CallRefused
from workers.context import JobCancelled
from workers.syntax.budget import Budget


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_is_spent_when_its_time_has_come() -> None:
    clock = _Clock()
    budget = Budget(1, clock=clock)
    clock.now = 0.99
    assert not budget.is_spent()
    clock.now = 1.0
    assert budget.is_spent()

    with pytest.raises(CallRefused, match="longer than 1 seconds") as refused:
        budget.check()
    assert refused.value.code == "parse_budget"


def test_a_cancelled_job_stops_with_time_left() -> None:
    budget = Budget(1, cancelled=lambda: True, clock=_Clock())

    with pytest.raises(JobCancelled):
        budget.check()


def test_whether_the_job_was_cancelled_is_asked_now_and_then_only() -> None:
    asked: list[float] = []
    clock = _Clock()

    def is_cancelled() -> bool:
        asked.append(clock.now)
        return False

    budget = Budget(10, is_cancelled, clock)
    for step in range(1_000):
        clock.now = step / 1_000
        budget.check()

    assert 10 < len(asked) < 100


def test_a_job_stays_cancelled_until_somebody_says_so() -> None:
    clock = _Clock()
    answers = iter([True])
    budget = Budget(1, lambda: next(answers), clock)
    assert budget.is_spent()
    clock.now = 0.001

    with pytest.raises(JobCancelled):
        budget.check()
