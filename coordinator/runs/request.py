"""What a run is given: the call that it answers, and what it shares with every other run."""

from collections.abc import Callable, Mapping

import msgspec

from cache.known import ResultStore
from cache.l1 import L1
from coordinator.config import CrewConfig, FilesConfig
from coordinator.dispatch.dispatcher import Dispatcher
from coordinator.dispatch.quarantine import Quarantine
from coordinator.runs.earlier import Git
from coordinator.runs.merge import Merged
from coordinator.runs.results import Results
from protocol.errors import CallRefused
from protocol.tools.contract import Contract, Priority
from protocol.tools.files import Sources
from protocol.worker.messages import Progress


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What every run uses and none owns."""

    dispatcher: Dispatcher
    cache: L1
    store: ResultStore | None = None
    quarantine: Quarantine
    files: FilesConfig
    crew: CrewConfig
    results: Results
    git: Git | None = None
    window: Mapping[str, int]
    """How many batches of one run may be queued or running at a time, by kind."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call over sources, and whom to tell: *on_end* exactly once, unless the run is cancelled."""

    contract: Contract
    arguments: Sources
    priority: Priority
    on_progress: Callable[[Progress], None]
    on_warning: Callable[[str], None]
    on_end: Callable[[Merged | CallRefused], None]
    trace: str | None = None
    tenant: str = "-"
