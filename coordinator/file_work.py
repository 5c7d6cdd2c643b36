"""What a call over sources is about, and what its answer depends on.

Rule: no file is read and no folder walked here; at most the one path that a call names is looked at.
"""

import os
import stat

import msgspec

from cache.key import call_key
from coordinator.fanout import FileRun
from protocol.tools.contract import Contract, Priority
from protocol.tools.files import Source, Sources
from protocol.tools.fingerprint import fingerprint

_GLOB = frozenset("*?[")
_encode = msgspec.json.Encoder().encode


class FileWork(msgspec.Struct, frozen=True):
    """What a call turned out to want: one *source*, or all that *paths* lead to."""

    contract: Contract
    arguments: Sources
    key: bytes
    source: Source | None
    paths: tuple[str, ...] = ()

    @property
    def flight(self) -> bytes:
        """The key that equal calls share."""
        return self.key

    @property
    def priority(self) -> Priority:
        """A run over a whole folder must not hold up somebody who asks about one file."""
        return self.contract.priority if self.source is not None else "low"

    def may_be_known(self) -> bool:
        """Tell whether the answer may have been given before."""
        return self.source is not None

    def start(self, run: FileRun) -> None:
        """Let *run* do it."""
        if self.source is not None:
            run.start_with(self.source)
        else:
            run.start_listing(self.paths)


def file_work(contract: Contract, arguments: Sources, directory: str) -> FileWork:
    """Find out what a call is about; its paths are relative to *directory*."""
    canonical = _encode(arguments)
    if arguments.code is not None:
        source = Source(code=arguments.code, language=arguments.language, named=True)
        return FileWork(contract, arguments, _key(contract, canonical), source)
    if arguments.path is None:
        paths = tuple(arguments.paths or ())
        return FileWork(contract, arguments, _key(contract, canonical), None, paths)
    seen = _stat(arguments.path, directory)
    is_many = _GLOB.intersection(arguments.path) if seen is None else stat.S_ISDIR(seen.st_mode)
    if is_many:
        key = _key(contract, canonical)
        return FileWork(contract, arguments, key, None, (arguments.path,))
    identity = fingerprint(seen) if seen else ""
    source = Source(
        path=arguments.path, language=arguments.language, named=True, fingerprint=identity
    )
    return FileWork(contract, arguments, _key(contract, canonical, identity), source)


def _stat(path: str, directory: str) -> os.stat_result | None:
    """Look at what the call names; of what cannot be looked at, a worker will say what is wrong."""
    if not path:
        return None
    try:
        return os.stat(os.path.join(directory, os.path.expanduser(path)))
    except (OSError, ValueError):
        return None


def _key(contract: Contract, canonical: bytes, *identity: str) -> bytes:
    return call_key(contract.name, contract.version, canonical, *identity)
