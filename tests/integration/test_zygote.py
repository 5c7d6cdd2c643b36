"""Workers forked from a zygote, whatever becomes of the zygote."""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from coordinator.crew.actions import Note
from coordinator.crew.restarts import RestartPolicy
from support.local_crew import KIND, Crew, crew, ends, eventually, forked, living_children, patient
from support.warm_kind import STEPS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="zygotes are for Linux")

ODD = "support.odd_kind"
IDLE_FILES = 4
"""What a zygote has open while it forks nobody: stdin, stdout, stderr, and its end of the conversation."""

SOON_AGAIN = RestartPolicy(
    intensity=3, period_s=60, at_once=1, backoff_base_s=0.001, cool_down_s=0.2
)


def zygotes(one: Crew) -> list[int]:
    """Return every zygote that there ever was, the living one last."""
    return [note.pid for note in one.seen.noted("zygote_started") if note.pid]


def is_forked(pid: int) -> bool:
    return "workers.zygote" in " ".join(psutil.Process(pid).cmdline())


async def until_loaded(one: Crew) -> int:
    """Wait for a worker, so that the zygote must be there, and return the zygote."""
    await one.until_free()
    return zygotes(one)[-1]


async def renew(one: Crew) -> int:
    """Have the one worker replaced, and return the new one."""
    (old,) = one.pids()
    one.backend.restart(KIND, 1, at_once=True)
    await one.seen.until(lambda: one.pids() not in ([], [old]) and one.backend.slots(KIND) > 0)
    return one.pids()[0]


async def until_noted(one: Crew, event: str, times: int) -> None:
    await one.seen.until(lambda: len(one.seen.noted(event)) >= times)


async def asked(one: Crew, task_id: int, tool: str) -> Any:
    return msgspec.json.decode((await one.run(task_id, tool)).result)


async def test_a_worker_is_our_own_child_and_has_the_name_of_its_kind(tmp_path: Path) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        answer = await asked(one, 1, "who")

        assert answer == {"pid": one.pids()[0], "parent": os.getpid(), "name": KIND}
        assert is_forked(one.pids()[0])
        assert len(zygotes(one)) == 1


@pytest.mark.parametrize(
    ("tool", "code", "message"), [("segfaults", -11, "SIGSEGV"), ("exits", 3, "exit status 3")]
)
async def test_the_way_in_which_a_worker_ends_is_known(
    tmp_path: Path, tool: str, code: int, message: str
) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        outcome = await one.run(1, tool)

        assert (outcome.status, outcome.message, outcome.is_blamed) == ("lost", message, True)
        assert [note.code for note in one.seen.noted("worker_exited")] == [code]


async def test_a_worker_forked_later_is_as_good_as_the_first(tmp_path: Path) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        await until_loaded(one)
        for task_id in range(5):
            pid = await renew(one)

            assert is_forked(pid)
            assert (await asked(one, task_id, "who"))["pid"] == pid
        assert len(zygotes(one)) == 1


async def test_the_death_of_an_idle_zygote_touches_no_worker(tmp_path: Path) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        zygote = await until_loaded(one)
        (worker,) = one.pids()
        os.kill(zygote, signal.SIGKILL)
        await one.seen.until(lambda: len(zygotes(one)) == 2)

        assert [note.code for note in one.seen.noted("zygote_exited")] == [-9]
        assert (await asked(one, 1, "who"))["pid"] == worker
        assert is_forked(await renew(one))


async def test_a_zygote_that_dies_while_forks_are_waited_for_delays_them_and_no_more(
    tmp_path: Path,
) -> None:
    async with crew(forked(ODD, tmp_path, size=3)) as one:
        os.kill(zygotes(one)[0], signal.SIGKILL)  # it is loading, and three workers wait for it
        await one.until_free(3)

        assert one.seen.logs.count("was not forked: the zygote died") == 3
        assert one.backend.kinds[KIND].roster.staffing.restarts_by_reason == {}
        assert all(is_forked(pid) for pid in one.pids())


async def test_zygotes_that_keep_dying_are_left_alone_for_a_while(tmp_path: Path) -> None:
    """Workers are started as plain programs meanwhile."""

    def slay(note: Note) -> None:
        if note.pid:
            os.kill(note.pid, signal.SIGKILL)

    config = forked(ODD, tmp_path, restarts=SOON_AGAIN)
    async with crew(config, {"zygote_started": slay}) as one:
        await one.until_free()
        assert len(zygotes(one)) == 1 + SOON_AGAIN.intensity
        assert one.seen.noted("zygote_unusable")[0].reason == "it keeps dying"
        assert not is_forked(one.pids()[0])
        assert (await asked(one, 1, "who"))["parent"] == os.getpid()

        one.seen.when.clear()
        while not is_forked(await renew(one)):
            pass
        assert one.seen.noted("kind_down") == []


async def test_a_zygote_that_cannot_be_started_is_done_without(tmp_path: Path) -> None:
    missing = (str(tmp_path / "missing"),)
    async with crew(forked(ODD, tmp_path, zygote_argv=missing)) as one:
        assert (await one.run(1)).status == "done"

        assert not is_forked(one.pids()[0])
        assert "No such file" in one.seen.noted("zygote_unusable")[0].reason
        assert zygotes(one) == []


