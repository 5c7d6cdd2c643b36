"""What one read brings of a worker is taken as if it had come bit by bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.crew.actions import Actions, Kill, Report
from coordinator.crew.roster import Roster
from coordinator.dispatch.backend import Outcome
from protocol.worker.messages import Done, Failed, FromWorker
from support.fakes_roster import NULL, give, known_as_short, started


def outcomes(actions: Actions) -> dict[int, Outcome]:
    """Return how tasks ended."""
    found = [action for action in actions if isinstance(action, Report)]
    return {report.task_id: report.news for report in found if isinstance(report.news, Outcome)}


def busy(count: int) -> Roster:
    """Return a roster whose worker has *count* short tasks since time 0."""
    roster = known_as_short(depth=10)
    give(roster, range(1, count + 1), 0.0)
    return roster


@given(st.integers(1, 10), st.integers(1, 10))
def test_answers_that_come_together_have_taken_equal_parts_of_the_time(
    count: int, together: int
) -> None:
    together = min(together, count)
    roster = busy(count)
    ended = outcomes([*roster.receive_all(1, [Done(n, NULL) for n in range(1, together + 1)], 0.1)])

    assert list(ended) == list(range(1, together + 1))
    assert [o.ran_s for o in ended.values()] == pytest.approx([0.1 / together] * together)
    assert roster.members[0].head_since == 0.1


@given(st.lists(st.sampled_from([Done, Failed]), min_size=1, max_size=10), st.integers(0, 10))
def test_it_does_not_matter_where_a_read_ends(kinds: list[type], cut: int) -> None:
    answers: list[FromWorker] = [
        Done(n, NULL) if kind is Done else Failed(n, "c", "m")
        for n, kind in enumerate(kinds, start=1)
    ]
    whole, cut_up = busy(len(answers)), busy(len(answers))
    ended = outcomes([*whole.receive_all(1, answers, 0.5)])
    again = outcomes(
        [*cut_up.receive_all(1, answers[:cut], 0.5), *cut_up.receive_all(1, answers[cut:], 0.5)]
    )

    assert {n: o.status for n, o in ended.items()} == {n: o.status for n, o in again.items()}
    assert sum(o.ran_s for o in ended.values()) == pytest.approx(0.5)
    assert sum(o.ran_s for o in again.values()) == pytest.approx(0.5)
    assert whole.members[0].is_idle()
    assert cut_up.members[0].is_idle()


def test_a_worker_of_several_jobs_ran_each_since_it_got_it() -> None:
    roster = started(capacity=3)
    give(roster, [1, 2], 0.0)

    ended = outcomes([*roster.receive_all(1, [Done(2, NULL), Done(1, NULL)], 0.4)])

    assert [outcome.ran_s for outcome in ended.values()] == [0.4, 0.4]


def test_what_follows_a_lie_is_not_heard() -> None:
    roster = busy(3)
    actions = roster.receive_all(1, [Done(1, NULL), Done(3, NULL), Done(2, NULL)], 0.1)

    assert list(outcomes(actions)) == [1]
    assert any(isinstance(action, Kill) for action in actions)
    assert roster.late_replies == 1
