"""The kinds of worker that come with Toolcrew: how many there are, how they start, and what they may do."""

import os
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from coordinator.config import CrewConfig
from coordinator.crew.birth import built_in_argv, zygote_argv
from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from coordinator.crew.zygote_process import ZygoteProcess
from coordinator.models import encoded, ollama_sandbox
from protocol.models.settings import OllamaSettings
from protocol.tools.ollama_shapes import KIND as OLLAMA
from protocol.worker.settings import WorkerSettings

DEPTH: Final = 64
"""So many short jobs a worker of ours may have at a time; how many are sent, `depth_for` says."""

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


def built_in_kinds(
    crew: CrewConfig, settings: WorkerSettings, loading: Mapping[str, ZygoteProcess]
) -> list[KindConfig]:
    """Return the kinds of worker that work on files; *loading* has the zygotes that there are already."""
    numbers = {
        "parse": (crew.parse_workers_min, crew.parse_workers),
        "analyze": (crew.analyze_workers_min, crew.analyze_workers),
    }
    return [
        replace(
            built_in_kind(name, least, most or _cores(), crew, settings), loading=loading.get(name)
        )
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
        depth=DEPTH,
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
        restarts=restart_policy(crew),
    )


def restart_policy(crew: CrewConfig) -> RestartPolicy:
    """Return how often a kind may fail, whoever it comes from."""
    return RestartPolicy(
        intensity=crew.restart_intensity,
        period_s=crew.restart_period_s,
        backoff_base_s=crew.backoff_base_s,
        backoff_max_s=crew.backoff_max_s,
        cool_down_s=crew.cool_down_s,
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
