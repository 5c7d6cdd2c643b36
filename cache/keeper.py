"""The file of results as a server uses it: opened when needed, begun anew when damaged, off when unusable.

Rule 1: no method raises; what cannot be found is not known, and what cannot be kept is dropped.
Rule 2: keys are digested with who asks, so that one file serves all versions of the tools, and nobody is
told by a fingerprint what only another server may read. Whoever knows a file's content has read it.
Rule 3: all but `is_off` is for the one thread that uses it.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from cache.folder import make_file, make_folder
from cache.known import Finding, Known, OnEvent, Realm, Wanted
from cache.table import SCHEMA, Damaged, Result, ResultTable
from protocol.hashing import blake2b

FILE_NAME = f"results-{SCHEMA}.sqlite"
SIDE_FILES = ("-wal", "-shm")
DAMAGED = ".damaged"

_UNAVAILABLE = "store_unavailable"
_PAUSE_S = 60.0
_MOST_FAILURES = 5
_MOST_DAMAGES = 2

T = TypeVar("T")


class Keeper:
    """Keeps the results of one server in *folder*; *on_event* hears what goes wrong, each thing once."""

    def __init__(self, folder: str, max_bytes: int, realm: Realm, on_event: OnEvent) -> None:
        self._folder = folder
        self._path = os.path.join(folder, FILE_NAME)
        self._max_bytes = max_bytes
        self._realm = realm
        self._on_event = on_event
        self._said: set[str] = set()
        self._identity = b""
        self._table: ResultTable | None = None
        self._inode = (0, 0)
        self._failures = 0
        self._damages = 0
        self._off_until = 0.0

    def is_off(self) -> bool:
        """Tell whether there is no point in asking now."""
        return time.monotonic() < self._off_until

    def open(self) -> None:
        """Open the file."""
        self._try(lambda _: None)

    def find(self, wanted: Sequence[Wanted]) -> list[Known]:
        """Return what is known, in the same order."""
        return self._try(lambda table: self._find(table, wanted)) or [Known()] * len(wanted)

    def fetch(self, place: bytes, digest: bytes) -> bytes | None:
        """Return the value for a content."""
        return self._try(lambda table: table.fetch(self._place(place), digest))

    def put(self, findings: Sequence[Finding]) -> None:
        """Keep *findings*."""
        self._try(
            lambda table: table.put(
                [
                    Result(self._key(wanted.key), self._place(wanted.place), digest, value)
                    for wanted, digest, value in findings
                ]
            )
        )

    def note_use(self) -> None:
        """Write down what was used."""
        if self._table is not None:
            self._try(lambda table: table.note_use())

    def close(self) -> None:
        """Let go of the file."""
        table, self._table = self._table, None
        if table is not None:
            with contextlib.suppress(sqlite3.Error):
                table.close()

    # --- keys

    def _find(self, table: ResultTable, wanted: Sequence[Wanted]) -> list[Known]:
        keys = [self._key(one.key) for one in wanted]
        values = table.find(keys)
        places = {
            k: self._place(w.place) for k, w in zip(keys, wanted, strict=True) if k not in values
        }
        digests = table.digests(places.values())
        return [
            Known(value)
            if (value := values.get(key))
            else Known(None, digests.get(places[key], ()))
            for key in keys
        ]

    def _key(self, key: bytes) -> bytes:
        return blake2b(key, digest_size=32, key=self._identity + self._realm.reach).digest()

    def _place(self, place: bytes) -> bytes:
        return blake2b(place, digest_size=32, key=self._identity).digest()

    # --- the file

    def _try(self, work: Callable[[ResultTable], T]) -> T | None:
        if self.is_off():
            return None
        try:
            result = work(self._current())
        except Damaged as error:
            self._set_aside(str(error))
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - a bug here must not fail a call
            self._give_up("store_failed", repr(error), float("inf"))
        else:
            self._failures = 0
            return result
        return None

    def _current(self) -> ResultTable:
        """Return the table of the file that is there now: somebody may have removed the one we had."""
        if self._table is not None and self._inode == _inode_of(self._path):
            return self._table
        self.close()
        self._identity = self._identity or self._realm.identity()
        make_folder(self._folder, os.getuid())
        make_file(self._path, os.getuid())
        self._inode = _inode_of(self._path)
        self._table = ResultTable(self._path, self._max_bytes, time.time)
        return self._table

    def _set_aside(self, reason: str) -> None:
        """Begin a new file; the damaged one stays for whoever wants to look at it."""
        self.close()
        self._damages += 1
        try:
            if self._inode == _inode_of(self._path):  # else somebody else has done so
                os.replace(self._path, self._path + DAMAGED)
                for side in SIDE_FILES:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(self._path + side)
        except OSError as error:
            self._failed(error)
        self._say("store_damaged", reason)
        if self._damages > _MOST_DAMAGES:
            self._give_up("store_off", reason, float("inf"))

    def _failed(self, error: sqlite3.Error | OSError) -> None:
        """Try again with the next question, but not for ever."""
        self._failures += 1
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            self._say(_UNAVAILABLE, str(error))
        if self._table is None or self._failures >= _MOST_FAILURES:
            self._give_up(_UNAVAILABLE, str(error), _PAUSE_S)

    def _give_up(self, event: str, reason: str, pause_s: float) -> None:
        self.close()
        self._failures = 0
        self._off_until = time.monotonic() + pause_s
        self._say(event, reason)

    def _say(self, event: str, reason: str) -> None:
        if event not in self._said:
            self._said.add(event)
            self._on_event(event, reason)


def _inode_of(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)
