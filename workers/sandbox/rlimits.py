"""Limits that any POSIX system has: memory and open files."""

import resource
from functools import partial

from protocol.worker.sandbox import SandboxPolicy
from workers.sandbox.step import Step

_KINDS = {"memory": (resource.RLIMIT_AS, "bytes"), "files": (resource.RLIMIT_NOFILE, "files")}


def limits(policy: SandboxPolicy) -> tuple[dict[str, str], list[Step]]:
    """Return the states of what is not limited, and a step for each limit."""
    wanted = {"memory": policy.memory_limit_bytes, "files": policy.open_files}
    states = {part: "off: not configured" for part, most in wanted.items() if not most}
    steps = [_step(part, most) for part, most in wanted.items() if most]
    return states, steps


def _step(part: str, most: int) -> Step:
    kind, unit = _KINDS[part]
    limit = lowered(most, resource.getrlimit(kind)[0])
    return Step({part: f"{limit} {unit}"}, partial(_set, kind, limit))


def lowered(most: int, current: int) -> int:
    """Return *most*, or *current* where that is less: whoever started us may have had reasons."""
    return most if current == resource.RLIM_INFINITY else min(most, current)


def _set(kind: int, limit: int) -> None:
    try:
        resource.setrlimit(kind, (limit, limit))
    except ValueError as error:  # how `resource` says EINVAL and EPERM
        raise OSError(str(error)) from error
