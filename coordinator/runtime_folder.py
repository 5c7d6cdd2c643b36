"""The folder that holds the sockets of one user's servers, and whether it can be trusted.

Rule 1: it belongs to that user, nobody else may enter it, and nobody else could put another in its place.
Rule 2: a socket in it has its final name only once somebody listens, so one that refuses is left over.
"""

import contextlib
import errno
import os
import re
import socket
import stat
from collections.abc import Mapping

_SHARED = "/tmp"  # noqa: S108 - what others might have put there is looked at before it is used
_SUFFIX = ".sock"
_MOST_ENTRIES = 10_000
_PID = re.compile(r"[1-9][0-9]{0,9}")
_LARGEST_PID = 2**31 - 1


class Unsafe(OSError):
    """This folder is not to be used, and why."""


def folder_for(environ: Mapping[str, str], uid: int) -> str:
    """Return where a server that is started in *environ* has its socket."""
    return folders(environ, uid)[0]


def folders(environ: Mapping[str, str], uid: int) -> list[str]:
    """Return where sockets may be; a server's environment is often less than its user's."""
    found = [os.path.join(_SHARED, f"toolcrew-{uid}")]
    base = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(base) and os.path.isdir(base):
        found.insert(0, os.path.join(base, "toolcrew"))
    return found


def make(folder: str, uid: int) -> None:
    """See to it that *folder* is there, and that it is ours alone.

    Raises:
        OSError: It cannot be made, or what is there is not to be trusted.
    """
    parent = os.path.dirname(folder)
    if not _is_safe_parent(os.stat(parent), uid):
        raise Unsafe(f"{parent} belongs to somebody else, or others may write to it")
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    require_ours(folder, uid)


def require_ours(folder: str, uid: int) -> None:
    """Check a folder that exists.

    Raises:
        OSError: It is not there, or not to be trusted.
    """
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        raise Unsafe(f"{folder} is not a folder")  # nor is a link to one
    if found.st_uid != uid:
        raise Unsafe(f"{folder} belongs to somebody else")
    if (mode := stat.S_IMODE(found.st_mode)) != 0o700:  # noqa: PLR2004 - as said by chmod
        raise Unsafe(f"{folder} has mode {mode:o}, not 700")


def socket_path(folder: str, pid: int) -> str:
    """Return where the server *pid* listens."""
    return os.path.join(folder, f"{pid}{_SUFFIX}")


def sockets(folder: str) -> dict[int, str]:
    """Return the sockets in *folder* by the pid of their server, whether that lives or not."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry, _ in zip(entries, range(_MOST_ENTRIES), strict=False)]
    pids = [name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)]
    return {int(p): socket_path(folder, int(p)) for p in sorted(pids) if _is_pid(p)}


def remove_left_over(folder: str) -> None:
    """Remove the sockets of servers that have died."""
    for pid, path in sockets(folder).items():
        if _is_gone(pid):  # which is cheap, and wrong about other containers
            remove_if_left_over(path)


def remove_if_left_over(path: str) -> bool:
    """Remove a socket at which nobody listens; tell whether it was one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(path) != errno.ECONNREFUSED:
            return False
    with contextlib.suppress(FileNotFoundError):  # somebody else has just done so
        os.unlink(path)
    return True


def _is_pid(text: str) -> bool:
    return bool(_PID.fullmatch(text)) and int(text) <= _LARGEST_PID


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _is_safe_parent(found: os.stat_result, uid: int) -> bool:
    others_write = bool(found.st_mode & 0o022) and not found.st_mode & stat.S_ISVTX
    return found.st_uid in {uid, 0} and not others_write
