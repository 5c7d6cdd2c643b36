"""The history checker: it finds every broken promise, and nothing in a history without one."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.history import (
    Answered,
    Cancelled,
    Event,
    Execution,
    Gone,
    Invoked,
    Rule,
    check,
    line_of,
    read_work_log,
)

OK = Answered(1, 9, "ok", 7)


def broken(
    events: Sequence[Event], executions: Sequence[Execution] = (), gone: Sequence[Gone] = ()
) -> list[Rule]:
    return [violation.rule for violation in check(events, executions, gone)]


def asked(*, is_idempotent: bool = True, may_overlap: bool = False) -> Invoked:
    return Invoked(1, 0, 7, is_idempotent, may_overlap)


def run(attempt: int, begun_at: float, ended_at: float | None = None, pid: int = 5) -> Execution:
    return Execution(1, attempt, pid, begun_at, ended_at)


@pytest.mark.parametrize(
    ("events", "executions"),
    [
        ([asked(), OK], [run(1, 1, 2)]),
        ([asked(), OK], [run(1, 1), run(2, 5, 6, pid=6)]),
        ([asked(), Answered(1, 9, "fail")], []),
        ([asked(), Answered(1, 9, "fail")], [run(1, 1)]),
        ([asked(is_idempotent=False), Answered(1, 9, "unknown")], [run(1, 1)]),
        ([asked(is_idempotent=False), OK], [run(2, 1, 2)]),
        ([asked(), Cancelled(1, 3)], [run(1, 1)]),
        ([asked(may_overlap=True), OK], [run(1, 3, 4), run(2, 2, 5)]),
    ],
    ids=[
        "done",
        "run again",
        "refused",
        "failed",
        "unknown",
        "begun at the second attempt",
        "cancelled",
        "overlapping",
    ],
)
def test_a_history_that_is_well_is_found_to_be(
    events: list[Event], executions: list[Execution]
) -> None:
    assert broken(events, executions, [Gone(5, 4)]) == []


@pytest.mark.parametrize(
    ("events", "executions", "rule"),
    [
        ([asked(), asked(), OK], [run(1, 1, 2)], "invoked twice"),
        ([OK], [], "not invoked"),
        ([Cancelled(1, 3)], [], "not invoked"),
        ([], [run(1, 1, 2)], "not invoked"),
        ([asked(), OK, OK], [run(1, 1, 2)], "answered twice"),
        ([asked(), Answered(1, 8, "fail"), OK], [run(1, 1, 2)], "answered twice"),
        ([asked()], [run(1, 1, 2)], "never answered"),
        ([asked(), Cancelled(1, 3), OK], [run(1, 1, 2)], "answered after cancel"),
        ([asked(), Answered(1, 9, "ok", 8)], [run(1, 1, 2)], "wrong result"),
        ([asked(), OK], [], "answered without execution"),
        ([asked(), OK], [run(1, 1)], "answered without execution"),
        ([asked(), OK], [run(1, 1, 10)], "answered without execution"),
        ([asked(), Answered(1, 9, "unknown")], [], "outcome unknown although idempotent"),
        ([asked(is_idempotent=False), OK], [run(1, 1), run(2, 6, 7)], "executed twice"),
        ([asked(), OK], [run(1, 1), run(1, 6, 7, pid=6)], "attempt repeated"),
        ([asked(), OK], [run(2, 1), run(1, 6, 7, pid=6)], "attempts out of order"),
        ([asked(), OK], [run(1, 1), run(2, 3, 7, pid=6)], "attempts overlap"),
        ([asked(), OK], [run(1, 5, 8), run(2, 7, 8, pid=6)], "attempts overlap"),
    ],
)
def test_a_broken_promise_is_found(
    events: list[Event], executions: list[Execution], rule: Rule
) -> None:
    """Worker 5 is gone at 4."""
    assert rule in broken(events, executions, [Gone(5, 4)])


def test_the_end_of_an_earlier_process_of_the_same_number_does_not_count() -> None:
    assert broken([asked(), OK], [run(1, 1), run(2, 6, 7)], [Gone(5, 0.5)]) == ["attempts overlap"]


def test_what_workers_append_is_read_back() -> None:
    lines = [line_of("B", 1, 1, 5, 1.25), line_of("B", 1, 2, 6, 2.5), line_of("E", 1, 2, 6, 3)]

    assert read_work_log(lines) == [run(1, 1.25), run(2, 2.5, 3, pid=6)]


def test_what_one_worker_begins_twice_is_seen_twice() -> None:
    lines = [line_of("B", 1, 1, 5, 1.0), line_of("E", 1, 1, 5, 2.0), line_of("B", 1, 1, 5, 3.0)]

    assert read_work_log(lines) == [run(1, 1, 2), run(1, 3)]


def test_without_a_work_log_only_answers_are_judged() -> None:
    assert check([asked(), OK], None) == []
    assert [violation.rule for violation in check([asked()], None)] == ["never answered"]


# --- any number of calls, one of which may go wrong


class Story(NamedTuple):
    """All that happens to one call."""

    invoked: Invoked
    end: Answered | Cancelled
    runs: list[Execution]


@st.composite
def stories(draw: st.DrawFn) -> list[Story]:
    """Return stories in which every promise is kept."""
    return [_draw_story(draw, call) for call in range(draw(st.integers(1, 8)))]


def _draw_story(draw: st.DrawFn, call: int) -> Story:
    """Some attempts that died with their workers, and perhaps one that did not; then the end."""
    is_idempotent = draw(st.booleans())
    deaths = draw(st.integers(0, 3 if is_idempotent else 0))
    runs = [Execution(call, n + 1, 10 * call + n, n, None) for n in range(deaths)]
    invoked = Invoked(call, 0, call, is_idempotent)
    ends: list[Answered | Cancelled] = [Cancelled(call, 9), Answered(call, 9, "fail")]
    if not is_idempotent:
        ends.append(Answered(call, 9, "unknown"))
    if draw(st.booleans()):
        runs.append(Execution(call, deaths + 1, 10 * call + deaths, deaths, deaths + 0.5))
        ends.append(Answered(call, 9, "ok", call))
    return Story(invoked, draw(st.sampled_from(ends)), runs)


def found_in(told: Sequence[Story], shuffle: random.Random) -> list[tuple[int, Rule]]:
    """Check the stories, every process being gone half a second after its work has begun."""
    events: list[Event] = [story.invoked for story in told]
    events += [story.end for story in told]
    runs = [run for story in told for run in story.runs]
    gone = [Gone(run.pid, run.begun_at + 0.5) for run in runs]
    shuffle.shuffle(runs)
    return [(violation.call, violation.rule) for violation in check(events, runs, gone)]


@given(stories(), st.randoms(use_true_random=False))
def test_however_good_stories_are_mixed_nothing_is_found(
    told: list[Story], shuffle: random.Random
) -> None:
    assert found_in(told, shuffle) == []


@given(stories(), st.randoms(use_true_random=False), st.data())
def test_one_broken_promise_is_found_among_good_stories(
    told: list[Story], shuffle: random.Random, data: st.DataObject
) -> None:
    victim = data.draw(st.sampled_from(told))
    replaced, rule = data.draw(st.sampled_from(_damaged(victim)))
    damaged = [replaced if story is victim else story for story in told]

    assert found_in(damaged, shuffle) == [(victim.invoked.call, rule)]


def _damaged(story: Story) -> list[tuple[Story, Rule]]:
    """Return every way to break one promise about *story*."""
    call, last = story.invoked.call, 1 + max((run.attempt for run in story.runs), default=0)
    again = Execution(call, last, 5000 + call, last, last + 0.5)
    damaged: list[tuple[Story, Rule]] = [
        (story._replace(end=Answered(call, 9, "ok", -1), runs=[again]), "wrong result"),
        (story._replace(end=Answered(call, 9, "ok", call), runs=[]), "answered without execution"),
    ]
    if story.invoked.is_idempotent:
        unknown = Answered(call, 9, "unknown")
        damaged.append((story._replace(end=unknown), "outcome unknown although idempotent"))
    elif story.runs:
        damaged.append((story._replace(runs=[*story.runs, again]), "executed twice"))
    if story.runs and story.invoked.is_idempotent:
        repeated = msgspec.structs.replace(again, attempt=story.runs[0].attempt)
        damaged.append((story._replace(runs=[*story.runs, repeated]), "attempt repeated"))
        early = msgspec.structs.replace(again, begun_at=-1.0, ended_at=None)
        damaged.append((story._replace(runs=[*story.runs, early]), "attempts out of order"))
        soon = msgspec.structs.replace(again, begun_at=story.runs[-1].begun_at + 0.25)
        damaged.append((story._replace(runs=[*story.runs, soon]), "attempts overlap"))
    return damaged
