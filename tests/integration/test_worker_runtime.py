"""The loop of a worker in a process of its own, with tools that print, raise, and take their time."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from support.one_worker import LONG_S, argv, environment, worker


def test_a_job_is_answered_with_the_tools_own_bytes() -> None:
    with worker() as one:
        answer = one.answer("echo", {"a": [1, "ü"]})

        assert (answer["type"], answer["result"]) == ("done", {"a": [1, "ü"]})


def test_whatever_a_tool_prints_goes_to_stderr_and_never_into_the_protocol() -> None:
    with worker() as one:
        answer = one.answer("prints")
        code, errors = one.leave()

        assert (answer["type"], answer["result"], code) == ("done", "printed", 0)
        assert {b"from python", b"from C", b"from a child"} <= set(errors.split(b"\n"))


def test_a_tool_that_reads_stdin_reads_nothing_instead_of_our_next_job() -> None:
    with worker() as one:
        assert one.answer("reads")["result"] == ""


@pytest.mark.parametrize(
    ("tool", "code", "said"),
    [
        ("refuses", "binary", "not for me"),
        ("breaks", "internal", "ValueError: a bug"),
        ("recurses", "internal", "RecursionError"),
        ("too_large", "too_large", "40000002 bytes"),
        ("hungry", "memory_limit", "memory limit of 2048 MiB"),
        ("missing", "internal", "no tool missing"),
    ],
)
def test_a_tool_that_fails_fails_alone(tool: str, code: str, said: str) -> None:
    with worker() as one:
        failed = one.answer(tool)
        still_there = one.answer("echo", 2)

        assert (failed["type"], failed["code"]) == ("failed", code)
        assert said in failed["message"]
        assert still_there["result"] == 2


def test_parts_come_before_the_last_piece() -> None:
    with worker() as one:
        one.job(7, "parts")
        heard = [one.hear() for _ in range(3)]

        assert [(m["type"], m["id"], m["result"]) for m in heard] == [
            ("part", 7, 1),
            ("part", 7, 2),
            ("done", 7, 3),
        ]


def test_layout_in_a_result_does_not_break_the_line() -> None:
    with worker() as one:
        assert one.answer("pretty")["result"] == {"a": 1}


def test_a_running_job_sees_its_cancellation_and_the_next_job_is_untouched_by_it() -> None:
    with worker() as one:
        one.job(1, "waits")
        assert one.hear()["type"] == "part"
        one.say(type="cancel", id=1)
        one.job(2, "echo", "next")

        assert [one.hear().get("code"), one.hear()["result"]] == ["cancelled", "next"]


def test_a_job_that_only_computes_sees_its_cancellation_and_beats_meanwhile() -> None:
    """The kernel tells of it, for a job that asks often must not starve the thread that beats."""
    with worker(beat_s=0.01) as one:
        one.job(1, "computes")
        heard = [one.hear() for _ in range(3)]
        one.say(type="cancel", id=1)
        while (message := one.hear())["type"] == "beat":
            heard.append(message)

        assert {m["busy"] for m in heard if m["type"] == "beat"} <= {True, False}
        assert any(m["type"] == "beat" and m["busy"] for m in heard)
        assert (message["type"], message["code"]) == ("failed", "cancelled")


@pytest.mark.parametrize("is_seen_while_the_first_runs", [True, False])
def test_a_job_that_was_cancelled_before_it_began_is_not_run(
    tmp_path: Path, *, is_seen_while_the_first_runs: bool
) -> None:
    """Whoever moves it to another worker would have it run twice."""
    first = "waits" if is_seen_while_the_first_runs else "waits_for_a_file"
    with worker() as one:
        lines = [
            {"type": "job", "id": n, "tool": tool, "arguments": str(tmp_path / "go"), "timeout": 9}
            for n, tool in [(1, first), (2, "waits"), (3, "echo")]
        ]
        one.say_raw(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        assert one.hear()["type"] == "part"
        one.say(type="cancel", id=2)
        one.say(type="cancel", id=1)
        (tmp_path / "go").touch()
        answers = [one.hear() for _ in range(3)]

        assert [answer["id"] for answer in answers] == [1, 2, 3]
        assert [answer["type"] for answer in answers[1:]] == ["failed", "done"]
        assert answers[1]["code"] == "cancelled"


def test_a_job_says_how_far_it_is() -> None:
    with worker() as one:
        one.job(7, "tells")
        heard = [one.hear() for _ in range(3)]

        assert heard[:2] == [
            {"type": "progress", "id": 7, "done": 1.0, "total": 2.0, "message": "half"},
            {"type": "progress", "id": 7, "done": 2.0, "total": None, "message": ""},
        ]
        assert heard[2]["type"] == "done"


def test_a_tool_sees_which_attempt_it_is() -> None:
    with worker() as one:
        one.job(1, "counts_attempts", attempt=3)

        assert one.hear()["result"] == 3


def test_a_cancel_that_crosses_the_answer_harms_nobody() -> None:
    with worker() as one:
        one.answer("echo")
        one.say(type="cancel", id=1)
        one.job(1, "waits")  # the same id again: were the old cancel kept, this would end at once
        assert one.hear()["type"] == "part"
        one.say(type="ping", n=5)

        assert one.hear() | {"rss": 0} == {
            "type": "beat",
            "n": 5,
            "rss": 0,
            "jobs_done": 1,
            "busy": True,
            "outdated": False,
        }


def test_it_beats_unasked_while_a_job_runs() -> None:
    with worker(beat_s=0.01) as one:
        one.job(1, "waits")
        beats = [message for message in (one.hear() for _ in range(4)) if message["type"] == "beat"]

        assert beats
        assert all(beat["rss"] > 0 and beat["n"] == -1 for beat in beats)


def test_drain_finishes_what_is_there_and_exits_with_0() -> None:
    with worker() as one:
        one.job(1, "echo", "last")
        one.say(type="drain")

        assert one.hear()["result"] == "last"
        assert one.process.wait(LONG_S) == 0


def test_the_end_of_input_ends_an_idle_worker() -> None:
    with worker() as one:
        code, _ = one.leave()

        assert code == 0


def test_the_end_of_input_ends_a_busy_worker_that_looks() -> None:
    with worker() as one:
        one.job(1, "waits")
        assert one.hear()["type"] == "part"
        code, _ = one.leave()

        assert code == 0


def test_a_line_that_is_no_message_ends_the_worker_with_an_error() -> None:
    with worker() as one:
        one.say_raw(b"hello\n")

        assert one.process.wait(LONG_S) == 1


def test_control_c_is_the_coordinators_business() -> None:
    with worker() as one:
        one.process.send_signal(signal.SIGINT)

        assert one.answer("echo", 1)["result"] == 1


def test_a_worker_whose_coordinator_is_gone_already_does_not_start() -> None:
    nobody = 2**22 + 1  # above the largest process id that Linux gives
    done = subprocess.run(
        argv("support.odd_kind"),
        input=b"",
        capture_output=True,
        timeout=LONG_S,
        check=False,
        env=environment(60, nobody),
    )

    assert (done.returncode, done.stdout) == (0, b"")
