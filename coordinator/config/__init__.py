"""The configuration: `sections` says what can be set, `loading` where the values come from."""

from coordinator.config.analyze_section import AnalyzeConfig
from coordinator.config.loading import Loaded, Setting, describe, load
from coordinator.config.sections import (
    CacheConfig,
    Config,
    CrewConfig,
    FilesConfig,
    QueueConfig,
    ServerConfig,
)
from coordinator.config.worker_section import WorkerConfig

__all__ = [
    "AnalyzeConfig",
    "CacheConfig",
    "Config",
    "CrewConfig",
    "FilesConfig",
    "Loaded",
    "QueueConfig",
    "ServerConfig",
    "Setting",
    "WorkerConfig",
    "describe",
    "load",
]