async def test_a_fork_that_is_refused_is_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "full").touch()
    async with crew(forked("support.unforkable_kind", tmp_path)) as one:
        refused = "was not forked: [Errno 11] Resource temporarily unavailable"
        await one.seen.until(lambda: one.seen.logs.count(refused) >= 2)
        (tmp_path / "full").unlink()
        await one.until_free()

        assert is_forked(one.pids()[0])
        assert len(zygotes(one)) == 1
        assert one.backend.kinds[KIND].roster.staffing.restarts_by_reason == {}


@pytest.mark.parametrize("is_born", [True, False])
async def test_a_worker_that_is_killed_before_it_is_born_ends_once(
    tmp_path: Path, *, is_born: bool
) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        one.backend.restart(KIND, 1, at_once=True)  # the zygote has not even been loaded
        if not is_born:
            os.kill(zygotes(one)[0], signal.SIGKILL)
        await one.until_free()

        assert [note.code for note in one.seen.noted("worker_exited")] == [-9]
        assert one.backend.kinds[KIND].roster.staffing.restarts_by_reason == {"operator": 1}
        assert len(one.pids()) == 1


async def test_a_stopped_zygote_is_replaced(tmp_path: Path) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        os.kill(await until_loaded(one), signal.SIGSTOP)
        await one.seen.until(lambda: len(zygotes(one)) == 2)

        assert is_forked(await renew(one))


async def test_a_zygote_that_hangs_while_it_loads_is_replaced(tmp_path: Path) -> None:
    limits = patient(start_timeout_s=3.0)
    (tmp_path / "hang").touch()
    async with crew(forked("support.hanging_kind", tmp_path, limits)) as one:
        await one.seen.until(lambda: len(zygotes(one)) == 2)
        (tmp_path / "hang").unlink()
        await one.until_free()

        assert one.seen.noted("zygote_exited")[0].code == -9


async def test_a_kind_that_starts_threads_is_not_forked_but_works(tmp_path: Path) -> None:
    async with crew(forked("support.threaded_kind", tmp_path)) as one:
        await one.until_free()

        assert "loading this kind has started threads (2): it cannot be forked" in one.seen.logs
        assert not is_forked(one.pids()[0])
        assert (await one.run(1)).status == "done"


async def test_a_kind_that_cannot_be_imported_goes_down_with_a_reason(tmp_path: Path) -> None:
    async with crew(forked("support.no_such_kind", tmp_path)) as one:
        await one.seen.until(lambda: one.backend.refusal(KIND) is not None)

        assert any("No module named 'support.no_such_kind'" in line for line in one.seen.logs)
        starts = one.seen.noted("worker_started")
        assert len(starts) <= 1 + 3


async def test_a_zygote_that_dies_in_the_middle_of_a_fork_leaves_no_ghost(tmp_path: Path) -> None:
    """Whoever was forked is known, or is not; `crew` sees to it that nobody is left."""
    moments = random.Random(7)
    async with crew(forked(ODD, tmp_path, restarts=RestartPolicy(intensity=1000))) as one:
        for task_id in range(15):
            zygote = await until_loaded(one)
            one.backend.restart(KIND, 1, at_once=True)
            await until_noted(one, "worker_exited", task_id + 1)
            wait_until = time.monotonic() + moments.uniform(0, 0.004)
            while time.monotonic() < wait_until:
                pass
            os.kill(zygote, signal.SIGKILL)
            await until_noted(one, "zygote_exited", task_id + 1)

        assert (await one.run(100)).status == "done"
        assert await eventually(lambda: living_children() == {*one.pids(), zygotes(one)[-1]})


async def test_what_a_forked_worker_leaves_behind_falls_to_us(tmp_path: Path) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        fled = await asked(one, 1, "flees")
        assert psutil.Process(fled).ppid() == one.pids()[0], "while it lives it keeps its own"
        await renew(one)

        assert psutil.Process(fled).ppid() == os.getpid()
        os.kill(fled, signal.SIGKILL)  # this crew does not own its process, and spares it
        assert ends(fled)


async def test_no_descriptors_are_left_however_often_workers_are_replaced(tmp_path: Path) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        zygote = await until_loaded(one)
        await renew(one)
        both = psutil.Process(), psutil.Process(zygote)
        assert await eventually(lambda: both[1].num_fds() <= IDLE_FILES)
        before = [process.num_fds() for process in both]
        for _ in range(20):
            await renew(one)

        assert await eventually(lambda: [process.num_fds() for process in both] == before)


async def test_a_worker_looks_for_garbage_but_not_in_what_its_zygote_has_loaded(
    tmp_path: Path,
) -> None:
    async with crew(forked(ODD, tmp_path)) as one:
        is_enabled, frozen = await asked(one, 1, "collects")

        assert is_enabled
        assert frozen > 1000


async def test_a_zygote_warms_up_while_nobody_waits_for_it(tmp_path: Path) -> None:
    async with crew(forked("support.warm_kind", tmp_path)) as one:
        warmth = [await asked(one, 1, "warmth")]
        while warmth[-1] < STEPS:
            await asyncio.sleep(0.25)  # longer than nobody may want anything
            await renew(one)  # which does not wait until it is warm
            warmth.append(await asked(one, 1 + len(warmth), "warmth"))

        assert warmth[0] == 0
        assert warmth == sorted(warmth)
