"""Whose turn it is: deficit round robin between tenants, in seconds of service.

Every round grants each waiting tenant one quantum of seconds, and its turn lasts while it has some left
(deficit = granted - spent). A job is charged its expected time when it is taken, for only its end tells
the truth, and that is then set right: a tenant can so get into debt, and sits out the rounds that pay it.
The seconds of two tenants who both wait differ by at most a quantum and the longest job since both began
to wait, and in any stretch of time by a quantum and twice the longest job.
Rule 1: one number, `_level`, is what everybody has been granted; so a round costs nothing for those who
sit it out, and rounds in which nobody has a turn are skipped in one step.
Rule 2: the quantum changes only between rounds, or else it would favour whoever it is largest for.
Rule 3: a round lets in only so many newcomers, or an endless stream of them would make it endless.
Rule 4: who leaves keeps its debt, but of its credit no more than one quantum.
Source: M. Shreedhar and G. Varghese, "Efficient Fair Queuing Using Deficit Round-Robin", 1995.
"""

from collections import deque
from heapq import heapify, heappop, heappush
from operator import attrgetter

from coordinator.dispatch.tenants import Tenant

_ROUNDING = 1e-3
"""A credit below this part of a quantum is an error of rounding, and no turn."""
NEWCOMERS = 8
"""A round lets in so many of those who come while it lasts; the others have a turn in the next."""

HEAP_SLACK = 64
"""The heap is rebuilt when it is longer than twice what was of use last time, and this much more."""

_by_seat = attrgetter("seat")


class Turns:
    """The tenants of whom jobs wait, in the order of their seats, and everybody's account."""

    def __init__(self) -> None:
        self._epoch = 0
        self._quantum = 0.0
        self._level = 0.0
        self._bar = 0.0
        self._room = NEWCOMERS
        self._seats = 0
        self._stamps = 0
        self._now: deque[Tenant] = deque()  # who has, or may have, a turn in this round
        self._later: list[tuple[float, int, Tenant]] = []  # spent, stamp, tenant
        self._bound = HEAP_SLACK

    def join(self, tenant: Tenant) -> None:
        """Let a tenant that has no seat take the last one."""
        self._open(tenant)
        tenant.spent = max(tenant.spent, self._level - self._quantum)
        self._seats += 1
        tenant.seat = self._seats
        if self._room:
            self._room -= 1
            self._now.append(tenant)
        else:
            tenant.spent = max(tenant.spent, self._level)
            self._put_off(tenant)

    def next(self, quantum: float) -> Tenant | None:
        """Return whose turn it is; those whose line is empty lose their seats.

        The next round, if one begins here, grants *quantum*.
        """
        now = self._now
        while now or self._begin_round(quantum):
            tenant = now[0]
            if not tenant.line:
                now.popleft()
                tenant.seat = 0
            elif tenant.spent < self._bar:
                return tenant
            elif len(now) == 1 and not self._later:
                self._grant(tenant.spent, quantum)
                self._room = NEWCOMERS
            else:
                now.popleft()
                self._put_off(tenant)
        return None

    def pass_by(self, tenant: Tenant, quantum: float, seconds: float) -> None:
        """Charge a tenant for a turn that it has while nobody waits, it neither: see `forgive`."""
        self._open(tenant)
        if tenant.spent >= self._bar:
            self._quantum = quantum
        self._epoch += 1
        self.charge(tenant, seconds)

    def charge(self, tenant: Tenant, seconds: float) -> None:
        """Take from a tenant's account what its job is expected to cost."""
        self._open(tenant)
        tenant.spent += seconds
        tenant.charged += seconds
        tenant.running += 1

    def settle(self, tenant: Tenant, seconds: float, expected: float) -> None:
        """Set a charge right: a job of this tenant took *seconds*.

        What was charged is the mean of what is held, for it is not told which job it was: the sum is
        right when all of them have ended. With nothing held it is what would be *expected*.
        What is given back makes no more credit than a quantum and what is still held: charges that
        were too high have raised the level as well, which who came after them should not pay for.
        """
        self._open(tenant)
        if tenant.running:
            expected = tenant.charged / tenant.running
            tenant.running -= 1
            tenant.charged = tenant.charged - expected if tenant.running else 0.0
        floor = self._level - self._quantum - tenant.charged
        tenant.spent = max(tenant.spent + seconds - expected, floor)
        if tenant.stamp:
            self._put_off(tenant)

    def forgive(self) -> None:
        """Nobody waits: every account begins anew, and what still runs was nobody's loss."""
        while self._later:
            self._now.append(self._later.pop()[2])
        while self._now:
            tenant = self._now.pop()
            tenant.seat = tenant.stamp = 0
            tenant.line.clear()
        self._level = self._bar = 0.0
        self._room = NEWCOMERS
        self._epoch += 1

    def owes(self, tenant: Tenant) -> float:
        """Return the seconds that the others get before this tenant's next turn; 0 if it owes none."""
        return max(tenant.spent - self._level, 0.0) if tenant.epoch == self._epoch else 0.0

    def is_idle(self, tenant: Tenant) -> bool:
        """Tell whether a tenant may be forgotten: when it comes back it gets what a new one gets."""
        paid = tenant.epoch != self._epoch or tenant.spent <= self._level - self._quantum
        return not tenant.seat and not tenant.jobs and paid

    # --- inside

    def _open(self, tenant: Tenant) -> None:
        if tenant.epoch != self._epoch:
            tenant.epoch = self._epoch
            tenant.spent = self._level - self._quantum
            tenant.running, tenant.charged = 0, 0.0

    def _begin_round(self, quantum: float) -> bool:
        """Grant rounds until one of those put off has a turn; False if nobody is there."""
        later = self._later
        while later and later[0][1] != later[0][2].stamp:
            heappop(later)
        if not later:
            return False
        self._grant(later[0][0], quantum)
        seated: list[Tenant] = []
        while later and later[0][0] < self._bar:
            _, stamp, tenant = heappop(later)
            if stamp == tenant.stamp:
                tenant.stamp = 0
                seated.append(tenant)
        seated.sort(key=_by_seat)
        self._now.extend(seated)
        self._room = NEWCOMERS
        return True

    def _grant(self, spent: float, quantum: float) -> None:
        """Raise the level by as many rounds as it takes until *spent* leaves a credit."""
        if spent < self._bar:
            return
        self._quantum = quantum
        rounding = quantum * _ROUNDING
        self._level += quantum * ((spent + rounding - self._level) // quantum + 1)
        if spent >= self._level - rounding:  # so far up, a float has no room for both
            self._level = spent + quantum
        self._bar = self._level - rounding

    def _put_off(self, tenant: Tenant) -> None:
        self._stamps += 1
        tenant.stamp = self._stamps
        heappush(self._later, (tenant.spent, tenant.stamp, tenant))
        if len(self._later) > self._bound:
            self._later = [entry for entry in self._later if entry[1] == entry[2].stamp]
            heapify(self._later)
            self._bound = 2 * len(self._later) + HEAP_SLACK
