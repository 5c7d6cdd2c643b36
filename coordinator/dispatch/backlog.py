"""How much work waits, in seconds: the jobs of each tenant times what its jobs were measured to take.

Rule: the counts of a tenant are written here and nowhere else, and so is its mean.
"""

from collections.abc import Iterable
from typing import Final

from coordinator.dispatch.pace import average
from coordinator.dispatch.tenants import Tenant

SHORTEST: Final = 1e-6
LONGEST: Final = 1e6
"""What a job can take at least and at most: with a service time of nothing a turn would never end."""

_UNKNOWN: Final = 1e-3
"""Before anything is measured all jobs are the same; too little is set right sooner than too much."""


class Backlog:
    """The work that waits in one queue."""

    def __init__(self) -> None:
        self.mean = _UNKNOWN
        """How long a job of this queue takes."""

        self.is_measured = False
        """Whether any job has ended yet: without that, no wait can be estimated."""

        self._measured_s = 0.0
        self._unmeasured_jobs = 0

    def add(self, tenant: Tenant, rank: int) -> None:
        """Count a job that begins to wait."""
        tenant.jobs += 1
        tenant.waiting[rank] += 1
        if tenant.mean is None:
            self._unmeasured_jobs += 1
        else:
            self._measured_s += tenant.mean

    def remove(self, tenant: Tenant, rank: int) -> None:
        """Count a job that waits no longer."""
        tenant.jobs -= 1
        tenant.waiting[rank] -= 1
        if tenant.mean is None:
            self._unmeasured_jobs -= 1
        else:
            self._measured_s -= tenant.mean

    def clear(self) -> None:
        """Nothing waits: begin a new sum, without the errors of the old one."""
        self._measured_s = 0.0

    def measure(self, tenant: Tenant, seconds: float) -> None:
        """Learn from a job that took *seconds*."""
        if tenant.mean is None:
            self._unmeasured_jobs -= tenant.jobs
        else:
            self._measured_s -= tenant.mean * tenant.jobs
        tenant.mean = average(tenant.mean, seconds)
        self._measured_s += tenant.mean * tenant.jobs
        self.mean = average(self.mean if self.is_measured else None, seconds)
        self.is_measured = True

    def mean_of(self, tenant: Tenant) -> float:
        """Return how long a job of one tenant takes; with none measured, what others take."""
        return tenant.mean or self.mean

    def seconds(self) -> float:
        """Return the work of everybody together."""
        return self._measured_s + self._unmeasured_jobs * self.mean

    def seconds_before(
        self, tenant: Tenant, rank: int, waiting: Iterable[Tenant], head_start: float
    ) -> float:
        """Return the work that comes before a new job of *tenant*.

        That is what waits of this tenant in its class and the better ones, and of each other one as
        much again and the *head start* that it has, if it has so much.
        """
        own = sum(tenant.waiting[: rank + 1]) * self.mean_of(tenant)
        share = own + head_start
        others = (
            min(other.jobs * self.mean_of(other), share) for other in waiting if other is not tenant
        )
        return own + sum(others)
