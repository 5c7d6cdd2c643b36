"""A third party's tool is run as often as it may be, and its caller is told once, whatever its workers do."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Raw

from cache.flight import Flights
from coordinator.call import Call, Calls
from coordinator.dispatch.backend import Outcome
from coordinator.observe.metrics import Metrics
from coordinator.tool_job import MOST_LOSSES
from protocol.tools.catalog import CONTRACTS
from protocol.worker.messages import Progress
from support.fakes_calls import FakeCaller
from support.fakes_runs import KIND, Rig, encode
from support.fakes_time import fake_time
from support.offers import offer

DEADLINE_S = 20.0
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
OFFERS = [
    offer("once", SCHEMA),
    offer("again", SCHEMA, idempotent=True),
    offer("look", SCHEMA, read_only=True),
    offer("kept", SCHEMA, read_only=True, cacheable=True),
]


class Desk:
    """Calls of a stranger's tools, with everything below them but workers."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.metrics = Metrics()
        self.flights: Flights[Call] = Flights()
        self.calls = Calls(CONTRACTS, rig.services, self.flights, self.metrics, "/")
        assert self.calls.tools.offer(KIND, OFFERS, DEADLINE_S) == []

    def ask(self, tool: str, arguments: object = None) -> tuple[Call, FakeCaller]:
        caller = FakeCaller()
        call = Call(tool, b"{}" if arguments is None else encode(arguments), caller)
        self.calls.start(call)
        return call, caller

    def answer(self, result: bytes = b"1", cache_for: float | None = 0) -> None:
        """Let the oldest task be done."""
        outcome = Outcome("done", result=Raw(result), cache_for=cache_for, ran_s=0.1)
        self.rig.backend.end(self.rig.running()[0], outcome)

    def lose(self, *, is_blamed: bool = True) -> None:
        """Let the worker of the oldest task die."""
        self.rig.backend.lose(self.rig.running()[0], "SIGSEGV", is_blamed=is_blamed)

    def hang(self) -> None:
        """Let the oldest task reach its deadline, and its worker be killed for it."""
        self.rig.backend.end(self.rig.running()[0], Outcome("deadline", is_blamed=True, ran_s=9.0))

    def sent(self) -> list[bytes]:
        return [bytes(task.arguments) for task in self.rig.backend.sent]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with fake_time() as loop:
        yield Desk(Rig(loop))


def text_of(caller: FakeCaller) -> str:
    (body,) = caller.answers
    text: str = msgspec.json.decode(b"{%b}" % body)["content"][0]["text"]
    return text


def code_of(caller: FakeCaller) -> str:
    (refusal,) = caller.refusals
    return refusal.code


def test_a_call_is_one_job_and_its_answer(desk: Desk) -> None:
    _, caller = desk.ask("once", {"a": 1})
    (task,) = desk.rig.backend.sent
    assert (task.kind, task.tool, bytes(task.arguments)) == (KIND, "once", b'{"a":1}')
    assert task.deadline == desk.rig.loop.now + DEADLINE_S
    assert not task.is_short, "nothing may stand behind another in a stranger's worker"

    desk.answer(b'"hello"')

    assert text_of(caller) == "hello"
    assert desk.calls.is_quiet()


def test_a_worker_is_sent_what_the_key_stands_for(desk: Desk) -> None:
    call = Call("kept", b' { "a" : 1.0 } ', FakeCaller())

    desk.calls.start(call)

    assert desk.sent() == [b'{"a":1.0}']


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(b"null", b"{}"), (b'"{\\"a\\":1}"', b'{"a":1}'), (b'{"a":1,"a":2}', b'{"a":2}')],
)
def test_what_is_meant_is_taken(desk: Desk, arguments: bytes, expected: bytes) -> None:
    desk.calls.start(Call("once", arguments, FakeCaller()))

    assert desk.sent() == [expected]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (b'{"a":"x"}', 'Wrong arguments: `a`: expected an integer, got a string, "x".'),
        (b'{"b":1}', "Wrong arguments: unknown argument `b`"),
        (b"[]", "Wrong arguments: the whole: expected an object"),
        (b'"{"', "The arguments are not valid JSON: "),
        (b'"x', "The arguments are not valid JSON: "),
        (b'{"a":"\xff"}', "The arguments are not valid JSON"),
        (b"[" * 65 + b"]" * 65, "Wrong arguments: nested more than 64 levels deep."),
        (b"[" * 100_000, "The arguments are nested too deeply."),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_queued(
    desk: Desk, arguments: bytes, said: str
) -> None:
    caller = FakeCaller()

    desk.calls.start(Call("once", arguments, caller))

    assert code_of(caller) == "invalid_arguments"
    assert caller.refusals[0].message.startswith(said)
    assert desk.sent() == []
    assert desk.calls.is_quiet()


