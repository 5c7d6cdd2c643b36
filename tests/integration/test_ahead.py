"""A zygote that was started before there was a crew is the crew's first one, and no more than that."""

import os
import signal
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from coordinator import ahead
from coordinator.config import load
from coordinator.crew.birth import new_crew_id, surroundings
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.restarts import RestartBudget
from coordinator.crew.zygote import Zygote, ZygoteConfig
from coordinator.crew.zygote_process import ZygoteProcess
from protocol.worker.settings import CREW_VARIABLE
from support.local_crew import crew, forked, living_children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="zygotes are for Linux")

ODD = "support.odd_kind"


def loading(folder: Path) -> tuple[KindConfig, ZygoteProcess]:
    """Return a kind whose zygote has been started, and that."""
    config = forked(ODD, folder)
    assert config.zygote_argv is not None
    env = surroundings(config.settings, new_crew_id(), config.environment)
    process = ZygoteProcess(config.zygote_argv, env)
    return msgspec.structs.replace(config, loading=process), process


async def test_the_crew_takes_over_what_was_started_ahead(tmp_path: Path) -> None:
    config, process = loading(tmp_path)

    async with crew(config) as one:
        await one.until_free()

        assert [note.pid for note in one.seen.noted("zygote_started")] == [process.pid]


async def test_one_that_has_died_meanwhile_is_replaced_in_the_same_crew(tmp_path: Path) -> None:
    config, process = loading(tmp_path)
    os.kill(process.pid, signal.SIGKILL)

    async with crew(config) as one:
        await one.until_free()

        first, *others = [note.pid for note in one.seen.noted("zygote_started")]
        assert first == process.pid
        assert others
        (worker,) = one.pids()
        assert psutil.Process(worker).environ()[CREW_VARIABLE] == process.crew_id


async def test_one_that_nobody_took_over_is_ended(tmp_path: Path) -> None:
    config, process = loading(tmp_path)
    zygote = Zygote(
        ZygoteConfig(name="odd", argv=(), env={}, start_timeout_s=9, loading=process),
        RestartBudget(config.restarts),
        on_note=lambda _: None,
        on_log=lambda _: None,
    )

    zygote.close()

    assert not living_children()


def test_a_server_that_ends_before_there_is_a_crew_leaves_nothing_behind() -> None:
    started = ahead.start(load({}, {}))
    process = started.loading["parse"]

    process.control.close()  # as the end of this process would

    assert process.wait() == 0
    assert not living_children()
    assert not os.path.exists(started.settings.scratch)
    os.close(process.log)
    started.resources.close()


def test_without_zygotes_nothing_is_started_ahead() -> None:
    started = ahead.start(load({"crew.zygote": "false"}, {}))

    assert started.loading == {}
    assert os.path.isdir(started.settings.scratch)
    started.resources.close()


def test_a_zygote_that_cannot_be_started_is_left_to_the_crew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_program(kind: str) -> tuple[str, ...]:
        return ("/no/such/program", kind)

    monkeypatch.setattr(ahead, "zygote_argv", no_program)
    open_files = len(os.listdir("/proc/self/fd"))

    started = ahead.start(load({}, {}))

    assert started.loading == {}
    assert len(os.listdir("/proc/self/fd")) == open_files
    started.resources.close()
