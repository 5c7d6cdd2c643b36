"""The clients whose jobs share one queue, and what is remembered of each.

A tenant is a record that the parts of the queue write on: `backlog` its counts and its mean, `fair` its
account and its place in the turns, the queue itself its line of jobs.
Rule: a tenant who neither waits nor owes anything is forgotten when too many of them are remembered.
"""

from collections.abc import Callable
from typing import Final

REMEMBERED: Final = 1024
"""So many idle tenants keep their measured service time."""


class Tenant:
    """One client of a queue."""

    __slots__ = (
        "charged",
        "epoch",
        "jobs",
        "line",
        "mean",
        "name",
        "running",
        "seat",
        "spent",
        "stamp",
        "waiting",
    )

    def __init__(self, name: str, classes: int) -> None:
        self.name = name
        self.line: list[tuple[float, int, int]] = []
        """A heap of the jobs that wait, and perhaps of some that have left."""

        self.jobs = 0
        self.waiting = [0] * classes
        """The jobs that wait, all of them and class by class."""

        self.mean: float | None = None
        """How long a job of this tenant takes, in seconds, once one has been measured."""

        self.epoch = -1
        self.spent = 0.0
        """The seconds charged; they mean something within one epoch of the turns."""

        self.running = 0
        self.charged = 0.0
        """The jobs of this epoch that run, and what they were charged before their time was known."""

        self.seat = 0
        """The tenant's place in the order of every round; 0: it has none, for it does not wait."""

        self.stamp = 0
        """The number of the one valid entry among those who wait for a later round; 0: it is not there."""


class Tenants:
    """Every tenant that is remembered, by name."""

    def __init__(self, classes: int, is_idle: Callable[[Tenant], bool]) -> None:
        self._classes = classes
        self._is_idle = is_idle
        self._known: dict[str, Tenant] = {}
        self._bound = REMEMBERED

    def __len__(self) -> int:
        return len(self._known)

    def find(self, name: str) -> Tenant | None:
        """Return a tenant that is remembered."""
        return self._known.get(name)

    def get(self, name: str) -> Tenant:
        """Return a tenant, a new one if it is not remembered."""
        tenant = self._known.get(name)
        if tenant is None:
            if len(self._known) >= self._bound:
                self._forget()
            tenant = self._known[name] = Tenant(name, self._classes)
        return tenant

    def waiting(self) -> list[Tenant]:
        """Return the tenants of whom a job waits; walks through all that are remembered."""
        return [tenant for tenant in self._known.values() if tenant.jobs]

    def _forget(self) -> None:
        self._known = {k: tenant for k, tenant in self._known.items() if not self._is_idle(tenant)}
        # Twice what is left, so that the walk is paid for by as many new tenants.
        self._bound = 2 * len(self._known) + REMEMBERED
