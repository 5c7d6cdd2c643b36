"""Operators see every worker as it is, and what they are told will happen is what was done."""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.crew.health import WARM_UP_JOBS, Sample
from coordinator.operators import Operators
from protocol.errors import CallRefused
from protocol.tools.admin_workers import (
    DrainArguments,
    DrainResult,
    ListArguments,
    ListResult,
    RestartArguments,
    RestartResult,
)
from protocol.worker.messages import Beat, Done
from support.fakes_crew import SANDBOX, FakeCrew, was_asked_to_go
from support.fakes_roster import NULL
from support.fakes_time import FakeLoop, fake_time

S = TypeVar("S", bound=msgspec.Struct)


class Desk:
    """Operators' tools, and the crew that they are about."""

    def __init__(self, loop: FakeLoop, *, most: int = 2, depth: int = 1) -> None:
        self.loop = loop
        self.crew = FakeCrew(loop, most, depth=depth)
        self.waiting = 0
        self.tools = Operators(self.crew, lambda _kind: self.waiting, loop.time)

    def look(self, kind: str | None = None) -> ListResult:
        return decoded(self.tools.list_workers(ListArguments(kind)).structured, ListResult)

    def lines(self) -> list[str]:
        return self.tools.list_workers(ListArguments()).text.split("\n")

    def restart(self, **arguments: Any) -> tuple[RestartResult, str]:
        merged = self.tools.restart_worker(RestartArguments(**arguments))
        return decoded(merged.structured, RestartResult), merged.text

    def drain(self, kind: str = "a", *, resume: bool = False) -> tuple[DrainResult, str]:
        merged = self.tools.drain(DrainArguments(kind, resume))
        return decoded(merged.structured, DrainResult), merged.text


def decoded(structured: bytes, kind: type[S]) -> S:
    return msgspec.json.decode(structured, type=kind)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with fake_time() as loop:
        yield Desk(loop)


# --- listing


def test_an_idle_worker_is_shown_with_all_that_is_known_of_it(desk: Desk) -> None:
    desk.crew.bear(1, 71)
    desk.loop.advance(1)
    desk.crew.ready(2, 72)
    desk.loop.advance(4)
    desk.crew.say(2, Beat())
    desk.crew.seen(2, Sample("S", 5 << 20, 0.25))
    desk.loop.advance(0.5)

    starting, idle = desk.look("a").workers

    assert (starting.state, starting.pid, starting.age_s, starting.ready_s) == (
        "starting",
        71,
        5.5,
        0,
    )
    assert (idle.kind, idle.number, idle.pid, idle.state) == ("a", 2, 72, "idle")
    assert (idle.age_s, idle.ready_s, idle.last_beat_s) == (4.5, 4.5, 0.5)
    assert (idle.rss_bytes, idle.cpu_s, idle.baseline_bytes) == (5 << 20, 0.25, 0)
    assert idle.sandbox == SANDBOX
    assert (idle.running, idle.behind, idle.leaves_because) == ([], 0, "")