# --- answers that are shared


def test_equal_calls_of_a_cacheable_tool_share_one_job(desk: Desk) -> None:
    callers = [desk.ask("kept", {"a": 1})[1] for _ in range(3)]

    desk.answer(cache_for=5)

    assert len(desk.sent()) == 1
    assert [text_of(caller) for caller in callers] == ["1", "1", "1"]
    _, hit = desk.ask("kept", {"a": 1})
    assert text_of(hit) == "1"
    desk.rig.loop.advance(6)
    desk.ask("kept", {"a": 1})
    assert len(desk.sent()) == 2


@pytest.mark.parametrize("tool", ["once", "again", "look"])
def test_calls_of_any_other_tool_never_share(desk: Desk, tool: str) -> None:
    callers = [desk.ask(tool, {"a": 1})[1] for _ in range(2)]

    desk.answer(b"1", cache_for=None)
    desk.answer(b"2", cache_for=None)

    assert [text_of(caller) for caller in callers] == ["1", "2"]
    _, third = desk.ask(tool, {"a": 1})
    assert third.ends() == 0


def test_another_version_of_a_tool_has_other_answers(desk: Desk) -> None:
    desk.ask("kept")
    desk.answer(cache_for=None)

    changed = offer("kept", SCHEMA, read_only=True, cacheable=True, description="Better.")
    desk.calls.tools.offer(KIND, [changed], DEADLINE_S)

    assert desk.ask("kept")[1].ends() == 0


def test_tools_of_equal_words_and_other_kinds_have_other_answers(desk: Desk) -> None:
    desk.ask("kept")
    desk.answer(cache_for=None)
    desk.calls.tools.offer(KIND, [], DEADLINE_S)

    desk.calls.tools.offer("other", OFFERS, DEADLINE_S)

    _, caller = desk.ask("kept")
    assert not caller.answers


# --- how it ends otherwise


def test_a_failure_is_told_with_its_code_if_it_is_one_of_ours(desk: Desk) -> None:
    ends = {"E1": "tool_failed", "not_found": "not_found", "": "tool_failed"}
    for code, expected in ends.items():
        _, caller = desk.ask("once")
        failed = Outcome("failed", code=code, message=f"It is {code}.")
        desk.rig.backend.end(desk.rig.running()[0], failed)

        assert code_of(caller) == expected
        assert caller.refusals[0].message == f"It is {code}."


def test_a_failure_without_words_is_given_some(desk: Desk) -> None:
    _, caller = desk.ask("once")

    desk.rig.backend.end(desk.rig.running()[0], Outcome("failed", code="x"))

    assert caller.refusals[0].message


def test_an_answer_that_cannot_be_passed_on_is_an_error(desk: Desk) -> None:
    _, caller = desk.ask("kept")

    desk.answer(b'"\xff"', cache_for=None)

    assert code_of(caller) == "internal"
    assert desk.ask("kept")[1].ends() == 0


def test_parts_are_nothing(desk: Desk) -> None:
    _, caller = desk.ask("once")

    desk.rig.backend.part(desk.rig.running()[0], b"[")
    desk.answer(b"2")

    assert text_of(caller) == "2"


def test_progress_is_told_in_measure(desk: Desk) -> None:
    _, caller = desk.ask("once")
    task_id = desk.rig.running()[0]
    for step in range(100):
        desk.rig.dispatcher.on_progress(task_id, Progress(task_id, step, None, "m" * 5000))
        desk.rig.loop.advance(0.01)

    assert 9 <= len(caller.progress) <= 11
    assert caller.progress[0] == 0


