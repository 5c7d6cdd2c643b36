"""Files are opened here and nowhere else, and only below the roots.

Names are resolved before they are compared with the roots. What was opened is compared once more,
through its descriptor, so a symbolic link that appears between the two cannot lead us out. Where the
system has handles on files that are not open, a name is resolved and compared through one, in one step.
"""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from protocol.errors import CallRefused
from protocol.paths.names import absolute, is_below, quoted
from protocol.worker.settings import WorkerSettings
from workers.files.refusals import refusal

if sys.platform == "darwin":
    import fcntl

# Without O_NONBLOCK the open of a FIFO would wait for its writer.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def resolve(name: str, settings: WorkerSettings) -> str:
    """Return the absolute path, free of symbolic links, of what a caller calls *name*.

    Raises:
        CallRefused: the name is impossible, or leads out of the roots.
    """
    try:
        resolved = os.path.realpath(_meant(name, settings))
    except OSError as error:
        raise refusal(error, name) from error
    require_below_roots(resolved, name, settings)
    return resolved


def require_below_roots(resolved: str, name: str, settings: WorkerSettings) -> None:
    """Refuse *name* unless its *resolved* path lies below one of the roots."""
    if not any(is_below(resolved, root) for root in settings.roots):
        roots = ", ".join(quoted(root) for root in settings.roots) or "none"
        raise CallRefused("not_allowed", f"{quoted(name)} is outside the allowed roots ({roots}).")


def open_in_one_step(
    name: str, settings: WorkerSettings, require: Callable[[os.stat_result], None]
) -> int | None:
    """Return a descriptor of what *name* leads to, if *require* lets its status pass before it is opened.

    None: this system has no such step, or something is in the way, which `resolve` and `opened` then
    say. The kernel resolves the name and tells the path of what it has found, and that very file is
    opened: 8 us for a file eight folders deep, of which `realpath` looks at each, 33 us.

    Raises:
        CallRefused: the name is impossible, or leads out of the roots, or *require* raises it.
    """
    if sys.platform != "linux":
        return None
    try:
        handle = os.open(_meant(name, settings), os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        require_below_roots(_path_of(handle, name), name, settings)
        require(os.fstat(handle))
        return os.open(f"/proc/self/fd/{handle}", _FLAGS)
    except OSError:
        return None
    finally:
        os.close(handle)


@contextmanager
def opened(resolved: str, name: str, settings: WorkerSettings) -> Generator[int]:
    """Open the file or folder at *resolved* for reading; callers know it as *name*.

    Raises:
        CallRefused: it cannot be opened, or is outside the roots by now.
    """
    try:
        descriptor = os.open(resolved, _FLAGS)
    except OSError as error:
        raise refusal(error, name) from error
    try:
        require_below_roots(_path_of(descriptor, name), name, settings)
        yield descriptor
    finally:
        os.close(descriptor)


def _meant(name: str, settings: WorkerSettings) -> str:
    home = os.path.expanduser("~") if name.startswith("~") else ""
    return absolute(name, settings.working_directory, home)


def _path_of(descriptor: int, name: str) -> str:
    """Ask the system what *descriptor* is; no answer is a refusal, not a pass."""
    try:
        if sys.platform == "darwin":
            return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError as error:
        raise refusal(error, name) from error
