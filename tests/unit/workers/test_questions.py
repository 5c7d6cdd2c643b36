"""Who asks gets the one answer that is meant for it, or hears that there will be none."""

import asyncio
from concurrent.futures import Future
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from protocol.worker.messages import Answer, Ask
from protocol.worker.session import MOST_ASKS
from workers.questions import AskRefused, Questions

NULL = Raw(b"null")


def test_an_answer_finds_its_question() -> None:
    sent: list[Ask] = []
    questions = Questions(sent.append)
    futures = [questions.ask(job_id, "t", Raw(b'{"a":1}')) for job_id in (1, 1, 2)]

    questions.take(Answer(sent[1].id, sent[1].ask, Raw(b'"second"')))

    assert [future.done() for future in futures] == [False, True, False]
    assert bytes(futures[1].result()) == b'"second"'
    assert questions.open(1) == 1
    assert (sent[1].tool, bytes(sent[1].arguments)) == ("t", b'{"a":1}')


def test_a_refusal_is_raised_with_its_code() -> None:
    sent: list[Ask] = []
    questions = Questions(sent.append)
    future = questions.ask(1, "t", NULL)

    questions.take(Answer(1, sent[0].ask, code="not_found", message="There is none."))

    with pytest.raises(AskRefused, match="There is none") as refused:
        future.result()
    assert refused.value.code == "not_found"


def test_one_question_too_many_is_refused_here_because_it_would_break_the_protocol() -> None:
    sent: list[Ask] = []
    questions = Questions(sent.append)
    for _ in range(MOST_ASKS):
        questions.ask(1, "t", NULL)

    with pytest.raises(AskRefused, match="wait for one of them"):
        questions.ask(1, "t", NULL).result()

    assert len(sent) == MOST_ASKS
    questions.ask(2, "t", NULL)
    assert len(sent) == MOST_ASKS + 1


def test_when_a_job_ends_nobody_waits_for_its_answers() -> None:
    sent: list[Ask] = []
    questions = Questions(sent.append)
    gone, kept = questions.ask(1, "t", NULL), questions.ask(2, "t", NULL)

    questions.drop(1)
    questions.take(Answer(1, sent[0].ask, NULL))  # it crossed the end of the job

    assert gone.cancelled()
    assert not kept.done()


async def test_a_coroutine_waits_for_its_answer() -> None:
    sent: list[Ask] = []
    questions = Questions(sent.append)
    waiting = asyncio.ensure_future(asyncio.wrap_future(questions.ask(1, "t", NULL)))

    questions.take(Answer(1, sent[0].ask, Raw(b"3")))

    assert bytes(await waiting) == b"3"


async def test_a_coroutine_that_waits_no_more_hinders_nobody() -> None:
    sent: list[Ask] = []
    questions = Questions(sent.append)
    waiting = asyncio.ensure_future(asyncio.wrap_future(questions.ask(1, "t", NULL)))
    waiting.cancel()
    await asyncio.wait([waiting])

    questions.take(Answer(1, sent[0].ask, NULL))

    assert questions.open(1) == 0


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=30), st.randoms())
def test_every_answer_finds_its_question_in_any_order(
    asked: list[tuple[int, bool]], chance: Random
) -> None:
    sent: list[Ask] = []
    questions = Questions(sent.append)
    futures: dict[int, Future[Raw]] = {}
    for job_id, _ in asked:
        future = questions.ask(job_id, "t", NULL)
        if not future.done():
            futures[sent[-1].ask] = future
    order = list(sent)
    chance.shuffle(order)

    for ask in order:
        questions.take(Answer(ask.id, ask.ask, Raw(str(ask.ask).encode())))

    assert {number: int(future.result()) for number, future in futures.items()} == {
        number: number for number in futures
    }
    assert not any(questions.open(job_id) for job_id in (1, 2, 3))
