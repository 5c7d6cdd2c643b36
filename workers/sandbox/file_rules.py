"""The rules about files that a policy comes to, and whether they still mean what they were made for."""

import os
import stat
from collections.abc import Iterable

from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox import landlock
from workers.sandbox.readable import readable
from workers.sandbox.rule_files import rule_files
from workers.sandbox.step import Step
from workers.sandbox.syscalls import Kernel

Identity = tuple[int, ...] | None
"""What tells a file from another one of the same name; None for a name that nothing has."""


class FileRules:
    """The *steps* into a ruleset, or the *states* that say why there is none."""

    def __init__(self, policy: SandboxPolicy, programs: Iterable[str], kernel: Kernel) -> None:
        self._policy = policy
        self._programs = tuple(programs)
        self._kernel = kernel
        self._ruleset: landlock.Ruleset | None = None
        self._watched: dict[str, Identity] = {}
        self.states: dict[str, str] = {}
        self.steps: tuple[Step, ...] = ()
        self.renew()

    def renew(self) -> None:
        """Make the rules for what the names mean now."""
        self.close()
        policy = self._policy
        if policy.execute and not policy.read and not policy.write:
            # It is the user's own program, and may read what the user may.
            self.states = {"landlock": "off: not configured"}
            return
        # Only kinds of our own look for ignore rules, and they start no programs.
        files = () if policy.execute else rule_files(policy.read)
        # The identities first: what changes between the two is then seen as a change.
        self._watched = {path: identity(path) for path in (*policy.read, *policy.write, *files)}
        folders = (*readable(policy), *self._programs)
        try:
            self._ruleset = landlock.build(policy, folders, files, self._kernel)
        except OSError as error:
            self.states = {"landlock": f"off: {landlock.reason(error)}"}
        else:
            self.steps = self._ruleset.steps(_states(self._ruleset, policy), self._kernel)

    def is_current(self) -> bool:
        """Tell whether every name that the policy opens still means the same file, if there are rules."""
        watched = self._watched.items() if self._ruleset is not None else ()
        return all(identity(path) == known for path, known in watched)

    def close(self) -> None:
        """Let go of the rules; nobody can enter any more."""
        if self._ruleset is not None:
            self._ruleset.close()
            self._ruleset, self.steps = None, ()


def _states(ruleset: landlock.Ruleset, policy: SandboxPolicy) -> dict[str, str]:
    states = {"landlock": f"on (ABI {ruleset.abi})"}
    if ruleset.guards_tcp() and not policy.network:
        states["network"] = "on (TCP only)"
    elif ruleset.guards_tcp() and policy.tcp_ports:
        states["network"] = f"on (TCP to {', '.join(map(str, policy.tcp_ports))})"
    return states


def identity(path: str) -> Identity:
    """Return what *path* means now; a link is a file of its own."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    # A folder's time changes with every file in it; a file's new content may name another file.
    time = () if stat.S_ISDIR(status.st_mode) else (status.st_mtime_ns,)
    return (status.st_dev, status.st_ino, *time)
