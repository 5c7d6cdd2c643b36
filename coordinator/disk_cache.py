"""The store of results on disk, as a server has it: where it is, whose results it holds, what it logs."""

import contextlib
import os
import sys
import time
from glob import escape, glob

import msgspec

from cache.folder import Unsafe, cache_folder
from cache.identity import identity_of
from cache.known import Realm
from cache.store import Store
from coordinator.config import CacheConfig, Config
from coordinator.observe.log import get_logger
from coordinator.version import __version__
from protocol.hashing import blake2b
from protocol.worker.settings import WorkerSettings

log = get_logger(__name__)

_REACH_BYTES = 32
_MAKERS = ("protocol", "workers")
"""The packages on which a file's result depends."""


def disk_store(config: Config, settings: WorkerSettings) -> Store | None:
    """Return the store, None if there shall be none, or nowhere to have it; it touches no file yet."""
    if not config.cache.disk:
        return None
    try:
        folder = cache_folder(os.environ)
    except Unsafe as error:
        _log("store_unavailable", str(error))
        return None
    realm = Realm(lambda: _identity(settings), _reach(settings))
    return Store(folder, config.cache.disk_bytes, realm, _log)


def describe_store(config: CacheConfig) -> str:
    """Say where the results on disk are, and how much there is of them.

    Raises:
        OSError: it cannot be looked at.
    """
    import sqlite3  # noqa: PLC0415 - a server must not wait for a database to be imported

    from cache.keeper import FILE_NAME  # noqa: PLC0415
    from cache.table import Damaged, ResultTable  # noqa: PLC0415

    path = os.path.join(cache_folder(os.environ), FILE_NAME)
    off = "" if config.disk else " (off: cache.disk = false)"
    if not os.path.exists(path):
        return f"{path}: none yet{off}"
    try:
        table = ResultTable(path, config.disk_bytes, time.time)
        results, used = table.usage()
        table.close()
    except (Damaged, sqlite3.Error) as error:
        return f"{path}: {error}{off}"
    most_mib = config.disk_bytes >> 20
    return f"{path}: {results:,} results, {used / (1 << 20):.1f} of {most_mib:,} MiB{off}"


def clear() -> str:
    """Remove the results on disk; a server that has the file open begins a new one.

    Raises:
        OSError: they cannot be removed.
    """
    folder = cache_folder(os.environ)
    paths = sorted(glob(os.path.join(escape(folder), "results-*.sqlite*")))
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # side files go when a server lets go of them
            os.unlink(path)
    return "".join(f"removed {path}\n" for path in paths).rstrip() or f"{folder}: nothing to remove"


def _identity(settings: WorkerSettings) -> bytes:
    """Digest all but the file itself that a result depends on."""
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    limits = f"{__version__} {settings.parse_budget_s} {settings.max_file_bytes}"
    return identity_of(limits, [os.path.join(top, package) for package in _MAKERS], sys.path)


def _reach(settings: WorkerSettings) -> bytes:
    """Digest what may be read, and what relative names are relative to."""
    encoded = msgspec.json.encode([settings.working_directory, settings.roots])
    return blake2b(encoded, digest_size=_REACH_BYTES).digest()


def _log(event: str, reason: str) -> None:
    log.warning(event, reason=reason)
