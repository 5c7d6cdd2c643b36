"""Real workers that are replaced, sent home and called back, and none of their jobs is lost."""

from pathlib import Path

import pytest

from coordinator.crew.scaling import ScalingPolicy
from support.local_crew import KIND, crew, patient, scripted


async def test_a_worker_is_started_for_what_waits_and_sent_home_when_nothing_does(
    tmp_path: Path,
) -> None:
    scaling = ScalingPolicy(least=1, most=2, keepalive_s=0.1, clear_backlog_s=0.001)
    async with crew(scripted("ready(); serve()", tmp_path, scaling=scaling)) as one:
        await one.run(1)
        assert len(one.pids()) == 1

        one.backend.demand(KIND, 50)
        await one.seen.until(lambda: len(one.seen.ready) == 2)
        await one.seen.until(lambda: [m.state() for m in one.members] == ["idle", "parked"])

        assert [n.reason for n in one.seen.noted("worker_exited")] == ["not_needed"]


async def test_a_kind_that_an_operator_drains_refuses_and_goes_on_when_told(
    tmp_path: Path,
) -> None:
    script = """
        ready()
        job = hear()
        hear()
        say(type="done", id=job["id"], result="finished")
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        one.send(1)
        one.backend.pause(KIND)
        refusal = one.backend.refusal(KIND)
        assert (await one.outcome_of(1)).status == "done"
        await one.seen.until(lambda: not one.pids())

        assert refusal is not None
        assert refusal.message == "The parse workers have been drained by an operator."
        assert refusal.retry_after is None
        one.backend.resume(KIND)
        assert one.backend.refusal(KIND) is None
        await one.until_free()


@pytest.mark.parametrize("at_once", [False, True])
async def test_an_operator_replaces_a_worker_after_its_job_or_at_once(
    tmp_path: Path, *, at_once: bool
) -> None:
    script = """
        ready()
        if first_time("patient"):
            job = hear()
            hear()
            say(type="done", id=job["id"], result=1)
            sys.exit(0)
        serve()
    """
    async with crew(scripted(script, tmp_path)) as one:
        await one.until_free()
        (old,) = one.pids()
        one.send(1)
        one.backend.restart(KIND, 1, at_once=at_once)
        outcome = await one.outcome_of(1)
        await one.until_free()

        assert (outcome.status, outcome.is_blamed) == ("lost" if at_once else "done", False)
        assert one.pids() != [old]
        assert one.backend.kinds[KIND].roster.staffing.restarts_by_reason == {"operator": 1}


async def test_a_worker_that_grows_is_replaced_between_jobs(tmp_path: Path) -> None:
    limits = patient(max_rss_bytes=150 << 20)
    script = """
        ready()
        if first_time("hungry"):
            job = hear()
            hog = b"x" * (300 << 20)
            say(type="done", id=job["id"], result=len(hog))
        serve()
    """
    async with crew(scripted(script, tmp_path, limits)) as one:
        assert (await one.run(1)).status == "done"
        await one.seen.until(lambda: len(one.seen.noted("worker_exited")) == 1)

        assert one.seen.noted("worker_exited")[0].reason == "grown"
        assert (await one.run(2)).status == "done"


async def test_a_worker_above_the_memory_limit_is_killed_and_says_why(tmp_path: Path) -> None:
    limits = patient(memory_limit_bytes=150 << 20)
    script = 'ready(); hear(); hog = b"x" * (300 << 20); time.sleep(60)'
    async with crew(scripted(script, tmp_path, limits)) as one:
        outcome = await one.run(1)

        assert (outcome.status, outcome.message) == ("lost", "memory_limit")
