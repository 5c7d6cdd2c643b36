"""The store of results on disk, as a server has it: where it is, whose results it holds, what it logs."""

import os
import sys
from hashlib import blake2b

import msgspec

from cache.folder import Unsafe, cache_folder
from cache.identity import identity_of
from cache.known import Realm
from cache.store import Store
from coordinator.config import Config
from coordinator.observe.log import get_logger
from coordinator.version import __version__
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
