"""What running jobs ask for is called on their behalf, answered once, and forgotten when they are over."""

from collections.abc import Generator

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Raw

from coordinator.answer import LONGEST_RESULT
from coordinator.call import Call
from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import Dispatcher, JobSpec
from coordinator.dispatch.queue import JobQueue
from coordinator.nested import NestedCalls
from protocol.errors import CallRefused
from protocol.tools.catalog import offered
from protocol.tools.contract import Annotations, Contract
from protocol.tools.nested import ASKING_KINDS, may_be_asked_for
from protocol.worker.messages import Ask
from support.fakes import FakeBackend, FakeListener
from support.fakes_calls import FakeCalls
from support.fakes_runs import Rig
from support.fakes_time import FakeLoop, fake_time

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SPEC = JobSpec(
    kind="ollama",
    tool="ollama_agent_run",
    arguments=Raw(b"{}"),
    priority="low",
    timeout_s=30.0,
    tenant="acme",
    trace=TRACE,
)


class Bench:
    """Two slots for jobs that ask, and calls that end when a test says so."""

    def __init__(self, loop: FakeLoop) -> None:
        self.backend = FakeBackend(2)
        self.dispatcher = Dispatcher(
            self.backend,
            ["ollama", "parse"],
            lambda _kind: JobQueue(10, 1.0),
            lambda _kind, _seconds: None,
        )
        self.backend.attach(self.dispatcher)
        self.calls = FakeCalls(Rig(loop))
        self.nested = NestedCalls(self.calls, self.backend.answer)
        self.dispatcher.answer_with(self.nested)

    def submit(self, *retries: bytes, kind: str = "ollama") -> int:
        spec = msgspec.structs.replace(SPEC, kind=kind)
        return self.dispatcher.submit(spec, FakeListener(*retries))

    def told(self) -> list[tuple[int, int, str]]:
        return [(answer.id, answer.ask, answer.code) for answer in self.backend.answers]


@pytest.fixture
def bench() -> Generator[Bench]:
    with fake_time() as loop:
        yield Bench(loop)


def end(bench: Bench, call: Call) -> None:
    """Let a call have its answer."""
    bench.calls.open.remove(call)
    call.caller.on_answer(b'"content":[]')


# --- one question


def test_the_answer_goes_to_the_job_that_asked(bench: Bench) -> None:
    job_id = bench.submit()
    bench.backend.ask(job_id, 7)

    end(bench, bench.calls.open[0])

    (answer,) = bench.backend.answers
    assert (answer.id, answer.ask, answer.code) == (job_id, 7, "")
    assert bytes(answer.result) == b'{"content":[]}'
    assert bench.nested.open() == 0


def test_a_nested_call_has_its_parents_tenant_priority_and_trace(bench: Bench) -> None:
    bench.backend.ask(bench.submit())

    (call,) = bench.calls.started
    assert (call.tenant, call.priority, call.trace) == ("acme", "low", TRACE)
    assert (call.tool, call.arguments) == ("code_parse", b"{}")


def test_a_refusal_is_an_answer_too(bench: Bench) -> None:
    job_id = bench.submit()
    bench.backend.ask(job_id)

    bench.calls.open.pop().caller.on_refusal(CallRefused("not_found", "There is no such file."))

    (answer,) = bench.backend.answers
    assert (answer.code, answer.message) == ("not_found", "There is no such file.")


def test_an_answer_may_come_before_start_returns(bench: Bench) -> None:
    job_id = bench.submit()
    bench.calls.at_once = b'"content":[]'

    bench.backend.ask(job_id)

    assert bench.told() == [(job_id, 1, "")]
    assert bench.nested.open() == 0


def test_an_answer_that_nobody_could_read_is_refused(bench: Bench) -> None:
    bench.backend.ask(bench.submit())

    bench.calls.open.pop().caller.on_answer(b" " * (LONGEST_RESULT + 1))

    assert [code for _, _, code in bench.told()] == ["too_large"]


# --- who may ask, and for what


@pytest.mark.parametrize(
    ("tool", "code"),
    [("admin_get_metrics", "not_allowed"), ("code_pars", "not_found"), ("", "not_found")],
)
def test_what_may_not_be_asked_for_is_refused_by_name(bench: Bench, tool: str, code: str) -> None:
    job_id = bench.submit()

    bench.backend.ask(job_id, tool=tool)

    assert bench.told() == [(job_id, 1, code)]
    assert not bench.calls.started
    (answer,) = bench.backend.answers
    assert code == "not_found" or "code_parse" in answer.message


def test_a_kind_that_may_not_ask_is_refused_also_here(bench: Bench) -> None:
    job_id = bench.submit(kind="parse")

    bench.backend.ask(job_id)

    assert bench.told() == [(job_id, 1, "not_allowed")]


def test_without_anybody_to_ask_the_job_is_told_so(bench: Bench) -> None:
    alone = Dispatcher(
        bench.backend, ["ollama"], lambda _: JobQueue(10, 1.0), lambda _kind, _s: None
    )
    job_id = alone.submit(SPEC, FakeListener())

    alone.on_ask(job_id, Ask(job_id, 1, "code_parse", Raw(b"{}")))

    assert bench.told() == [(job_id, 1, "not_allowed")]


