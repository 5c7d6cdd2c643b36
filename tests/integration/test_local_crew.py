"""The local crew on real processes that misbehave in every way a worker can."""

import itertools
import os
import signal
from pathlib import Path

import msgspec
import pytest

from support.local_crew import KIND, LONG_S, Crew, crew, ends, patient, scripted


async def test_a_worker_answers_and_takes_the_next_job(tmp_path: Path) -> None:
    async with crew(scripted("ready(); serve()", tmp_path)) as one:
        for task_id in (1, 2):
            await one.until_free()
            one.send(task_id)
            outcome = await one.outcome_of(task_id)

            assert (outcome.status, bytes(outcome.result)) == ("done", b'{"n": 1}')


@pytest.mark.parametrize(
    ("last_act", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os._exit(0)", "exit status 0"),
        (
            'sys.stdout.write(\'{"type":"done","id":\'); sys.stdout.flush(); os._exit(1)',
            "exit status 1",
        ),
        (
            "sys.stdout.write('Segmentation fault\\n'); sys.stdout.flush(); time.sleep(60)",
            "not a message",
        ),
        ("say(type='done', id=99, result=1); time.sleep(60)", "broke the protocol"),
        (
            "say(type='job', id=1, tool='x', arguments={}, timeout=1); time.sleep(60)",
            "not a message",
        ),
        ("os.write(1, b'\\xff\\xfe\\n'); time.sleep(60)", "not a message"),
        ("os.write(1, b'x' * 70_000_000); time.sleep(60)", "overlong"),
        ("os.close(1); os.close(0); time.sleep(60)", "SIGKILL"),
    ],
)
async def test_a_worker_that_ends_badly_loses_its_job_once_and_is_replaced(
    tmp_path: Path, last_act: str, reason: str
) -> None:
    script = f"""
        ready()
        if first_time("bad"):
            hear()
            {last_act}
        serve()
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1)
        lost = await one.outcome_of(1)
        await one.until_free()
        one.send(2)
        done = await one.outcome_of(2)

        assert lost.status == "lost"
        assert reason in lost.message
        assert done.status == "done"


async def test_a_stopped_worker_is_found_while_it_has_a_job(tmp_path: Path) -> None:
    async with crew(scripted("ready(); hear(); time.sleep(60)", tmp_path)) as one:
        await one.until_free()
        one.send(1)
        os.kill(one.pids()[0], signal.SIGSTOP)

        assert (await one.outcome_of(1)).message == "stopped"


async def test_a_job_past_its_deadline_is_answered_and_its_worker_replaced(tmp_path: Path) -> None:
    script = """
        ready()
        if first_time("loop"):
            hear()
            while True:
                pass
        serve()
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1, timeout_s=0.05)

        assert (await one.outcome_of(1)).status == "deadline"
        await one.until_free()
        one.send(2)
        assert (await one.outcome_of(2)).status == "done"


async def test_a_worker_that_falls_silent_misses_its_beats(tmp_path: Path) -> None:
    limits = patient(beat_timeout_s=0.2)
    async with crew(scripted("ready(); hear(); time.sleep(60)", tmp_path, limits)) as one:
        await one.until_free()
        one.send(1)

        assert (await one.outcome_of(1)).message == "missed_beats"


async def test_a_worker_that_never_starts_is_killed(tmp_path: Path) -> None:
    limits = patient(start_timeout_s=2.0)
    script = """
        if first_time("stuck"):
            time.sleep(60)
        ready()
        serve()
    """
    async with crew(scripted(script, tmp_path, limits)) as one:
        await one.until_free()

        assert set(one.seen.killed_for()) == {"start_timeout"}


async def test_a_worker_that_ignores_a_cancel_is_killed(tmp_path: Path) -> None:
    limits = patient(ask_grace_s=0.05)
    async with crew(scripted("ready(); hear(); time.sleep(60)", tmp_path, limits)) as one:
        await one.until_free()
        one.send(1)
        one.backend.cancel(1)

        assert (await one.outcome_of(1)).message == "ignored_request"


async def test_a_worker_past_its_jobs_is_recycled_between_jobs(tmp_path: Path) -> None:
    limits = patient(max_jobs=1)
    async with crew(scripted("ready(); serve()", tmp_path, limits)) as one:
        await one.until_free()
        (old,) = one.pids()
        one.send(1)
        await one.outcome_of(1)
        await one.seen.until(lambda: old not in one.pids() and one.backend.slots(KIND) > 0)

        assert one.backend.kinds[KIND].roster.staffing.restarts_by_reason == {"worn_out": 1}


