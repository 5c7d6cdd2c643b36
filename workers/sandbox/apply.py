"""From a policy to a process that is held to it: prepared once, enforced in every worker that is forked.

Rule 1: what the platform lacks is left out and named; a worker without a sandbox is better than no worker.
Rule 2: all that can be decided is decided in `prepare`. A forked process pays for each page that it touches
for the first time, so `enforce` goes through a list of calls and touches little else.
"""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox import landlock, seccomp
from workers.sandbox.readable import readable
from workers.sandbox.rlimits import limits
from workers.sandbox.rule_files import rule_files
from workers.sandbox.step import Step, take
from workers.sandbox.syscalls import Kernel, this_kernel

_SET_NO_NEW_PRIVS = 38  # linux/prctl.h: PR_SET_NO_NEW_PRIVS

_LOCKS = ("no_new_privs", "landlock", "seccomp", "network")
_BY_CHOICE = frozenset({"off: allowed", "off: disabled", "off: not configured"})

Identity = tuple[int, ...] | None
"""What tells a file from another one of the same name; None for a name that nothing has."""


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
        return Prepared(dict.fromkeys(_LOCKS, _why_none(policy)) | states, steps, {}, None)
    # Only kinds of our own look for ignore rules, and they start no programs.
    files = () if policy.execute else rule_files(policy.read)
    # First the identities: what changes between the two is then seen as a change.
    watched = {path: _identity(path) for path in (*policy.read, *policy.write, *files)}
    ruleset = _ruleset(policy, programs, files, kernel)
    if isinstance(ruleset, str):
        states["landlock"] = ruleset
    if policy.network:
        states["network"] = "off: allowed"
    steps = [*_locks(policy, ruleset, kernel), *steps]
    return Prepared(states, steps, watched, None if isinstance(ruleset, str) else ruleset)


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
        self,
        states: Mapping[str, str],
        steps: Iterable[Step],
        watched: Mapping[str, Identity],
        ruleset: landlock.Ruleset | None,
    ) -> None:
        self._states = states
        self._steps = tuple(steps)
        self._watched = watched
        self._ruleset = ruleset

    def enforce(self) -> dict[str, str]:
        """Lock this process in, for ever; return for each part what is in force.

        Call it once, and before there is a second thread: the others would stay outside.
        """
        return take(self._steps, self._states)

    def is_current(self) -> bool:
        """Tell whether every name that the policy opens still means the same file.

        A root that was made anew, or an ignore file that an editor has replaced, is closed to whoever
        is locked in already. It may be asked from inside.
        """
        return all(_identity(path) == known for path, known in self._watched.items())

    def close(self) -> None:
        """Let nobody enter any more; to be called where it was prepared."""
        if self._ruleset is not None:
            self._ruleset.close()


def _why_none(policy: SandboxPolicy) -> str:
    name = os.uname()
    unknown = f"off: not supported on {name.sysname} {name.machine}"
    return unknown if policy.enabled else "off: disabled"


def _ruleset(
    policy: SandboxPolicy, programs: Iterable[str], files: Iterable[str], kernel: Kernel
) -> landlock.Ruleset | str:
    """Return the ruleset, or the state of one that there will not be."""
    if policy.execute and not policy.read and not policy.write:
        return "off: not configured"  # the user's own program, which may read what the user may
    try:
        return landlock.build(policy, (*readable(policy), *programs), files, kernel)
    except OSError as error:
        return f"off: {landlock.reason(error)}"


def _locks(policy: SandboxPolicy, ruleset: landlock.Ruleset | str, kernel: Kernel) -> list[Step]:
    """Return the steps for the kernel; both locks on files and calls want no_new_privs before them."""
    prctl = partial(kernel.call, "prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    steps = [Step({"no_new_privs": "on"}, prctl)]
    if not isinstance(ruleset, str):
        states = {"landlock": f"on (ABI {ruleset.abi})"}
        if ruleset.guards_tcp() and not policy.network:
            states["network"] = "on (TCP only)"
        steps.append(Step(states, partial(ruleset.enter, kernel)))
    program = seccomp.Filter(seccomp.program(policy, kernel.machine))
    states = {"seccomp": "on"} if policy.network else {"seccomp": "on", "network": "on"}
    return [*steps, Step(states, partial(program.install, kernel))]


def _identity(path: str) -> Identity:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    # A folder's time changes with every file in it; a file's new content may name another file.
    time = () if stat.S_ISDIR(status.st_mode) else (status.st_mtime_ns,)
    return (status.st_dev, status.st_ino, *time)
