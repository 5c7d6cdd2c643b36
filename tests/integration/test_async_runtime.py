"""The loop of a worker that runs many jobs at once, in a process of its own."""

from collections.abc import Generator
from typing import Any

import pytest

from support.one_worker import LONG_S, Worker, worker

KIND = "support.waiting_kind"


@pytest.fixture
def one() -> Generator[Worker]:
    with worker(kind=KIND) as one:
        yield one


def outcomes(one: Worker, count: int) -> dict[int, dict[str, Any]]:
    """Return so many answers by the ids of their jobs; other news is passed over."""
    found: dict[int, dict[str, Any]] = {}
    while len(found) < count:
        message = one.hear()
        if message["type"] in {"done", "failed"}:
            assert message["id"] not in found
            found[message["id"]] = message
    return found


def test_it_says_how_many_jobs_it_takes(one: Worker) -> None:
    assert one.ready["capacity"] == 7


def test_jobs_run_at_the_same_time_and_are_answered_as_they_end(one: Worker) -> None:
    one.job(1, "soon", 50)
    for job_id in (2, 3, 4):
        one.job(job_id, "meet")
    one.job(5, "soon", 0)

    found = outcomes(one, 5)

    assert {job_id: message["type"] for job_id, message in found.items()} == dict.fromkeys(
        range(1, 6), "done"
    )
    assert found[2]["result"] == "met"


@pytest.mark.parametrize(
    ("tool", "code"), [("fail", "not_found"), ("crash", "internal"), ("none", "internal")]
)
def test_a_job_that_fails_fails_alone(one: Worker, tool: str, code: str) -> None:
    one.job(1, "wait")
    one.job(2, tool)
    one.job(3, "soon", 0)

    found = outcomes(one, 2)

    assert (found[2]["type"], found[2]["code"], found[3]["type"]) == ("failed", code, "done")


def test_a_cancelled_job_is_answered_once_and_no_other_is_touched(one: Worker) -> None:
    one.job(1, "wait")
    one.job(2, "wait")
    assert one.hear()["type"] == one.hear()["type"] == "progress"

    one.say(type="cancel", id=1)
    one.say(type="cancel", id=1)
    one.say(type="cancel", id=9)
    one.job(3, "soon", 0)

    found = outcomes(one, 2)
    assert (found[1]["code"], found[3]["type"]) == ("cancelled", "done")


def test_a_job_that_is_cancelled_before_it_has_begun_is_answered_too(one: Worker) -> None:
    one.say_raw(
        b'{"type":"job","id":1,"tool":"wait","arguments":null,"timeout":9}\n{"type":"cancel","id":1}\n'
    )

    assert outcomes(one, 1)[1]["code"] == "cancelled"


def test_after_a_drain_it_ends_what_it_has_and_then_itself(one: Worker) -> None:
    for job_id in (1, 2):
        one.job(job_id, "meet")
    one.say(type="drain")
    one.job(3, "meet")

    assert set(outcomes(one, 3)) == {1, 2, 3}
    assert one.hear() == {
        "type": "notice",
        "event": "closed",
        "subject": "it",
        "detail": "",
        "amounts": {},
    }
    assert one.process.wait(LONG_S) == 0


def test_the_end_of_input_ends_it_whatever_runs(one: Worker) -> None:
    one.job(1, "wait")
    assert one.hear()["type"] == "progress"

    code, errors = one.leave()

    assert (code, errors) == (0, b"")


def test_a_ping_is_answered_and_beats_come_by_themselves() -> None:
    with worker(beat_s=0.01, kind=KIND) as one:
        one.job(1, "wait")
        one.say(type="ping", n=5)

        beats = [message for message in (one.hear() for _ in range(6)) if message["type"] == "beat"]

        assert 5 in {beat["n"] for beat in beats}
        assert -1 in {beat["n"] for beat in beats}
        assert beats[-1]["busy"]
        assert beats[-1]["rss"] > 0


def test_while_the_loop_is_held_up_nothing_is_heard() -> None:
    """So whoever waits for beats replaces it."""
    with worker(beat_s=0.001, kind=KIND) as one:
        one.job(1, "block", 0.2)
        said = [one.hear()]
        while said[-1]["type"] != "done":
            said.append(one.hear())

        assert len(said) < 100


def test_a_line_that_is_no_message_ends_it(one: Worker) -> None:
    one.say_raw(b"{]\n")

    assert one.process.wait(LONG_S) == 1


def test_what_a_job_asks_for_comes_back_to_it(one: Worker) -> None:
    one.job(1, "ask", {"path": "a"})
    asked = one.hear()
    one.job(2, "ask", {"path": "b"})
    other = one.hear()

    one.say(type="answer", id=2, ask=other["ask"], code="not_found", message="no b")
    one.say(type="answer", id=1, ask=asked["ask"], result={"content": []})

    found = outcomes(one, 2)
    assert asked["arguments"] == {"path": "a"}
    assert found[1]["result"] == {"content": []}
    assert (found[2]["code"], found[2]["message"]) == ("not_found", "no b")


def test_it_has_things_counted_that_are_of_no_job(one: Worker) -> None:
    one.job(1, "note")

    said = {message["type"]: message for message in (one.hear(), one.hear())}
    assert said["done"]["id"] == 1
    assert said["notice"] == {
        "type": "notice",
        "event": "seen",
        "subject": "it",
        "detail": "again",
        "amounts": {"times": 2},
    }