def test_nothing_that_waits_for_an_answer_can_be_what_the_answer_waits_for() -> None:
    """Kinds that ask and kinds that are asked are not the same, so no wait is in a circle."""
    asked = {
        contract.kind
        for contract in offered(admin_tools=True).values()
        if may_be_asked_for(contract)
    }

    assert asked
    assert not asked & ASKING_KINDS
    assert None not in asked


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("kind", ["ollama", "draft", "parse", None])
def test_only_what_changes_nothing_or_is_a_draft_can_be_asked_for(
    kind: str | None, read_only: bool
) -> None:
    contract = Contract(
        name="x",
        title="x",
        description="x",
        version="1",
        arguments=msgspec.Struct,
        result=msgspec.Struct,
        annotations=Annotations(read_only_hint=read_only),
        kind=kind,
    )

    assert may_be_asked_for(contract) is (kind == "draft" or (kind == "parse" and read_only))


# --- when the job is over


@pytest.mark.parametrize("status", ["done", "failed", "lost", "deadline"])
def test_what_a_job_has_asked_is_cancelled_when_it_is_over(bench: Bench, status: str) -> None:
    job_id = bench.submit()
    bench.backend.ask(job_id, 1)
    bench.backend.ask(job_id, 2)

    bench.backend.end(job_id, Outcome(status))  # type: ignore[arg-type]  # one of four

    assert len(bench.calls.cancelled) == 2
    assert bench.backend.answers == []
    assert bench.nested.open() == 0


def test_what_a_job_has_asked_is_cancelled_with_it(bench: Bench) -> None:
    job_id = bench.submit()
    bench.backend.ask(job_id)

    bench.dispatcher.cancel(job_id)
    bench.backend.ask(job_id, 2)  # it crossed the cancellation

    assert len(bench.calls.cancelled) == 1
    assert len(bench.calls.started) == 1
    assert bench.nested.open() == 0


def test_a_second_attempt_may_ask_under_the_same_number(bench: Bench) -> None:
    job_id = bench.submit(b"{}")
    bench.backend.ask(job_id)
    bench.backend.lose(job_id)  # and it is run again at once

    bench.backend.ask(job_id)
    end(bench, bench.calls.open[0])

    assert len(bench.calls.cancelled) == 1
    assert bench.told() == [(job_id, 1, "")]


# --- everything in any order


class NestedMachine(RuleBasedStateMachine):
    """Jobs ask, calls end, workers die, callers leave; the model is the set of questions that are owed."""

    def __init__(self) -> None:
        super().__init__()
        self.time = fake_time()
        self.bench = Bench(self.time.__enter__())
        self.backend = self.bench.backend
        self.owed: list[tuple[int, int]] = []
        self.answered: list[tuple[int, int]] = []
        self.cancelled: set[int] = set()
        self.numbers = 0

    def teardown(self) -> None:
        while self.backend.running:
            self.end(next(iter(self.backend.running)), "done")
        assert self.bench.nested.open() == 0
        assert self.bench.calls.open == []
        assert self.bench.dispatcher.is_quiet()
        self.time.__exit__(None, None, None)

    def draw_running(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.backend.running)))

    @rule(can_retry=st.booleans())
    def submit(self, can_retry: bool) -> None:
        if len(self.bench.dispatcher.queues["ollama"]) < 4:
            self.bench.submit(*([b"{}"] if can_retry else []))

    @precondition(lambda self: self.backend.running)
    @rule(data=st.data(), tool=st.sampled_from(["code_parse", "code_parse", "nothing"]))
    def ask(self, data: st.DataObject, tool: str) -> None:
        job_id = self.draw_running(data)
        self.numbers += 1
        self.backend.ask(job_id, self.numbers, tool)
        if job_id in self.cancelled:
            return  # the crew answers what nobody waits for
        (self.owed if tool == "code_parse" else self.answered).append((job_id, self.numbers))

    @precondition(lambda self: self.owed)
    @rule(data=st.data(), is_good=st.booleans())
    def answer(self, data: st.DataObject, is_good: bool) -> None:
        call = data.draw(st.sampled_from(self.bench.calls.open))
        before = len(self.backend.answers)
        self.bench.calls.open.remove(call)
        if is_good:
            call.caller.on_answer(b'"content":[]')
        else:
            call.caller.on_refusal(CallRefused("deadline", "late"))
        (answer,) = self.backend.answers[before:]
        self.owed.remove((answer.id, answer.ask))
        self.answered.append((answer.id, answer.ask))

    @precondition(lambda self: self.backend.running)
    @rule(data=st.data(), how=st.sampled_from(["done", "lost", "deadline"]))
    def end_one(self, data: st.DataObject, how: str) -> None:
        self.end(self.draw_running(data), how)

    def end(self, job_id: int, how: str) -> None:
        self.forget(job_id)
        self.cancelled.discard(job_id)
        self.backend.end(job_id, Outcome(how))  # type: ignore[arg-type]  # one of three

    @precondition(lambda self: self.backend.running)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id = self.draw_running(data)
        self.forget(job_id)
        self.cancelled.add(job_id)
        self.bench.dispatcher.cancel(job_id)

    def forget(self, job_id: int) -> None:
        self.owed = [question for question in self.owed if question[0] != job_id]

    @invariant()
    def everything_owed_is_being_worked_on_and_nothing_else(self) -> None:
        assert len(self.bench.calls.open) == self.bench.nested.open() == len(self.owed)

    @invariant()
    def every_question_was_answered_once(self) -> None:
        told = [(answer.id, answer.ask) for answer in self.backend.answers]
        assert sorted(told) == sorted(self.answered)
        assert len(set(told)) == len(told)


TestNestedAgainstItsModel = NestedMachine.TestCase
TestNestedAgainstItsModel.settings = settings(max_examples=100, stateful_step_count=40)
