"""A worker's conversation: what each side may say, and who is held to what."""

import msgspec
import pytest

from protocol.errors import ProtocolError
from protocol.worker.messages import (
    Answer,
    Ask,
    Cancel,
    Done,
    Drain,
    Failed,
    FromWorker,
    Job,
    Notice,
    Part,
    Progress,
    Ready,
)
from protocol.worker.session import MOST_CAPACITY, State, WorkerSession

NULL = msgspec.Raw(b"null")
CAPACITY = 2


def job(job_id: int) -> Job:
    return Job(job_id, "t", NULL, 1.0)


def ready_session(capacity: int = CAPACITY, depth: int = 1) -> WorkerSession:
    session = WorkerSession(depth)
    session.advance(Ready("k", 7, capacity))
    return session


def with_jobs(capacity: int, *job_ids: int) -> WorkerSession:
    """Return the session of a worker that has these jobs, behind each other if need be."""
    session = ready_session(capacity, depth=len(job_ids))
    for job_id in job_ids:
        session.advance(job(job_id))
    return session


def replies(job_id: int) -> list[FromWorker]:
    return [
        Done(job_id, NULL),
        Failed(job_id, "c", "m"),
        Part(job_id, NULL),
        Progress(job_id, 0.5),
    ]


def test_a_worker_takes_as_many_jobs_as_it_said() -> None:
    session = ready_session()

    for job_id in range(CAPACITY):
        session.advance(job(job_id))

    assert session.free_slots() == 0
    with pytest.raises(ProtocolError, match="no free slot"):
        session.advance(job(99))


@pytest.mark.parametrize("message", replies(2), ids=lambda message: type(message).__name__)
def test_a_serial_worker_says_nothing_of_a_job_before_the_older_one_is_answered(
    message: FromWorker,
) -> None:
    """Else it could not be known which of its jobs it died of."""
    session = with_jobs(1, 1, 2)

    with pytest.raises(ProtocolError, match="job 2 is answered before an older one"):
        session.advance(message)

    assert session.end() == [1, 2]


@pytest.mark.parametrize("message", replies(2), ids=lambda message: type(message).__name__)
def test_a_worker_with_room_for_two_answers_in_any_order(message: FromWorker) -> None:
    session = with_jobs(2, 1, 2)

    session.advance(message)

    assert session.state is State.READY
    assert 1 in session.in_flight


def test_a_serial_worker_goes_on_with_the_next_when_the_oldest_is_answered() -> None:
    session = with_jobs(1, 3, 1, 2)

    for job_id in (3, 1, 2):
        session.advance(Part(job_id, NULL))
        session.advance(Done(job_id, NULL))

    assert session.in_flight == {}


def test_any_job_in_flight_may_be_cancelled_also_one_that_has_not_begun() -> None:
    session = with_jobs(1, 1, 2)

    session.advance(Cancel(2))

    assert list(session.in_flight) == [1, 2]


def test_depth_makes_room_behind_a_job_and_none_that_would_begin_at_once() -> None:
    session = ready_session(capacity=1, depth=2)
    session.advance(job(1))

    assert session.free_slots() == 0
    assert not session.is_full()
    session.advance(job(2))
    assert session.is_full()
    assert session.free_slots() == 0


def test_depth_takes_nothing_from_a_worker_of_more_capacity() -> None:
    session = ready_session(capacity=3, depth=2)
    for job_id in (1, 2):
        session.advance(job(job_id))

    assert session.free_slots() == 1
    session.advance(job(3))
    assert session.is_full()


def test_a_job_may_have_so_many_questions_open_and_no_more() -> None:
    session = WorkerSession(most_asks=2)
    session.advance(Ready("k", 7))
    session.advance(job(1))
    for number in (1, 2):
        session.advance(Ask(1, number, "t", NULL))
    session.advance(Answer(1, 1))
    session.advance(Ask(1, 1, "t", NULL))

    assert session.open_asks(1) == [1, 2]
    with pytest.raises(ProtocolError, match="more than 2 questions open"):
        session.advance(Ask(1, 3, "t", NULL))


