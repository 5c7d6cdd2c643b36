"""A worker's conversation against its model: every message is legal or the end, and no job is miscounted."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from protocol.errors import ProtocolError
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    FromWorker,
    Job,
    Notice,
    Part,
    Ping,
    Progress,
    Ready,
    ToWorker,
)
from protocol.worker.session import TRANSITIONS, Message, State, WorkerSession

NULL = msgspec.Raw(b"null")
CAPACITY = 2
JOB_IDS = (1, 2, 3)
ASKS = (1, 2, 3)
MOST_ASKS = 2
SHAPES = [(1, 1), (1, 2), (2, 1), (2, 3)]
"""Capacities with depths: a worker has room for as many jobs as the larger of the two says."""

messages_of: dict[type[Message], st.SearchStrategy[Message]] = {
    Ready: st.builds(Ready, st.just("k"), st.just(7), st.sampled_from([CAPACITY, CAPACITY, 0])),
    Job: st.builds(Job, st.sampled_from(JOB_IDS), st.just("t"), st.just(NULL), st.just(1.0)),
    Drain: st.just(Drain()),
    Ping: st.just(Ping(1)),
    Beat: st.just(Beat()),
    Notice: st.just(Notice("e")),
    Cancel: st.builds(Cancel, st.sampled_from(JOB_IDS)),
    Ask: st.builds(
        Ask, st.sampled_from(JOB_IDS), st.sampled_from(ASKS), st.just("t"), st.just(NULL)
    ),
    Answer: st.builds(Answer, st.sampled_from(JOB_IDS), st.sampled_from(ASKS)),
    Part: st.builds(Part, st.sampled_from(JOB_IDS), st.just(NULL)),
    Progress: st.builds(Progress, st.sampled_from(JOB_IDS), st.just(0.5)),
    Done: st.builds(Done, st.sampled_from(JOB_IDS), st.just(NULL)),
    Failed: st.builds(Failed, st.sampled_from(JOB_IDS), st.just("c"), st.just("m")),
}
messages: st.SearchStrategy[Message] = st.one_of(*messages_of.values())
EVERY_TYPE: tuple[type[Message], ...] = get_args(ToWorker) + get_args(FromWorker)


def session_in(state: State, jobs: tuple[int, ...] = ()) -> WorkerSession:
    session = WorkerSession(most_asks=MOST_ASKS)
    session.state = state
    session.capacity = 0 if state is State.STARTING else CAPACITY
    session.in_flight = dict.fromkeys(jobs)
    return session


def test_every_message_has_an_example() -> None:
    assert set(messages_of) == set(EVERY_TYPE)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", EVERY_TYPE)
@given(data=st.data())
@settings(max_examples=15)
def test_every_message_in_every_state_moves_on_or_ends_the_session(
    state: State, kind: type[Message], data: st.DataObject
) -> None:
    """There is no third outcome, and no state that is not in State."""
    started = state in {State.READY, State.DRAINING}
    in_flight = data.draw(st.sampled_from([(), (1,), (1, 2)])) if started else ()
    session = session_in(state, in_flight)
    message = data.draw(messages_of[kind])

    try:
        session.advance(message)
    except ProtocolError:
        assert session.state is State.ENDED
        assert tuple(session.in_flight) == in_flight
    else:
        assert session.state is TRANSITIONS[state, kind]


class InFlightMachine(RuleBasedStateMachine):
    """The model is a list of ids, and for each message the question whether it may be said now."""

    def __init__(self) -> None:
        super().__init__()
        self.session = WorkerSession(most_asks=MOST_ASKS)
        self.state = State.STARTING
        self.capacity = 0
        self.depth = 1
        self.in_flight: list[int] = []
        self.asks: set[tuple[int, int]] = set()

    @initialize(shape=st.sampled_from(SHAPES))
    def begin(self, shape: tuple[int, int]) -> None:
        self.ready_capacity, self.depth = shape
        self.session.depth = self.depth

    def may_ask(self, ask: Ask) -> bool:
        running = self.in_flight[:1] if self.capacity == 1 else self.in_flight
        open_asks = [number for job_id, number in self.asks if job_id == ask.id]
        return ask.id in running and ask.ask not in open_asks and len(open_asks) < MOST_ASKS

    def may(self, message: Message) -> bool:  # noqa: PLR0911 - a table of questions
        match message:
            case Ask():
                return self.may_ask(message)
            case Answer(id=job_id, ask=number):
                return (job_id, number) in self.asks
            case Ready(capacity=capacity):
                return self.state is not State.READY and self.capacity == 0 < capacity
            case Drain():
                return self.state is not State.DRAINING
            case Job(id=job_id):
                has_room = len(self.in_flight) < max(self.capacity, self.depth)
                return self.state is State.READY and has_room and job_id not in self.in_flight
            case Ping() | Beat() | Notice():
                return self.state is not State.STARTING
            case Cancel(id=job_id):
                return job_id in self.in_flight
            case _:
                oldest = self.in_flight[:1]
                return message.id in (oldest if self.capacity == 1 else self.in_flight)

    @precondition(lambda self: self.state is not State.ENDED and self.capacity == 0)
    @rule()
    def get_ready(self) -> None:
        self.say(Ready("k", 7, self.ready_capacity))

    @precondition(lambda self: self.state is not State.ENDED)
    @rule(message=messages)
    def say(self, message: Message) -> None:
        if not self.may(message):
            return
        self.session.advance(message)
        match message:
            case Ready(capacity=capacity):
                self.capacity = capacity
                self.state = State.READY if self.state is State.STARTING else self.state
            case Drain():
                self.state = State.DRAINING
            case Job(id=job_id):
                self.in_flight.append(job_id)
            case Done(id=job_id) | Failed(id=job_id):
                self.in_flight.remove(job_id)
                self.asks = {ask for ask in self.asks if ask[0] != job_id}
            case Ask(id=job_id, ask=number):
                self.asks.add((job_id, number))
            case Answer(id=job_id, ask=number):
                self.asks.remove((job_id, number))
            case _:
                pass

    @precondition(lambda self: self.in_flight and self.state is not State.ENDED)
    @rule(ask=st.sampled_from(ASKS))
    def ask_for_the_oldest(self, ask: int) -> None:
        """So that often as many questions are open as may be."""
        self.say(Ask(self.in_flight[0], ask, "t", NULL))

    @precondition(lambda self: self.asks and self.state is not State.ENDED)
    @rule(ask=st.sampled_from(ASKS))
    def ask_too_much(self, ask: int) -> None:
        message = Ask(self.in_flight[0], ask, "t", NULL)
        if not self.may(message):
            self.break_the_rules(message)

    @precondition(lambda self: self.in_flight)  # else nearly everything ends the session at once
    @rule(message=messages)
    def break_the_rules(self, message: Message) -> None:
        if self.may(message):
            return
        with pytest.raises(ProtocolError):
            self.session.advance(message)
        self.state = State.ENDED

    @precondition(lambda self: self.state is State.ENDED)
    @rule(message=messages)
    def say_more_after_the_end(self, message: Message) -> None:
        with pytest.raises(ProtocolError):
            self.session.advance(message)

    @precondition(lambda self: self.in_flight)
    @rule()
    def end(self) -> None:
        assert self.session.end() == self.in_flight
        assert self.session.end() == []
        self.in_flight = []
        self.asks = set()
        self.state = State.ENDED

    @invariant()
    def every_question_is_counted(self) -> None:
        jobs = {job_id for job_id, _ in self.asks}
        assert self.state is State.ENDED or set(self.session.asks) == jobs
        for job_id in JOB_IDS:
            known = sorted(number for job, number in self.asks if job == job_id)
            assert self.session.open_asks(job_id) == known

    @invariant()
    def every_job_is_counted(self) -> None:
        assert self.session.state is self.state
        assert list(self.session.in_flight) == self.in_flight
        free = self.capacity - len(self.in_flight) if self.state is State.READY else 0
        assert self.session.free_slots() == max(0, free)
        assert self.session.is_full() is (len(self.in_flight) >= max(self.capacity, self.depth))


TestInFlightAgainstItsModel = InFlightMachine.TestCase
TestInFlightAgainstItsModel.settings = settings(max_examples=150)
