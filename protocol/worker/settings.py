"""What a worker is told before it starts, in the variable `TOOLCREW_WORKER` as JSON."""

import msgspec

from protocol.worker.sandbox import SandboxPolicy

VARIABLE = "TOOLCREW_WORKER"

CREW_VARIABLE = "TOOLCREW_CREW"
"""The variable whose value all processes of one crew share, and no others."""


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the configuration that a worker needs. Paths are absolute and resolved."""

    coordinator_pid: int
    roots: tuple[str, ...]
    working_directory: str
    max_file_bytes: int = 4 * 1024 * 1024
    max_listed_files: int = 50_000
    parse_budget_s: float = 5.0
    beat_s: float = 1.0
    scratch: str = ""
    """The folder for temporary files, removed with the crew; "" = there is none."""
    start_in: str = ""
    """The folder in which a third party's program is started; "" = where its coordinator is."""
    sandbox: SandboxPolicy = SandboxPolicy(enabled=False)
    of_kind: msgspec.Raw = msgspec.Raw(b"null")
    """What only workers of its kind need to know, as JSON."""
