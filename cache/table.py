"""Results in an SQLite file, bounded in bytes: those that were used longest ago make room.

A result is found in two ways: by the *key* of the question, which holds the file's fingerprint, or,
where the file was touched or copied, by its *place* (the question without the fingerprint) and the
*digest* of its content.

Rule 1: what is given back is what was put, or nothing: each value has a check over place, digest and value.
Rule 2: every method is one transaction or none; what it raises is `Damaged`, or `sqlite3.Error` for
all that may pass: a full disk, a lock, a folder that became read-only.
Rule 3: this is for one thread; other threads and other processes open the file for themselves.
"""

import contextlib
import sqlite3
import zlib
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import NamedTuple

from protocol.hashing import blake2b

SCHEMA = 1
"""Part of the file's name: whoever changes what is below takes a new number."""

DIGEST_BYTES = 16
_CHECK_BYTES = 8
_LEVEL = 1
"""Of zlib: pieces of symbols shrink to 18 %, for 4 % of what it took to parse; 3 and 6 gain little."""

_MOST_DIGESTS = 4
"""So many versions of a file are looked for by content: those of a few branches."""
_USED_AGAIN_S = 3600
"""Use is noted to the hour, because noting it is a write."""
_BUSY_S = 1.0
_LOWER = 0.9
_MOST_ROUNDS = 8
_PORTION = 8
_SLACK_BYTES = 4 << 20
_DAMAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""The last one is what a file says that is a database, but not one of ours."""

_TABLES = """
CREATE TABLE IF NOT EXISTS piece (
    id INTEGER PRIMARY KEY, place BLOB NOT NULL, digest BLOB NOT NULL, value BLOB NOT NULL,
    used INTEGER NOT NULL, UNIQUE (place, digest)
);
CREATE INDEX IF NOT EXISTS piece_used ON piece (used);
CREATE TABLE IF NOT EXISTS alias (
    key BLOB PRIMARY KEY, place BLOB NOT NULL, digest BLOB NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alias_used ON alias (used);
"""
_FIND = """
SELECT piece.id, piece.place, piece.digest, piece.value, min(piece.used, alias.used)
FROM alias JOIN piece ON piece.place = alias.place AND piece.digest = alias.digest
WHERE alias.key = ?
"""
_FETCH = "SELECT id, place, digest, value, used FROM piece WHERE place = ? AND digest = ?"
_DIGESTS = "SELECT digest FROM piece WHERE place = ? ORDER BY used DESC, id DESC LIMIT ?"
_PUT = "INSERT OR REPLACE INTO piece (place, digest, value, used) VALUES (?, ?, ?, ?)"
_PUT_ALIAS = "INSERT OR REPLACE INTO alias (key, place, digest, used) VALUES (?, ?, ?, ?)"
_OLDEST = "SELECT used, id, length(value) FROM piece ORDER BY used, id"
_REMOVE_ORPHANS = """
DELETE FROM alias WHERE used = ? AND NOT EXISTS (
    SELECT 1 FROM piece WHERE piece.place = alias.place AND piece.digest = alias.digest
)
"""

_Row = tuple[int, bytes, bytes, bytes, int]


class Damaged(Exception):
    """This file is no database of ours, or no longer."""


class Result(NamedTuple):
    """What is to be kept; without *value* the result is there, and only its *key* is new."""

    key: bytes
    place: bytes
    digest: bytes
    value: bytes | None


class Usage(NamedTuple):
    """How much there is."""

    results: int
    bytes: int


class ResultTable:
    """The open file at *path*; *clock* gives seconds since 1970."""

    def __init__(self, path: str, max_bytes: int, clock: Callable[[], float]) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._stale: list[tuple[int, bytes | None]] = []
        self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        self._db.text_factory = bytes  # of which there is none, unless the file is damaged
        try:
            with _told_apart():
                self._page_bytes = self._prepare()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Write what is left to write, and let go of the file."""
        self._db.close()

    def find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values of those *keys* that are known."""
        found: dict[bytes, bytes] = {}
        with self._transaction("BEGIN"):
            for key in keys:
                row: _Row | None = self._db.execute(_FIND, (key,)).fetchone()
                if row is not None and (value := self._value_of(row, key)) is not None:
                    found[key] = value
        return found

    def fetch(self, place: bytes, digest: bytes) -> bytes | None:
        """Return the value for this content at this place, or None."""
        with self._transaction("BEGIN"):
            row: _Row | None = self._db.execute(_FETCH, (place, digest)).fetchone()
            return None if row is None else self._value_of(row, None)

    def digests(self, places: Iterable[bytes]) -> dict[bytes, list[bytes]]:
        """Return the contents for which there are values, the last used first, place by place."""
        found: dict[bytes, list[bytes]] = {}
        with self._transaction("BEGIN"):
            for place in places:
                if rows := self._db.execute(_DIGESTS, (place, _MOST_DIGESTS)).fetchall():
                    found[place] = [digest for (digest,) in rows]
        return found

    def put(self, results: Sequence[Result]) -> None:
        """Keep *results*, and make room for them; one that is too large for its share is not kept."""
        used = int(self._clock())
        pieces = [
            (place, digest, sealed, used)
            for _, place, digest, value in results
            if value is not None and (sealed := self._sealed(place, digest, value)) is not None
        ]
        with self._transaction("BEGIN IMMEDIATE"):
            self._db.executemany(_PUT, pieces)
            self._db.executemany(_PUT_ALIAS, [(r.key, r.place, r.digest, used) for r in results])
        self.trim()

    def note_use(self) -> None:
        """Write down what was used since this was last called."""
        stale, self._stale = self._stale, []
        if not stale:
            return
        used = int(self._clock())
        keys = [(used, key) for _, key in stale if key is not None]
        with self._transaction("BEGIN IMMEDIATE"):
            self._db.executemany(
                "UPDATE piece SET used = ? WHERE id = ?", [(used, i) for i, _ in stale]
            )
            self._db.executemany("UPDATE alias SET used = ? WHERE key = ?", keys)

    def trim(self) -> None:
        """Make room until there is a tenth to spare, if there is more than there may be."""
        with _told_apart():
            excess = self._bytes() - self._max_bytes
            for _ in range(_MOST_ROUNDS):  # pages come free only as a whole
                if excess <= 0:
                    break
                self._remove_oldest(excess + self._max_bytes * (1 - _LOWER))
                excess = self._bytes() - int(self._max_bytes * _LOWER)
            if self._number("page_count") * self._page_bytes > self._max_bytes + _SLACK_BYTES:
                # As a script: `execute` stops after its first step, which is one page.
                self._db.executescript("PRAGMA incremental_vacuum")

    def usage(self) -> Usage:
        """Count everything."""
        with _told_apart():
            (results,) = self._db.execute("SELECT count(*) FROM piece").fetchone()
            return Usage(results, self._bytes())

    # --- the file

    def _prepare(self) -> int:
        """Set everything up and return the size of a page."""
        for pragma in (
            "auto_vacuum = INCREMENTAL",  # counts only before there are tables
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "trusted_schema = OFF",
            "cell_size_check = ON",
            f"journal_size_limit = {_SLACK_BYTES}",
        ):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        self._db.executescript(_TABLES)
        page_bytes = self._number("page_size")
        most = (self._max_bytes + 2 * _SLACK_BYTES) // page_bytes
        self._db.execute(f"PRAGMA max_page_count = {most}").fetchall()
        return page_bytes

    def _number(self, pragma: str) -> int:
        (number,) = self._db.execute(f"PRAGMA {pragma}").fetchone()
        return int(number)

    def _bytes(self) -> int:
        """Return the size of the pages that hold something."""
        return (self._number("page_count") - self._number("freelist_count")) * self._page_bytes

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Generator[None]:
        with _told_apart():
            self._db.execute(begin)
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # which ends some transactions itself
                    self._db.execute("ROLLBACK")
                raise

    def _remove_oldest(self, excess: float) -> None:
        """Remove about so many bytes of results, and the keys that are as old."""
        last = (int(self._clock()), 0)  # if there are only keys
        with self._transaction("BEGIN IMMEDIATE"):
            for used, row, size in self._db.execute(_OLDEST):
                last, excess = (used, row), excess - size
                if excess <= 0:
                    break
            self._db.execute("DELETE FROM piece WHERE (used, id) <= (?, ?)", last)
            self._db.execute("DELETE FROM alias WHERE used < ?", last[:1])
            self._db.execute(_REMOVE_ORPHANS, last[:1])

    # --- values

    def _sealed(self, place: bytes, digest: bytes, value: bytes) -> bytes | None:
        packed = zlib.compress(value, _LEVEL)
        if len(packed) * _PORTION > self._max_bytes:
            return None
        return _check(place, digest, packed) + packed

    def _value_of(self, row: _Row, key: bytes | None) -> bytes | None:
        """Return what was sealed; what does not pass its check was never there."""
        number, place, digest, sealed, used = row
        try:
            check, packed = sealed[:_CHECK_BYTES], sealed[_CHECK_BYTES:]
            if check != _check(place, digest, packed):
                return None
            value = zlib.decompress(packed)
        except (TypeError, ValueError, zlib.error):  # of a damaged type, or of a damaged length
            return None
        if abs(int(self._clock()) - used) >= _USED_AGAIN_S:
            self._stale.append((number, key))
        return value


def _check(place: bytes, digest: bytes, packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_CHECK_BYTES, key=place + digest).digest()


@contextlib.contextmanager
def _told_apart() -> Generator[None]:
    """Tell a file that is damaged from one that cannot be used now."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGES:
            raise Damaged(str(error)) from error
        raise
    except (OverflowError, UnicodeDecodeError, TypeError) as error:  # values of another type
        raise Damaged(str(error)) from error
