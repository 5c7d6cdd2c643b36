"""The configuration: `sections` says what can be set, `loading` where the values come from."""

from coordinator.config.analyze_section import AnalyzeConfig
from coordinator.config.drafts_section import DraftsConfig
from coordinator.config.loading import Loaded, Setting, describe, load
from coordinator.config.ollama_section import OllamaConfig
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
    "DraftsConfig",
    "FilesConfig",
    "Loaded",
    "OllamaConfig",
    "QueueConfig",
    "ServerConfig",
    "Setting",
    "WorkerConfig",
    "describe",
    "load",
]
