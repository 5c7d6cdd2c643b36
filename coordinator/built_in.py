"""The kinds of worker that come with Toolcrew: how many there are, how they start, and what they may do."""

import os

from msgspec.structs import replace

from coordinator.config import Config, CrewConfig
from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig, built_in_argv, zygote_argv
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from coordinator.models import encoded, ollama_sandbox
from protocol.models.settings import OllamaSettings
from protocol.tools.ollama_shapes import KIND as OLLAMA
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings

MODELS_KEPT_S = 3600.0
"""The worker in front of model servers knows how they are: it stays for so long after its last call."""

_NEVER = 10_000_000
"""It is not replaced for the number of its jobs either."""


def ollama_kind(crew: CrewConfig, settings: WorkerSettings, ollama: OllamaSettings) -> KindConfig:
    """Return the kind that talks to model servers: one process, which many calls share, from the first on."""
    ours = replace(
        settings,
        sandbox=ollama_sandbox(settings.sandbox, ollama, os.environ),
        of_kind=encoded(ollama),
    )
    kind = built_in_kind(OLLAMA, 0, 1, crew, ours)
    return replace(
        kind,
        scaling=replace(kind.scaling, keepalive_s=MODELS_KEPT_S),
        zygote_argv=None,  # there is one worker, and nothing to fork it from that would be worth its memory
        depth=1,
        may_ask=True,
        limits=replace(kind.limits, max_jobs=_NEVER),
    )


def built_in_kinds(crew: CrewConfig, settings: WorkerSettings) -> list[KindConfig]:
    """Return the kinds of worker that work on files."""
    numbers = {
        "parse": (crew.parse_workers_min, crew.parse_workers),
        "analyze": (crew.analyze_workers_min, crew.analyze_workers),
    }
    return [
        built_in_kind(name, least, most or _cores(), crew, settings)
        for name, (least, most) in numbers.items()
    ]


def built_in_kind(
    name: str, least: int, most: int, crew: CrewConfig, settings: WorkerSettings
) -> KindConfig:
    """Return a kind of ours of which there are *least* to *most* workers."""
    return KindConfig(
        name=name,
        scaling=ScalingPolicy(
            least=min(least, most),
            most=most,
            utilisation=crew.utilisation,
            keepalive_s=crew.scale_down_s,
        ),
        argv=built_in_argv(name),
        zygote_argv=zygote_argv(name) if crew.zygote else None,
        depth=2,
        settings=settings,
        limits=HealthLimits(
            start_timeout_s=crew.start_timeout_s,
            beat_timeout_s=crew.beat_s * crew.missed_beats,
            ask_grace_s=crew.cancel_grace_s,
            max_jobs=crew.max_jobs,
            max_rss_bytes=crew.max_rss_bytes,
            max_growth_bytes=crew.max_growth_bytes,
            max_age_s=crew.max_age_s,
            memory_limit_bytes=crew.memory_limit_bytes,
        ),
        restarts=RestartPolicy(
            intensity=crew.restart_intensity,
            period_s=crew.restart_period_s,
            backoff_base_s=crew.backoff_base_s,
            backoff_max_s=crew.backoff_max_s,
            cool_down_s=crew.cool_down_s,
        ),
    )


def worker_settings(config: Config, directory: str, scratch: str) -> WorkerSettings:
    """Return what holds for every worker of a server that was started in *directory*."""
    roots = tuple(os.path.realpath(root) for root in config.server.roots or (directory,))
    return WorkerSettings(
        coordinator_pid=os.getpid(),
        roots=roots,
        working_directory=directory,
        max_file_bytes=config.files.max_file_bytes,
        max_listed_files=config.files.max_listed_files,
        parse_budget_s=config.files.parse_budget_s,
        beat_s=config.crew.beat_s,
        scratch=scratch,
        sandbox=SandboxPolicy(
            enabled=config.crew.sandbox,
            read=roots,
            write=(scratch,) if scratch else (),
            memory_limit_bytes=config.crew.memory_limit_bytes,
        ),
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
