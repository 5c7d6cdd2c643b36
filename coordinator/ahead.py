"""What a server starts before its own parts are imported: the zygote of those who parse.

It takes as long to load as the server does, and nearly every first call is for it: started ahead, the first
answer comes 60 ms sooner.
Rule: nothing is imported that is not needed for that.
"""

import contextlib
import os
from collections.abc import Mapping

import msgspec

from coordinator.config import Config, Loaded
from coordinator.crew.birth import new_crew_id, surroundings, zygote_argv
from coordinator.crew.scratch import scratch_folder
from coordinator.crew.zygote_process import ZygoteProcess
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings

_KIND = "parse"


class Ahead(msgspec.Struct, frozen=True):
    """What there is already; *resources* are to be let go of at the end."""

    settings: WorkerSettings
    resources: contextlib.ExitStack
    loading: Mapping[str, ZygoteProcess] = {}


def prepare(loaded: Loaded) -> Ahead:
    """Return what every crew is started with, and start nothing."""
    resources = contextlib.ExitStack()
    scratch = resources.enter_context(scratch_folder())
    settings = _worker_settings(loaded.config, os.getcwd(), scratch)
    return Ahead(settings, resources)


def start(loaded: Loaded) -> Ahead:
    """Start what takes longest."""
    ahead = prepare(loaded)
    argv = zygote_argv(_KIND)
    if argv is None or not loaded.config.crew.zygote:
        return ahead
    try:
        process = ZygoteProcess(argv, surroundings(ahead.settings, new_crew_id()))
    except OSError:
        return ahead  # the crew will meet it too, and knows what to do
    return msgspec.structs.replace(ahead, loading={_KIND: process})


def _worker_settings(config: Config, directory: str, scratch: str) -> WorkerSettings:
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
