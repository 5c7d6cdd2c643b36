"""Files as they were before a draft was submitted: kept for a while beside the drafts.

Their names begin with the time, so that the oldest ones are known without looking into any.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable, Generator

from protocol.worker.drafts import DraftSettings
from workers.draft import beneath

FOLDER = "backups"
"""In the folder for drafts."""

_MODE = 0o700
_NAMEABLE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100


def keep(
    folder: int,
    settings: DraftSettings,
    name: str,
    data: bytes,
    clock: Callable[[], float] = time.time,
) -> str | None:
    """Keep *data* under a name that says the time and *name*; return its path, None if none is to be kept."""
    if not settings.backups:
        return None
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock()))
    kept = f"{stamp}-{_NAMEABLE.sub('_', name)[:_LONGEST_NAME]}"
    with _opened(folder) as descriptor:
        beneath.put(descriptor, kept, data, is_synced=True)
        _forget_oldest(descriptor, settings, kept)
    return os.path.join(settings.folder, FOLDER, kept)


def _forget_oldest(descriptor: int, settings: DraftSettings, newest: str) -> None:
    """Leave as many as there may be, and as many bytes."""
    left_bytes = settings.max_bytes
    others = sorted((n for n in beneath.names_in(descriptor) if n != newest), reverse=True)
    for number, name in enumerate([newest, *others]):
        left_bytes -= os.lstat(name, dir_fd=descriptor).st_size
        if number and (number >= settings.backups or left_bytes < 0):
            beneath.remove(descriptor, name)


@contextlib.contextmanager
def _opened(folder: int) -> Generator[int]:
    with contextlib.suppress(FileExistsError):
        os.mkdir(FOLDER, _MODE, dir_fd=folder)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    opened = os.open(FOLDER, flags, dir_fd=folder)
    try:
        yield opened
    finally:
        os.close(opened)
