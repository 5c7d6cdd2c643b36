"""What third parties' settings become, and what becomes of what their workers say."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.config import CrewConfig, WorkerConfig
from coordinator.crew.actions import Note
from coordinator.crew.kind_crew import KindConfig
from coordinator.third_party import Offers, third_party_kind
from coordinator.tool_registry import ToolRegistry
from protocol.tools.catalog import CONTRACTS
from protocol.worker.messages import Ready
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings
from support.offers import offer

SETTINGS = WorkerSettings(
    coordinator_pid=1,
    roots=("/project",),
    working_directory="/project",
    scratch="/scratch",
    sandbox=SandboxPolicy(read=("/project",), write=("/scratch",), memory_limit_bytes=7),
)


def kind_of(worker: WorkerConfig, folder: str = "/etc/nowhere", **crew: object) -> KindConfig:
    return third_party_kind("lint", worker, CrewConfig(**crew), SETTINGS, folder)  # type: ignore[arg-type]


def test_a_command_is_launched_in_the_folder_of_the_configuration() -> None:
    kind = kind_of(WorkerConfig(command=("lint", "-x"), environment={"A": "b"}))

    assert kind.argv == (sys.executable, "-P", "-m", "workers.launch", "lint", "-x")
    assert kind.zygote_argv is None
    assert kind.settings.start_in == "/etc/nowhere"
    assert kind.environment == {"TMPDIR": "/scratch", "A": "b"}
    assert kind.depth == 1, "what runs must be known exactly"


def test_a_module_has_a_zygote_where_there_are_any() -> None:
    worker = WorkerConfig(module="a.b", environment={"TMPDIR": "/mine"})

    kind = kind_of(worker)

    assert kind.argv[-3:] == ("workers", "lint", "a.b")
    assert (kind.zygote_argv is not None) is (sys.platform == "linux")
    assert kind_of(worker, zygote=False).zygote_argv is None
    assert kind.settings.start_in == ""
    assert kind.environment == {"TMPDIR": "/mine"}


def test_a_worker_may_do_what_it_was_granted_and_no_more() -> None:
    worker = WorkerConfig(
        command=("lint",), read=("/a",), write=("/b",), network=False, memory_limit_bytes=9
    )

    assert kind_of(worker).settings.sandbox == SandboxPolicy(
        read=("/project", "/a"), write=("/scratch", "/b"), execute=True, memory_limit_bytes=9
    )
    module = kind_of(WorkerConfig(module="a")).settings.sandbox
    assert (module.execute, module.network, module.memory_limit_bytes) == (False, True, 0)
    assert kind_of(WorkerConfig(module="a", execute=True)).settings.sandbox.execute
    assert not kind_of(worker, sandbox=False).settings.sandbox.enabled


def test_a_worker_may_read_the_files_that_its_command_names(tmp_path: Path) -> None:
    (tmp_path / "worker.js").touch()
    (tmp_path / "lib").mkdir()
    command = ("node", "worker.js", "--x", "lib", "missing.js", os.devnull)

    sandbox = kind_of(WorkerConfig(command=command), str(tmp_path)).settings.sandbox

    assert sandbox.read == ("/project", str(tmp_path / "worker.js"))


def test_its_limits_are_its_own() -> None:
    worker = WorkerConfig(
        command=("a",),
        least=2,
        most=3,
        start_timeout_s=4,
        cancel_grace_s=5,
        max_jobs=6,
        max_rss_bytes=7_000_000,
        max_age_s=8,
        memory_limit_bytes=9,
    )

    kind = kind_of(worker, beat_s=2, missed_beats=4, restart_intensity=11)

    assert (kind.scaling.least, kind.scaling.most) == (2, 3)
    limits = kind.limits
    assert (limits.start_timeout_s, limits.ask_grace_s, limits.beat_timeout_s) == (4, 5, 8)
    assert (limits.max_jobs, limits.max_rss_bytes, limits.max_age_s) == (6, 7_000_000, 8)
    assert limits.memory_limit_bytes == 9
    assert kind.restarts.intensity == 11


# --- offers


class Desk:
    """Two kinds of third parties, `slow` and `fast`, and the tools they have."""

    def __init__(self) -> None:
        self.registry = ToolRegistry(CONTRACTS)
        self.closed: set[str] = set()
        workers = {
            name: WorkerConfig(command=("x",), start_timeout_s=0.3, deadline_s=7.0)
            for name in ("slow", "fast")
        }
        self.offers = Offers(workers, self.registry, lambda kind: kind not in self.closed)

    def ready(self, kind: str, *names: str, protocol: int = 1) -> None:
        tools = tuple(offer(name) for name in names)
        self.offers.ready(kind, Ready(kind, 1, protocol=protocol, tools=tools))

    def has(self, name: str) -> bool:
        return name in [tool.name for tool in self.registry.listed()]


@pytest.fixture
async def desk() -> Desk:
    return Desk()


pytestmark = pytest.mark.anyio


async def test_tools_come_with_ready_and_go_with_their_kind(desk: Desk) -> None:
    desk.ready("fast", "zip")
    assert desk.has("zip")

    for event in ("kind_down", "kind_paused"):
        desk.offers.noted("fast", Note(event))
        assert not desk.has("zip")
        desk.ready("fast", "zip")
        assert desk.has("zip")


async def test_what_else_happens_changes_nothing(desk: Desk) -> None:
    desk.ready("fast", "zip")

    desk.offers.noted("fast", Note("worker_exited"))
    desk.offers.noted("slow", Note("kind_down"))
    desk.ready("parse", "code_scan")

    assert desk.has("zip")
    assert not desk.has("code_scan"), "our own kinds offer nothing"


async def test_a_kind_that_takes_no_calls_offers_nothing(desk: Desk) -> None:
    desk.closed.add("fast")

    desk.ready("fast", "zip")

    assert not desk.has("zip")


async def test_a_worker_of_another_protocol_offers_nothing(desk: Desk) -> None:
    desk.ready("fast", "zip")

    desk.ready("fast", "zip", protocol=2)

    assert not desk.has("zip")


async def wakes(desk: Desk, tool: str | None, then: Callable[[], None]) -> bool:
    """Tell whether somebody who waits is awake after *then*, and was not before."""
    waiting = asyncio.ensure_future(desk.offers.wait_for(tool))
    await asyncio.sleep(0)
    assert not waiting.done()
    then()
    for _ in range(3):
        await asyncio.sleep(0)
    is_awake = waiting.done()
    waiting.cancel()
    return is_awake


async def test_a_tool_is_waited_for_until_it_is_there(desk: Desk) -> None:
    assert await wakes(desk, "zip", lambda: desk.ready("fast", "zip"))
    await desk.offers.wait_for("zip")
    await desk.offers.wait_for("code_parse")


async def test_all_are_waited_for_until_all_have_spoken(desk: Desk) -> None:
    assert not await wakes(desk, None, lambda: desk.ready("fast", "zip"))
    assert await wakes(desk, None, lambda: desk.offers.noted("slow", Note("kind_down")))
    await desk.offers.wait_for("unknown")


async def test_nobody_waits_for_ever(desk: Desk) -> None:
    await asyncio.wait_for(desk.offers.wait_for("zip"), 10)


async def test_without_third_parties_nobody_waits() -> None:
    offers = Offers({}, ToolRegistry({}), lambda _: True)

    await asyncio.wait_for(offers.wait_for("zip"), 10)