async def test_a_kind_that_cannot_start_goes_down_instead_of_looping(tmp_path: Path) -> None:
    async with crew(scripted("sys.exit('no such grammar')", tmp_path, size=2)) as two:
        await two.seen.until(lambda: two.backend.refusal(KIND) is not None)

        starts = two.seen.noted("worker_started")
        refusal = two.backend.refusal(KIND)
        assert refusal is not None
        assert refusal.message.startswith(
            "The parse workers keep dying and are not restarted for now. Try again in "
        )
        assert 30 < (refusal.retry_after or 0) <= 60
        assert len(starts) <= 2 + 3  # both places once, then the budget
        assert "no such grammar" in two.seen.logs


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="only Linux tells of a strange process's end"
)
async def test_what_a_worker_started_ends_with_it_even_while_it_holds_the_socket(
    tmp_path: Path,
) -> None:
    script = """
        ready()
        if first_time("parent"):
            hear()
            child = subprocess.Popen(["sleep", "60"])  # inherits the socket as stdin and stdout
            open("child", "w").write(str(child.pid))
            os._exit(1)
        serve()
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1)
        outcome = await one.outcome_of(1)

        child = int((tmp_path / "child").read_text())
        assert outcome.status == "lost"
        assert ends(child)


async def test_stderr_is_logged_line_by_line_up_to_its_last_word(tmp_path: Path) -> None:
    script = """
        sys.stderr.write("first\\nsecond\\nlast words")
        sys.stderr.flush()
        ready()
        hear()
        os._exit(3)
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1)
        await one.outcome_of(1)

        assert one.seen.logs[:3] == ["first", "second", "last words"]


async def test_a_program_that_is_not_there_takes_the_kind_down_with_a_reason(
    tmp_path: Path,
) -> None:
    config = scripted("", tmp_path, argv=(str(tmp_path / "missing"),))
    async with crew(config) as one:
        await one.seen.until(lambda: one.backend.refusal(KIND) is not None)

        assert "could not be started" in one.seen.logs[0]


async def test_draining_lets_the_running_job_finish(tmp_path: Path) -> None:
    script = """
        ready()
        job = hear()
        while hear()["type"] != "drain":
            pass
        say(type="done", id=job["id"], result="finished")
        sys.exit(0)
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1)
        await one.backend.close(grace_s=LONG_S)

        assert (await one.outcome_of(1)).status == "done"
        assert [n.code for n in one.seen.notes if n.event == "worker_exited"] == [0]


async def test_a_stopped_worker_is_found_while_it_is_idle(tmp_path: Path) -> None:
    async with crew(scripted("ready(); serve()", tmp_path)) as one:
        await one.until_free()
        (old,) = one.pids()
        os.kill(old, signal.SIGSTOP)
        await one.seen.until(lambda: one.seen.killed_for() == ["stopped"])
        await one.until_free()

        assert one.pids() != [old]


async def test_of_two_jobs_in_one_worker_only_the_first_is_blamed_for_its_death(
    tmp_path: Path,
) -> None:
    script = """
        ready()
        while True:
            job = hear()
            if job["tool"] == "die":
                hear()
                os.kill(os.getpid(), signal.SIGSEGV)
            say(type="done", id=job["id"], result=1)
    """
    async with crew(scripted(script, tmp_path, depth=2)) as one:
        task_id = await until_known_as_short(one)
        await one.outcome_of(task_id)
        one.send(task_id + 1, "die", is_short=True)
        one.send(task_id + 2, is_short=True)
        ran = await one.outcome_of(task_id + 1)
        waited = await one.outcome_of(task_id + 2)

        assert (ran.status, ran.is_blamed, ran.message) == ("lost", True, "SIGSEGV")
        assert (waited.status, waited.is_blamed) == ("lost", False)


async def until_known_as_short(one: Crew) -> int:
    """Send short tasks until one more may stand behind them; return the last, which is not answered."""
    for task_id in itertools.count(1):
        await one.until_free()
        one.send(task_id, is_short=True)
        if one.backend.slots(KIND):
            return task_id
        await one.outcome_of(task_id)
    raise AssertionError("unreachable")


async def test_a_job_that_is_larger_than_any_buffer_arrives_whole(tmp_path: Path) -> None:
    """It is written as the worker reads it, and whatever is sent meanwhile comes after it."""
    script = """
        ready()
        say(type="beat", busy=False)
        job = hear()
        cancel = hear()
        say(type="done", id=job["id"], result=[len(job["arguments"]), cancel["type"]])
        serve()
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1, arguments=msgspec.Raw(b'"' + b"x" * 5_000_000 + b'"'))
        one.backend.cancel(1)

        assert bytes((await one.outcome_of(1)).result) == b'[5000000, "cancel"]'


async def test_a_job_that_a_dead_worker_will_never_read_is_lost_with_it(tmp_path: Path) -> None:
    script = """
        ready()
        if first_time("deaf"):
            sys.stdin.buffer.raw.read(1)
            os._exit(1)
        serve()
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1, arguments=msgspec.Raw(b'"' + b"x" * 5_000_000 + b'"'))

        assert (await one.outcome_of(1)).message == "exit status 1"


async def test_a_job_says_how_far_it_is_and_gives_parts(tmp_path: Path) -> None:
    script = """
        ready()
        job = hear()
        say(type="progress", id=job["id"], done=1, total=2)
        say(type="part", id=job["id"], result="first")
        say(type="done", id=job["id"], result="last")
        serve()
    """
    async with crew(scripted(script, tmp_path)) as one:
        outcome = await one.run(1)

        assert [(p.done, p.total) for p in one.seen.progress] == [(1.0, 2.0)]
        assert one.seen.parts == [b'"first"']
        assert bytes(outcome.result) == b'"last"'
