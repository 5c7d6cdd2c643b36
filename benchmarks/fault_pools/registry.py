"""Which pools and which faults there are, by the names that the command line knows."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import msgspec

from fault_pools.calm import calm
from fault_pools.figures import Figures, Options
from fault_pools.misdeeds import overdue, poison
from fault_pools.pool import Client, Pool
from fault_pools.signals import kill_one, stop_at_rest, stop_at_work, storm

Fault = Callable[[Client, Options], Awaitable[Figures]]


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """One pool: its name in the table, what must be installed for it, and what makes it."""

    title: str
    requires: str
    module: str
    factory: str

    def is_installed(self) -> bool:
        """Tell whether it can be measured here."""
        return find_spec(self.requires) is not None

    def make(self) -> Pool:
        """Return the pool, not yet started; only now is its library imported."""
        pool: Pool = getattr(import_module(self.module), self.factory)()
        return pool


POOLS: Mapping[str, Contender] = {
    "toolcrew": Contender(
        title="Toolcrew",
        requires="coordinator",
        module="fault_pools.crew",
        factory="CrewPool",
    ),
    "executor-fork": Contender(
        title="ProcessPoolExecutor, fork",
        requires="concurrent.futures",
        module="fault_pools.executor",
        factory="fork_pool",
    ),
    "executor-forkserver": Contender(
        title="ProcessPoolExecutor, forkserver",
        requires="concurrent.futures",
        module="fault_pools.executor",
        factory="forkserver_pool",
    ),
    "loky": Contender(
        title="loky", requires="loky", module="fault_pools.loky_pool", factory="LokyPool"
    ),
    "dask": Contender(
        title="Dask", requires="distributed", module="fault_pools.dask_cluster", factory="DaskPool"
    ),
}

FAULTS: Mapping[str, Fault] = {
    "kill-one": kill_one,
    "storm": storm,
    "stop-at-work": stop_at_work,
    "stop-at-rest": stop_at_rest,
    "loop": partial(overdue, task="loop"),
    "hold-gil": partial(overdue, task="hold_gil"),
    "segfault": partial(poison, task="segfault"),
    "exit": partial(poison, task="exit"),
    "hog": partial(poison, task="hog"),
    "calm": calm,
}
"""What is done to a pool from within its coordinator."""

ORPHANS = ("orphan-idle", "orphan-busy")
"""What is done to the coordinator itself, from outside."""