def test_what_a_worker_runs_is_shown_with_its_time_and_its_attempt(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(5, tool="code_parse", attempt=2)
    desk.loop.advance(3)

    (busy, *_) = desk.look().workers

    (job,) = busy.running
    assert busy.state == "busy"
    assert (job.tool, job.for_s, job.attempt) == ("code_parse", 3, 2)
    assert "code_parse for 3.0 s, attempt 2" in desk.lines()[0]


def test_a_serial_worker_runs_one_job_and_has_the_others_behind_it() -> None:
    with fake_time() as loop:
        desk = Desk(loop, most=1, depth=2)
        desk.crew.ready(1, 71)
        desk.crew.give(1)
        desk.crew.say(1, Done(1, NULL))  # which was short
        desk.crew.give(2, tool="first")
        desk.loop.advance(2)
        desk.crew.roster().depth.now = 2
        desk.crew.give(3, tool="second")
        desk.loop.advance(1)

        (worker, _) = desk.look().workers

        assert [(job.tool, job.for_s) for job in worker.running] == [("first", 3)]
        assert worker.behind == 1
        desk.crew.say(1, Done(2, NULL))
        desk.loop.advance(1)
        (worker, _) = desk.look().workers
        assert [(job.tool, job.for_s) for job in worker.running] == [("second", 1)]
        assert (worker.jobs, worker.behind) == (2, 0)


def test_a_worker_of_several_jobs_runs_each_since_it_got_it(desk: Desk) -> None:
    desk.crew.ready(1, 71, capacity=2)
    desk.crew.give(1, tool="one")
    desk.loop.advance(2)
    desk.crew.give(2, tool="two")
    desk.loop.advance(1)

    (worker, _, *_) = desk.look().workers

    assert [(job.tool, job.for_s) for job in worker.running] == [("one", 3), ("two", 1)]
    assert worker.behind == 0


def test_a_job_that_nobody_waits_for_is_still_what_it_runs(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(1)
    desk.crew.cancel(1)
    desk.crew.roster().members[0].drop(1)

    (worker, *_) = desk.look().workers

    assert [(job.tool, job.attempt) for job in worker.running] == [("", 0)]
    assert "a job that nobody waits for" in desk.lines()[0]


def test_a_baseline_is_what_a_warm_worker_takes_up(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    for number in range(WARM_UP_JOBS):
        desk.crew.give(number)
        desk.crew.say(1, Done(number, NULL))
    desk.crew.seen(1, Sample("S", 7 << 20, 0.5))
    desk.crew.seen(1, Sample("S", 9 << 20, 0.5))

    (worker, *_) = desk.look().workers

    assert (worker.rss_bytes, worker.baseline_bytes) == (9 << 20, 7 << 20)
    assert "9 MiB, baseline 7 MiB" in desk.lines()[0]


def test_of_a_worker_that_is_gone_only_its_place_is_left(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(1)
    desk.crew.say(1, Done(1, NULL))
    desk.crew.seen(1, Sample("S", 9 << 20, 0.5))
    desk.drain()
    desk.loop.advance(2)
    desk.crew.die(1)

    (gone, *_) = desk.look().workers

    assert (gone.pid, gone.rss_bytes, gone.cpu_s, gone.baseline_bytes) == (0, 0, 0, 0)
    assert (gone.age_s, gone.ready_s, gone.last_beat_s, gone.sandbox) == (0, 0, 0, {})
    assert (gone.jobs, gone.jobs_done) == (0, 1)
    assert (gone.state, gone.leaves_because, gone.running) == ("drained", "", [])
    assert "a-1: drained, no process, 0 restarts" in desk.lines()


def test_only_the_kind_that_was_asked_for_is_listed(desk: Desk) -> None:
    assert {worker.kind for worker in desk.look().workers} == {"a", "b"}
    assert {worker.kind for worker in desk.look("b").workers} == {"b"}


def test_a_place_that_is_not_wanted_is_not_listed(desk: Desk) -> None:
    roster = desk.crew.roster()
    roster.members[1].is_parked = True

    assert [worker.number for worker in desk.look("a").workers] == [1]


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(desk: Desk) -> None:
    with pytest.raises(CallRefused, match=r"no kind of worker 'c'.*There are: a, b") as refused:
        desk.look("c")

    assert refused.value.code == "not_found"


def test_a_sandbox_is_said_once_for_a_kind_and_for_each_that_differs(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.ready(2, 72)
    desk.crew.ready(1, 81, "b", sandbox={"landlock": "on"})
    desk.crew.ready(2, 82, "b", sandbox={"landlock": "off: why"})
    desk.loop.advance(1)

    assert [line for line in desk.lines() if line.startswith("sandbox")] == [
        "sandbox a: landlock on, memory 1 bytes",
        "sandbox b-1: landlock on",
        "sandbox b-2: landlock off: why",
    ]


@given(
    name=st.text(st.characters(codec="utf-8"), min_size=1),
    reason=st.text(st.characters(codec="utf-8"), min_size=1),
    part=st.text(st.characters(codec="utf-8")),
)
def test_what_strangers_say_of_themselves_keeps_to_its_line(
    name: str, reason: str, part: str
) -> None:
    with fake_time() as loop:
        desk = Desk(loop)
        desk.crew.ready(1, 71, sandbox={part: reason})
        desk.crew.give(1, tool=name)
        desk.crew.roster().members[0].end_reason = reason
        loop.advance(1)

        lines = desk.lines()

        assert len(lines) == 5  # two places of two kinds, and one sandbox
        assert all(line.isprintable() for line in lines)


# --- restarting


@pytest.mark.parametrize("named", [{"pid": 72}, {"kind": "a", "number": 2}])
def test_an_idle_worker_is_asked_to_go_and_no_other(desk: Desk, named: dict[str, Any]) -> None:
    for number in (1, 2):
        desk.crew.ready(number, 70 + number)

    result, text = desk.restart(**named)

    assert (result.kind, result.number, result.pid) == ("a", 2, 72)
    assert (result.action, result.running) == ("asked_to_go", [])
    assert "has nothing to do and goes; a new worker takes its place" in text
    assert was_asked_to_go(desk.crew.process(2))
    assert not was_asked_to_go(desk.crew.process(1))


def test_a_busy_worker_finishes_first_and_the_answer_says_what(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(1, tool="code_parse")
    desk.loop.advance(2)

    result, text = desk.restart(pid=71)

    assert result.action == "asked_to_go"
    assert text == (
        "a-1 (pid 71) finishes code_parse for 2.0 s; then a new worker takes its place."
    )
    assert not desk.crew.process(1).was_killed
    assert desk.crew.outcomes == []


def test_a_worker_can_be_killed_at_once(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(1)

    result, text = desk.restart(pid=71, at_once=True)

    assert result.action == "killed"
    assert "is killed now" in text
    assert desk.crew.process(1).was_killed


def test_a_job_that_an_operator_has_killed_is_not_blamed(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(1)
    desk.restart(pid=71, at_once=True)

    desk.crew.die(1)

    ((task_id, outcome),) = desk.crew.outcomes
    assert (task_id, outcome.status, outcome.is_blamed) == (1, "lost", False)


def test_who_is_on_the_way_out_is_not_asked_again_but_can_be_killed(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(1)
    desk.restart(pid=71)

    again, text = desk.restart(pid=71)
    at_once, _ = desk.restart(pid=71, at_once=True)
    too_late, _ = desk.restart(pid=71, at_once=True)

    assert again.action == "already_going"
    assert "on its way out already" in text
    assert (at_once.action, too_late.action) == ("killed", "already_going")


def test_an_empty_place_is_said_to_be_one(desk: Desk) -> None:
    result, text = desk.restart(kind="a", number=1)

    assert result.action == "no_process"
    assert text == "a-1 has no process now: nothing was done."


@pytest.mark.parametrize(
    "arguments", [{}, {"kind": "a"}, {"number": 1}, {"at_once": True}, {"kind": "c", "number": 1}]
)
def test_a_worker_must_be_named(desk: Desk, arguments: dict[str, Any]) -> None:
    with pytest.raises(CallRefused, match=r"Give `pid`, or `kind`|no kind of worker"):
        desk.restart(**arguments)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"pid": 99}, "There is no worker with pid 99."),
        ({"pid": 71, "number": 2}, "There is no worker number-2 with pid 71."),
        ({"pid": 71, "kind": "b"}, "There is no worker with pid 71."),
        ({"kind": "a", "number": 3}, "There is no worker a-3."),
    ],
)
def test_a_worker_that_does_not_exist_is_refused_with_those_that_do(
    desk: Desk, arguments: dict[str, Any], what: str
) -> None:
    desk.crew.ready(1, 71)

    with pytest.raises(CallRefused) as refused:
        desk.restart(**arguments)

    assert refused.value.code == "not_found"
    assert refused.value.message.startswith(what)
    known = "b-1" if arguments.get("kind") == "b" else "a-1 (pid 71)"
    assert f"There are: {known}" in refused.value.message


def test_not_all_of_a_great_many_workers_are_named() -> None:
    with fake_time() as loop, pytest.raises(CallRefused, match=r"a-20 \(\w+\), 10 more\.$"):
        Desk(loop, most=30).restart(kind="a", number=31)


# --- draining


def test_a_drained_kind_goes_home_and_the_answer_counts_who(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.ready(2, 72)
    busy = desk.crew.give(1)
    desk.waiting = 4

    result, text = desk.drain()

    assert (result.drained, result.changed) == (True, True)
    assert (result.busy, result.idle, result.refused) == (1, 1, 4)
    assert all(was_asked_to_go(desk.crew.process(number)) for number in (1, 2))
    assert not desk.crew.process(busy).was_killed
    assert "4 waiting jobs were refused" in text
    assert "until admin_drain is called with resume=true" in text
    assert desk.crew.told_of[-1] == "a", "whoever waits must be told"


def test_a_drained_kind_refuses_jobs_and_no_other_does(desk: Desk) -> None:
    desk.drain("a")

    refusal = desk.crew.refusal("a")
    assert refusal is not None
    assert "drained by an operator" in refusal.message
    assert desk.crew.refusal("b") is None


def test_a_drained_kind_is_shown_as_such_and_starts_nobody(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.drain()
    desk.crew.die(1)
    desk.loop.advance(60)
    assert desk.crew.to_be_born == []

    listed = desk.look()

    assert listed.drained == ["a"]
    assert [w.state for w in listed.workers if w.kind == "a"] == ["drained", "drained"]
    assert desk.lines()[-1] == "drained, until admin_drain with resume=true: a"


def test_draining_twice_changes_nothing_and_says_so(desk: Desk) -> None:
    desk.drain()

    result, text = desk.drain()

    assert (result.drained, result.changed) == (True, False)
    assert "drained already" in text


def test_a_kind_is_taken_back_to_work(desk: Desk) -> None:
    desk.drain()
    assert desk.crew.to_be_born == []

    result, text = desk.drain(resume=True)

    assert (result.drained, result.changed) == (False, True)
    assert "takes calls again" in text
    assert desk.crew.refusal("a") is None
    assert desk.crew.to_be_born == [("a", 1), ("a", 2)]
    assert desk.look().drained == []


def test_what_was_not_drained_cannot_be_resumed_and_that_is_no_error(desk: Desk) -> None:
    result, text = desk.drain(resume=True)

    assert (result.drained, result.changed) == (False, False)
    assert text == "a was not drained."


def test_nobody_takes_the_place_of_a_worker_of_a_drained_kind(desk: Desk) -> None:
    desk.crew.ready(1, 71)
    desk.crew.give(1)
    desk.drain()

    _, text = desk.restart(pid=71, at_once=True)

    assert "nobody takes its place, because its kind is drained" in text


def test_a_kind_that_does_not_exist_cannot_be_drained(desk: Desk) -> None:
    with pytest.raises(CallRefused, match="There are: a, b"):
        desk.drain("parse")
