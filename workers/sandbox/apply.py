"""From a policy to a process that is held to it: prepared once, enforced in every worker that is forked.

Rule 1: what the platform lacks is left out and named; a worker without a sandbox is better than no worker.
Rule 2: what can be decided or done before the fork is. A forked process pays for each page that it touches
for the first time, so `enforce` goes through a list of calls and touches little else.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox import seccomp
from workers.sandbox.file_rules import FileRules
from workers.sandbox.rlimits import limits
from workers.sandbox.step import Step, take
from workers.sandbox.syscalls import Kernel, this_kernel

_SET_NO_NEW_PRIVS = 38  # linux/prctl.h: PR_SET_NO_NEW_PRIVS

_LOCKS = ("no_new_privs", "landlock", "seccomp", "network")
_BY_CHOICE = frozenset({"off: allowed", "off: disabled", "off: not configured"})


def prepare(
    policy: SandboxPolicy,
    programs: Iterable[str] = (),
    find_kernel: Callable[[], Kernel | None] = this_kernel,
) -> "Prepared":
    """Make ready what is the same for all workers of a kind, which may start *programs* if any.

    Call it in a process that has one thread, and has imported what its workers will need.
    """
    kernel = find_kernel() if policy.enabled else None
    states, steps = limits(policy)
    if kernel is None:
        return Prepared(dict.fromkeys(_LOCKS, _why_none(policy)) | states, steps, None)
    if policy.network:
        states["network"] = "off: allowed"  # unless Landlock narrows it down
    return Prepared(states, [*_locks(policy, kernel), *steps], FileRules(policy, programs, kernel))


def degradations(in_force: Mapping[str, str]) -> list[str]:
    """Return a line for each part that is off although nobody wished it so."""
    return [
        f"sandbox: {part} is {state}"
        for part, state in in_force.items()
        if state.startswith("off: ") and state not in _BY_CHOICE
    ]


class Prepared:
    """A sandbox that is ready to be entered. Forked processes enter it one by one."""

    def __init__(
        self, states: Mapping[str, str], steps: Iterable[Step], files: FileRules | None
    ) -> None:
        self._states = dict(states)
        self._steps = list(steps)
        self._files = files

    def enforce_inherited(self) -> None:
        """Lock this process in as far as it does not hinder its forks, which inherit it for nothing.

        Left to `enforce` are the rules about files: each worker enters them alone, because they also
        keep a worker from signals to all that is outside.
        """
        self._states = take(self._steps, self._states)
        self._steps = []

    def enforce(self) -> dict[str, str]:
        """Lock this process in, for ever; return for each part what is in force.

        Call it once, and before there is a second thread: the others would stay outside.
        """
        if self._files is None:
            return take(self._steps, self._states)
        return take((*self._steps, *self._files.steps), self._states | self._files.states)

    def is_current(self) -> bool:
        """Tell whether every name that the policy opens still means the same file.

        A root that was made anew, or an ignore file that an editor has replaced, is closed to whoever
        is locked in already. It may be asked from inside.
        """
        return self._files is None or self._files.is_current()

    def renew(self) -> None:
        """Prepare for what the names mean now; whoever is inside stays as it is."""
        if self._files is not None:
            self._files.renew()

    def close(self) -> None:
        """Let nobody enter any more; to be called where it was prepared."""
        if self._files is not None:
            self._files.close()


def _why_none(policy: SandboxPolicy) -> str:
    name = os.uname()
    unknown = f"off: not supported on {name.sysname} {name.machine}"
    return unknown if policy.enabled else "off: disabled"


def _locks(policy: SandboxPolicy, kernel: Kernel) -> list[Step]:
    """Return the steps for the kernel; a filter, and rules about files, want no_new_privs before them."""
    prctl = partial(kernel.call, "prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    program = seccomp.Filter(seccomp.program(policy, kernel.machine))
    states = {"seccomp": "on"} if policy.network else {"seccomp": "on", "network": "on"}
    return [
        Step({"no_new_privs": "on"}, prctl),
        Step(states, partial(program.install, kernel)),
    ]