def test_what_never_got_a_worker_says_so(desk: Desk) -> None:
    for _ in range(2):
        desk.ask("once")
    _, caller = desk.ask("once")

    desk.rig.loop.advance(DEADLINE_S + 1)

    assert code_of(caller) == "deadline"
    assert caller.refusals[0].message == "The deadline has passed while waiting in the queue."


@pytest.mark.parametrize(("tool", "says_so"), [("once", True), ("again", False), ("look", False)])
def test_what_was_late_may_have_been_done(desk: Desk, tool: str, says_so: bool) -> None:
    _, caller = desk.ask(tool)

    desk.hang()

    assert code_of(caller) == "deadline"
    assert ("may have been done" in caller.refusals[0].message) is says_so


@pytest.mark.parametrize("is_blamed", [True, False])
def test_what_must_not_be_repeated_is_not(desk: Desk, is_blamed: bool) -> None:
    _, caller = desk.ask("once")

    desk.lose(is_blamed=is_blamed)

    assert code_of(caller) == "outcome_unknown"
    assert caller.refusals[0].message == (
        "Its worker died (SIGSEGV). once had begun and may or may not have been done: "
        "find out before you call it again."
    )
    assert len(desk.sent()) == 1


@pytest.mark.parametrize("tool", ["again", "look", "kept"])
def test_what_may_be_repeated_is_run_once_more(desk: Desk, tool: str) -> None:
    _, caller = desk.ask(tool, {"a": 1})

    desk.lose()
    assert caller.warnings == [f"A worker died (SIGSEGV) on {tool}; it is run again."]
    desk.answer()

    assert text_of(caller) == "1"
    assert desk.sent() == [b'{"a":1}'] * 2
    assert [task.attempt for task in desk.rig.backend.sent] == [1, 2]


def test_what_kills_two_workers_is_refused_for_a_while(desk: Desk) -> None:
    _, first = desk.ask("again", {"a": 1})
    desk.lose()
    desk.lose()
    _, second = desk.ask("again", {"a": 1})
    _, other = desk.ask("again", {"a": 2})

    assert code_of(first) == "worker_lost"
    assert first.refusals[0].message == ("2 workers died while working on it (last: SIGSEGV).")
    assert code_of(second) == "worker_lost"
    assert second.refusals[0].retry_after == 300
    assert other.ends() == 0
    desk.rig.loop.advance(301)
    assert desk.ask("again", {"a": 1})[1].ends() == 0


@pytest.mark.parametrize("tool", ["once", "again"])
def test_what_hangs_twice_is_refused_for_a_while(desk: Desk, tool: str) -> None:
    for _ in range(2):
        desk.ask(tool)
        desk.hang()

    assert code_of(desk.ask(tool)[1]) == "worker_lost"


def test_what_only_waited_too_long_is_not_refused(desk: Desk) -> None:
    for number in range(3):
        for other in range(2):
            desk.ask("again", {"a": 10 * number + other})
        _, caller = desk.ask("look")
        desk.rig.loop.advance(DEADLINE_S + 1)
        assert code_of(caller) == "deadline"
        while desk.rig.running():
            desk.answer()

    assert desk.ask("look")[1].ends() == 0


def test_what_others_die_of_is_not_begun_for_ever(desk: Desk) -> None:
    _, caller = desk.ask("again")

    for _ in range(MOST_LOSSES):
        desk.lose(is_blamed=False)

    assert code_of(caller) == "worker_lost"
    assert desk.ask("again")[1].ends() == 0, "but it is not to blame"


@pytest.mark.parametrize(
    ("tool", "code"), [("once", "outcome_unknown"), ("again", "shutting_down")]
)
def test_at_the_end_it_is_told_what_is_known(desk: Desk, tool: str, code: str) -> None:
    _, running = desk.ask(tool)
    desk.ask(tool)
    _, waiting = desk.ask(tool)

    desk.rig.dispatcher.close()
    desk.calls.close()

    assert code_of(running) == code
    assert code_of(waiting) == "shutting_down"
    assert desk.calls.is_quiet()


