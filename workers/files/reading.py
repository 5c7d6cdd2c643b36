"""From a source to its bytes: read whole, as they were at one moment, or refused in a sentence."""

import os
import stat
import time
from collections.abc import Callable
from typing import NamedTuple

from protocol.errors import CallRefused
from protocol.hashing import blake2b
from protocol.paths.names import quoted
from protocol.tools.files import Source
from protocol.tools.fingerprint import fingerprint
from protocol.worker.settings import WorkerSettings
from workers.files.content import require_written_by_hand, utf8
from workers.files.refusals import refusal
from workers.files.roots import open_in_one_step, opened, resolve
from workers.files.settling import is_settled

SKIP_CODES: frozenset[str] = frozenset(
    {"binary", "too_large", "minified", "generated", "vendored", "bad_name"}
)
"""Refusals that mean: this is nothing to work on. Any other means: the work failed."""

DIGEST_BYTES = 16

_READS = 3
_MORE = 65536


class Loaded(NamedTuple):
    """A source's UTF-8 bytes; *settled* tells whether its fingerprint can stand for them.

    *before* are those of the version that it is compared with, if there is one.
    """

    data: bytes
    settled: bool
    before: bytes | None = None

    def digest(self) -> str:
        """Return what stands for the bytes, in hexadecimal; 4 KB take 5 microseconds."""
        digest = blake2b(self.data, digest_size=DIGEST_BYTES)
        if self.before is not None:
            digest.update(b"%d:%b" % (len(self.data), self.before))
        return digest.hexdigest()


class Unfit(CallRefused):
    """A file's content says that there is nothing to work on; *settled* is as that of what is loaded."""

    def __init__(self, refused: CallRefused, loaded: Loaded) -> None:
        super().__init__(refused.code, refused.message)
        self.settled = loaded.settled
        self.digest = loaded.digest


class _Snapshot(NamedTuple):
    """What was read; *is_whole* tells whether the file stood still meanwhile, as it is now."""

    data: bytes
    fingerprint: str
    ctime_ns: int
    began_ns: int
    is_whole: bool


def load(
    source: Source, settings: WorkerSettings, clock: Callable[[], int] = time.time_ns
) -> Loaded:
    """Return the bytes of *source*; *clock* gives nanoseconds since 1970.

    Raises:
        Unfit: the content is nothing to work on.
        CallRefused: there is nothing to work on; those in SKIP_CODES are nobody's mistake.
    """
    if source.code is not None:
        return Loaded(source.code.removeprefix("\N{BOM}").encode(errors="replace"), settled=True)
    assert source.path is not None
    snapshot = _read(source.path, settings, clock)
    settled = _stands_for(source.fingerprint, snapshot)
    try:
        data = utf8(snapshot.data, source.path)
        if not source.named:
            require_written_by_hand(data, source.path)
    except CallRefused as refused:
        raise Unfit(refused, Loaded(snapshot.data, settled)) from None
    return Loaded(data, settled)


def require_readable(status: os.stat_result, name: str, settings: WorkerSettings) -> None:
    """Refuse what is not a regular file of a bearable size."""
    if not stat.S_ISREG(status.st_mode):
        raise CallRefused("not_a_file", f"{quoted(name)} is {_kind(status.st_mode)}, not a file.")
    if status.st_size > settings.max_file_bytes:
        raise _too_large(name, status.st_size, settings.max_file_bytes)


def _stands_for(listed: str, snapshot: _Snapshot) -> bool:
    return (
        snapshot.is_whole
        and snapshot.fingerprint == listed
        and is_settled(snapshot.ctime_ns, snapshot.began_ns)
    )


def _read(name: str, settings: WorkerSettings, clock: Callable[[], int]) -> _Snapshot:
    # Asked before opening too: merely to open a device or a FIFO can have effects.
    descriptor = open_in_one_step(
        name, settings, lambda status: require_readable(status, name, settings)
    )
    if descriptor is None:
        return _read_in_steps(name, settings, clock)
    try:
        return _snapshot(descriptor, name, settings, clock)
    except OSError as error:
        raise refusal(error, name) from error
    finally:
        os.close(descriptor)


def _read_in_steps(name: str, settings: WorkerSettings, clock: Callable[[], int]) -> _Snapshot:
    resolved = resolve(name, settings)
    try:
        require_readable(os.stat(resolved), name, settings)
        with opened(resolved, name, settings) as descriptor:
            return _snapshot(descriptor, name, settings, clock)
    except OSError as error:
        raise refusal(error, name) from error


def _snapshot(
    descriptor: int, name: str, settings: WorkerSettings, clock: Callable[[], int]
) -> _Snapshot:
    """Read until the file stands still, but not for ever: a log that grows has no such moment."""
    snapshot = _read_once(descriptor, name, settings, clock)
    for _ in range(_READS - 1):
        if snapshot.is_whole:
            break
        snapshot = _read_once(descriptor, name, settings, clock)
    return snapshot


def _read_once(
    descriptor: int, name: str, settings: WorkerSettings, clock: Callable[[], int]
) -> _Snapshot:
    began_ns = clock()
    before = os.fstat(descriptor)
    require_readable(before, name, settings)
    data = _bytes_of(descriptor, before.st_size, settings.max_file_bytes + 1)
    after = os.fstat(descriptor)
    if len(data) > settings.max_file_bytes:
        raise _too_large(name, max(len(data), after.st_size), settings.max_file_bytes)
    identity = fingerprint(after)
    is_whole = fingerprint(before) == identity and len(data) == after.st_size
    return _Snapshot(data, identity, after.st_ctime_ns, began_ns, is_whole)


def _bytes_of(descriptor: int, expected: int, most: int) -> bytes:
    """Read from start to end, or *most* bytes at least: a file may grow faster than we read."""
    data = os.pread(descriptor, expected + 1, 0)
    if len(data) == expected:  # one byte more was asked for: there is none
        return data
    while len(data) < most and (piece := os.pread(descriptor, _MORE, len(data))):
        data += piece
    return data


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _too_large(name: str, size: int, limit: int) -> CallRefused:
    return CallRefused(
        "too_large", f"{quoted(name)} has {size:,} bytes; the limit is {limit:,} bytes."
    )
