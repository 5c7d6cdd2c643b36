"""Third parties' workers: their settings become kinds of the crew, and what they offer becomes tools.

Rule: a program of theirs is started in the folder of the configuration file, so that nothing in the working
directory, which may be hostile, is taken for a part of it.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from coordinator.built_in import restart_policy
from coordinator.config import CrewConfig, WorkerConfig
from coordinator.crew.actions import Note
from coordinator.crew.birth import built_in_argv, zygote_argv
from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.scaling import ScalingPolicy
from coordinator.observe.log import get_logger
from coordinator.tool_registry import RefusedTool, ToolRegistry
from protocol.worker.messages import PROTOCOL, Ready
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings

log = get_logger(__name__)


def third_party_kind(
    name: str, worker: WorkerConfig, crew: CrewConfig, settings: WorkerSettings, folder: str
) -> KindConfig:
    """Return the kind *name*; *settings* are those of our own workers, *folder* is the configuration's."""
    module = (worker.module,) if worker.module else ()
    has_zygote = bool(module) and crew.zygote
    return KindConfig(
        name=name,
        scaling=ScalingPolicy(
            least=worker.least,
            most=worker.most,
            utilisation=crew.utilisation,
            keepalive_s=crew.scale_down_s,
        ),
        argv=built_in_argv(name, *module) if module else _launch_argv(worker.command),
        zygote_argv=zygote_argv(name, *module) if has_zygote else None,
        environment=_environment(worker, settings.scratch),
        settings=replace(
            settings,
            start_in="" if module else folder,
            sandbox=_sandbox(worker, crew, settings, folder),
        ),
        limits=_limits(worker, crew),
        restarts=restart_policy(crew),
    )


class Offers:
    """Keeps the registry up to date with what the kinds of third parties offer, and says so in the log."""

    def __init__(
        self,
        workers: Mapping[str, WorkerConfig],
        registry: ToolRegistry,
        is_open: Callable[[str], bool],
    ) -> None:
        """*is_open* tells whether a kind takes calls."""
        self._workers = workers
        self._registry = registry
        self._is_open = is_open
        self._unheard = set(workers)
        self._heard = asyncio.Event()

    def ready(self, kind: str, ready: Ready) -> None:
        """A worker of *kind* has said what it offers."""
        if kind not in self._workers or not self._is_open(kind):
            return
        if ready.protocol != PROTOCOL:
            spoken = f"it speaks version {ready.protocol} of the worker protocol, not {PROTOCOL}"
            refused = [RefusedTool("*", spoken)]
            self._registry.withdraw(kind)
        else:
            deadline_s = self._workers[kind].deadline_s
            refused = self._registry.offer(kind, ready.tools, deadline_s)
        for tool in refused:
            log.warning("tool_refused", kind=kind, tool=tool.name, reason=tool.reason)
        self._hear(kind)

    def noted(self, kind: str, note: Note) -> None:
        """Something has happened to *kind*."""
        if note.event in {"kind_down", "kind_paused"}:
            self._registry.withdraw(kind)
            self._hear(kind)

    async def wait_for(self, tool: str | None = None) -> None:
        """Wait until *tool* is there, or every kind has said what it offers, or could have."""
        patience_s = max((worker.start_timeout_s for worker in self._workers.values()), default=0.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._unheard and (tool is None or self._registry.find(tool) is None):
                    self._heard.clear()
                    await self._heard.wait()

    def _hear(self, kind: str) -> None:
        self._unheard.discard(kind)
        self._heard.set()


def _launch_argv(command: tuple[str, ...]) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "workers.launch", *command)


def _environment(worker: WorkerConfig, scratch: str) -> dict[str, str]:
    temporary = {"TMPDIR": scratch} if scratch else {}
    return {**temporary, **worker.environment}


def _sandbox(
    worker: WorkerConfig, crew: CrewConfig, settings: WorkerSettings, folder: str
) -> SandboxPolicy:
    ours = settings.sandbox
    return SandboxPolicy(
        enabled=crew.sandbox,
        read=(*ours.read, *worker.read, *_files_named(worker.command, folder)),
        write=(*ours.write, *worker.write),
        execute=worker.execute or bool(worker.command),
        network=worker.network,
        memory_limit_bytes=worker.memory_limit_bytes,
    )


def _files_named(command: tuple[str, ...], folder: str) -> Iterator[str]:
    """Yield the files that a command names, such as a script: it must be able to read those."""
    for argument in command:
        path = os.path.join(folder, argument)
        if os.path.isfile(path):
            yield path


def _limits(worker: WorkerConfig, crew: CrewConfig) -> HealthLimits:
    return HealthLimits(
        start_timeout_s=worker.start_timeout_s,
        beat_timeout_s=crew.beat_s * crew.missed_beats,
        ask_grace_s=worker.cancel_grace_s,
        max_jobs=worker.max_jobs,
        max_rss_bytes=worker.max_rss_bytes,
        max_growth_bytes=crew.max_growth_bytes,
        max_age_s=worker.max_age_s,
        memory_limit_bytes=worker.memory_limit_bytes,
    )