def test_a_worker_that_may_not_ask_breaks_the_protocol_if_it_does() -> None:
    session = with_jobs(1, 1)

    with pytest.raises(ProtocolError, match="it asks, and may not"):
        session.advance(Ask(1, 1, "t", NULL))


def test_a_stranger_has_nothing_counted() -> None:
    """What is counted may be a budget, and what is logged may be the name of an event of ours."""
    with pytest.raises(ProtocolError, match="it gives notice, and may not"):
        ready_session().advance(Notice("model_used", amounts={"calls": 1e9}))

    ours = WorkerSession(most_asks=1)
    ours.advance(Ready("k", 7))
    ours.advance(Notice("model_used"))
    assert ours.state is State.READY


def test_an_answer_that_nobody_asked_for_is_never_sent() -> None:
    session = with_jobs(1, 1)

    with pytest.raises(ProtocolError, match="question 1 of job 1 is not open"):
        session.advance(Answer(1, 1))


def test_what_a_job_has_asked_is_closed_with_it() -> None:
    session = WorkerSession(most_asks=2)
    session.advance(Ready("k", 7))
    session.advance(job(1))
    session.advance(Ask(1, 1, "t", NULL))

    session.advance(Done(1, NULL))

    assert session.asks == {}


def test_a_job_cannot_be_sent_twice() -> None:
    session = ready_session()
    session.advance(job(1))

    with pytest.raises(ProtocolError, match="job 1 has no free slot"):
        session.advance(job(1))


def test_a_cancelled_job_keeps_its_slot_until_it_is_answered() -> None:
    session = ready_session()
    session.advance(job(1))

    session.advance(Cancel(1))
    assert session.free_slots() == CAPACITY - 1
    session.advance(Failed(1, "cancelled", "it was asked to"))

    assert session.free_slots() == CAPACITY


def test_an_answer_to_nothing_ends_the_session() -> None:
    session = ready_session()

    with pytest.raises(ProtocolError, match="job 5 is not in flight"):
        session.advance(Done(5, NULL))

    assert session.state is State.ENDED


@pytest.mark.parametrize("capacity", [-1, 0, MOST_CAPACITY + 1, 10**30])
def test_a_worker_with_room_for_nothing_or_for_everything_is_refused(capacity: int) -> None:
    with pytest.raises(ProtocolError, match=f"capacity {capacity}"):
        WorkerSession().advance(Ready("k", 7, capacity))


def test_a_worker_that_drains_gets_no_more_but_answers_what_it_has() -> None:
    session = ready_session()
    session.advance(job(1))

    session.advance(Drain())
    session.advance(Done(1, NULL))

    assert session.free_slots() == 0
    assert session.in_flight == {}


def test_a_worker_is_ready_once_also_when_it_drains() -> None:
    """Else it could make itself larger with jobs in flight, and nobody knew which of them run."""
    session = with_jobs(1, 1, 2)
    session.advance(Drain())

    with pytest.raises(ProtocolError, match="Ready for the second time"):
        session.advance(Ready("k", 7, 2))


def test_a_worker_that_was_asked_to_go_before_it_was_there_may_still_say_ready() -> None:
    session = WorkerSession()
    session.advance(Drain())

    session.advance(Ready("k", 7))

    assert session.state is State.DRAINING
    assert session.free_slots() == 0


def test_what_was_in_flight_survives_a_broken_protocol() -> None:
    """Whoever runs the jobs elsewhere must know which."""
    session = ready_session()
    session.advance(job(2))
    session.advance(job(1))
    with pytest.raises(ProtocolError):
        session.advance(Ready("k", 7))

    assert session.end() == [2, 1]


def test_the_session_shows_itself_in_one_line() -> None:
    session = ready_session()
    session.advance(job(1))

    assert repr(session) == "<WorkerSession ready 1/2>"
