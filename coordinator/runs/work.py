"""What a call over sources is about, and what its answer depends on.

Rule: no file is read and no folder walked here; at most the one path that a call names is looked at.
"""

import itertools
import os
import stat

import msgspec
from msgspec.structs import replace

from cache.key import KEY_BYTES, call_key
from cache.l1 import Watched
from coordinator.runs.fanout import FileRun
from protocol.errors import CallRefused
from protocol.hashing import blake2b
from protocol.tools.contract import Contract, FilePlan, Priority
from protocol.tools.files import Source, Sources
from protocol.tools.fingerprint import fingerprint

_GLOB = frozenset("*?[")
_encode = msgspec.json.Encoder().encode
_turns = itertools.count(1)
"""What tells apart calls that ask git, whose answers are of their own moment."""


class FileWork(msgspec.Struct, frozen=True):
    """What a call turned out to want: one *source*, or all that *paths* lead to."""

    contract: Contract
    arguments: Sources
    key: bytes
    source: Source | None
    paths: tuple[str, ...] = ()
    watched: Watched = ()
    """The files on whose identity *key* depends, by the paths that were given."""

    is_of_git: bool = False
    """A commit may come between two equal calls, so that neither may have the other's answer."""

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
        return self.source is not None and not self.is_of_git

    def start(self, run: FileRun) -> None:
        """Let *run* do it."""
        if self.source is not None:
            run.start_with(self.source)
        else:
            run.start_listing(self.paths)


def file_work(contract: Contract, arguments: Sources, directory: str) -> FileWork:
    """Find out what a call is about; its paths are relative to *directory*.

    Raises:
        CallRefused: what it wants to be compared cannot be.
    """
    work = _work(contract, arguments, directory)
    if not contract.compares:
        return work
    assert contract.plan is not None
    return _compared(work, contract.plan(arguments), directory)


def _work(contract: Contract, arguments: Sources, directory: str) -> FileWork:
    code = arguments.code
    if code is not None:
        source = Source(code=code, language=arguments.language, named=True)
        rest = _encode(replace(arguments, code=None))  # a megabyte takes 2 ms to encode as JSON
        return FileWork(contract, arguments, _key(contract, rest, code), source)
    canonical = _encode(arguments)
    if arguments.path is None:
        paths = tuple(arguments.paths or ())
        return FileWork(contract, arguments, _key(contract, canonical), None, paths)
    seen = _stat(arguments.path, directory)
    is_many = _GLOB.intersection(arguments.path) if seen is None else stat.S_ISDIR(seen.st_mode)
    if is_many:
        key = _key(contract, canonical)
        return FileWork(contract, arguments, key, None, (arguments.path,))
    identity = _identity(seen)
    source = Source(
        path=arguments.path, language=arguments.language, named=True, fingerprint=identity
    )
    key = _key(contract, canonical, identity)
    return FileWork(contract, arguments, key, source, watched=((arguments.path, identity),))


def is_unchanged(watched: Watched, directory: str) -> bool:
    """Tell whether all that is *watched* still is as it was; paths are relative to *directory*."""
    return all(_identity(_stat(path, directory)) == identity for path, identity in watched)


def _compared(work: FileWork, plan: FilePlan, directory: str) -> FileWork:
    """Return *work* with what its source is compared with, as far as that is no question to git."""
    before = plan.before
    if plan.churn_days is not None or (before is not None and before.revision is not None):
        if work.arguments.code is not None:
            raise CallRefused("invalid_arguments", "A snippet has no history: give `path`.")
        return replace(work, key=_key(work.contract, work.key, str(next(_turns))), is_of_git=True)
    if before is None:
        return work
    if before.code is not None:
        return _with_text(work, before.code)
    assert before.path is not None
    seen = _stat(before.path, directory)
    if work.source is None:
        if seen is None or not stat.S_ISDIR(seen.st_mode):
            raise _unlike("is no folder that a folder could be compared with")
        return work
    if seen is not None and stat.S_ISDIR(seen.st_mode):
        raise _unlike("is a folder, but there is one file to compare")
    identity = _identity(seen)
    return replace(
        work,
        key=_key(work.contract, work.key, identity),
        source=replace(work.source, before_path=before.path, before_identity=identity),
        watched=(*work.watched, (before.path, identity)),
    )


def _with_text(work: FileWork, code: str) -> FileWork:
    if work.source is None:
        raise CallRefused("invalid_arguments", "`compare_code` needs `code` or one file as `path`.")
    text = code.encode(errors="replace")
    identity = blake2b(text, digest_size=KEY_BYTES).hexdigest()
    return replace(work, source=replace(work.source, before=text, before_identity=identity))


def _unlike(what: str) -> CallRefused:
    return CallRefused("invalid_arguments", f"`compare_path` {what}.")


def _stat(path: str, directory: str) -> os.stat_result | None:
    """Look at what the call names; of what cannot be looked at, a worker will say what is wrong."""
    if not path:
        return None
    try:
        return os.stat(os.path.join(directory, os.path.expanduser(path)))
    except (OSError, ValueError):
        return None


def _identity(seen: os.stat_result | None) -> str:
    return fingerprint(seen) if seen else ""


def _key(contract: Contract, canonical: bytes, *identity: str) -> bytes:
    return call_key(contract.name, contract.version, canonical, *identity)
