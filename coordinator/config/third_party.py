"""What is special about the settings of third parties' workers: each kind has a table, `[workers.NAME]`.

A relative path in such a table is relative to the folder of the configuration file, never to the working
directory, which may be hostile.
"""

import os
import re

import msgspec

from coordinator.config.knobs import WORKERS, Knob, knobs_of, shown
from coordinator.config.worker_section import WorkerConfig
from protocol.errors import ConfigError

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def worker_knobs(name: str) -> dict[str, Knob]:
    """Return the settings of the kind *name* by their keys."""
    return knobs_of(f"{WORKERS}.{name}", WorkerConfig)


def require_name(name: str, source: str) -> None:
    """Check that *name* can be the name of a kind.

    Raises:
        ConfigError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{source}: the name of a worker must be a small letter, then up to 31 small letters, digits, "
            f"_ or -, not {shown(name)}"
        )
    if name in _reserved():
        raise ConfigError(f"{source}: workers.{name} is a built-in kind; choose another name")


def _reserved() -> set[str]:
    """Return the names of the kinds that there are without any setting."""
    # Most starts need not wait for these: 6 ms.
    from protocol.tools.catalog import CONTRACTS  # noqa: PLC0415
    from protocol.tools.nested import DRAFT_KIND  # noqa: PLC0415

    return {DRAFT_KIND, *(contract.kind for contract in CONTRACTS.values() if contract.kind)}


def require_sound(name: str, worker: WorkerConfig, source: str) -> None:
    """Check what no single setting shows.

    Raises:
        ConfigError: the settings contradict each other.
    """
    if bool(worker.command) == bool(worker.module):
        raise ConfigError(f"{source}: workers.{name} must have either a command or a module")
    if worker.least > worker.most:
        problem = (
            f"workers.{name}.least ({worker.least}) must not be more than most ({worker.most})"
        )
        raise ConfigError(f"{source}: {problem}")


def resolved(worker: WorkerConfig, folder: str) -> WorkerConfig:
    """Return *worker* with its paths absolute; *folder* is what they are relative to."""

    def absolute(path: str) -> str:
        return os.path.normpath(os.path.join(folder, os.path.expanduser(path)))

    program, *arguments = worker.command or ("",)
    if "/" in program:
        program = absolute(program)
    return msgspec.structs.replace(
        worker,
        command=(program, *arguments) if worker.command else (),
        read=tuple(map(absolute, worker.read)),
        write=tuple(map(absolute, worker.write)),
    )