def test_a_cancelled_call_is_not_told_and_its_job_is_dropped(desk: Desk) -> None:
    call, caller = desk.ask("kept")
    other, _ = desk.ask("kept")

    desk.calls.cancel(other)
    assert desk.rig.backend.cancelled == []
    desk.calls.cancel(call)

    assert desk.rig.backend.cancelled == desk.rig.running()
    assert caller.ends() == 0
    assert desk.calls.is_quiet()


class ToolCallsMachine(RuleBasedStateMachine):
    """Ask, answer, lose, hang, cancel: told once, or never if cancelled; run once where that is promised."""

    def __init__(self) -> None:
        super().__init__()
        self.time = fake_time()
        self.loop = self.time.__enter__()
        self.desk = Desk(Rig(self.loop, slots=2, queue_size=3))
        self.asked: list[tuple[Call, FakeCaller]] = []
        self.cancelled: set[Call] = set()

    def teardown(self) -> None:
        try:
            while self.desk.rig.running():
                self.desk.answer()
            self.loop.advance(1000)
            for call, caller in self.asked:
                assert caller.ends() == (call not in self.cancelled)
            assert self.desk.calls.is_quiet()
            assert len(self.desk.flights) == 0
            assert self.loop.bugs == []
        finally:
            self.time.__exit__(None, None, None)

    @rule(tool=st.sampled_from(["once", "again", "kept"]), number=st.integers(0, 2))
    def ask(self, tool: str, number: int) -> None:
        self.asked.append(self.desk.ask(tool, {"a": number}))

    @precondition(lambda self: self.desk.rig.running())
    @rule(
        data=st.data(),
        how=st.sampled_from(["done", "kept", "broken", "failed", "blamed", "lost", "hung", "late"]),
    )
    def end(self, data: st.DataObject, how: str) -> None:
        task_id = data.draw(st.sampled_from(self.desk.rig.running()))
        outcomes: dict[str, Any] = {
            "done": Outcome("done", result=Raw(b"1"), ran_s=0.1),
            "kept": Outcome("done", result=Raw(b"1"), cache_for=5, ran_s=0.1),
            "broken": Outcome("done", result=Raw(b"{"), cache_for=5, ran_s=0.1),
            "failed": Outcome("failed", code="x", message="m", ran_s=0.1),
            "blamed": Outcome("lost", message="died", is_blamed=True, ran_s=0.1),
            "lost": Outcome("lost", message="died", ran_s=0.1),
            "hung": Outcome("deadline", is_blamed=True, ran_s=9.0),
            "late": Outcome("deadline", ran_s=9.0),
        }
        self.desk.rig.backend.end(task_id, outcomes[how])

    @precondition(lambda self: any(caller.ends() == 0 for _, caller in self.asked))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        waiting = [c for c, caller in self.asked if not caller.ends() and c not in self.cancelled]
        if waiting:
            call = data.draw(st.sampled_from(waiting))
            self.cancelled.add(call)
            self.desk.calls.cancel(call)

    @rule(seconds=st.sampled_from([1.0, 21.0, 400.0]))
    def pass_time(self, seconds: float) -> None:
        self.loop.advance(seconds)

    @invariant()
    def nobody_is_told_twice(self) -> None:
        for call, caller in self.asked:
            assert caller.ends() <= (call not in self.cancelled)

    @invariant()
    def what_must_not_be_repeated_is_sent_once(self) -> None:
        sent = Counter(task.id for task in self.desk.rig.backend.sent if task.tool == "once")
        assert all(count == 1 for count in sent.values())

    @invariant()
    def nobody_is_killed_for_ever(self) -> None:
        sent = Counter(task.id for task in self.desk.rig.backend.sent)
        assert all(count <= MOST_LOSSES for count in sent.values())


TestToolCallsAgainstTheirRules = ToolCallsMachine.TestCase
TestToolCallsAgainstTheirRules.settings = settings(max_examples=100, stateful_step_count=40)
