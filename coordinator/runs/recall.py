"""What is known of a run's sources from before: from memory at once, from the disk a moment later.

Rule 1: of every source that is asked about the run hears once: `known` or `unknown`, in the order of asking
as far as it can be told by.
Rule 2: the disk is asked for many sources at a time: whoever has asked for the last of them calls `send`.
Rule 3: what a worker finds to be unchanged is not in its answer: it is fetched, or the worker is asked again.
"""

import weakref
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import msgspec

from cache.known import Finding, Known, ResultStore, Wanted
from cache.l1 import L1
from protocol.tools.files import Piece, Source

_piece_decoder = msgspec.json.Decoder(Piece)


class Run(Protocol):
    """The run that asks. Sources are known by their number in listing order."""

    def key_of(self, source: Source) -> bytes:
        """Return what the source's result is known by."""
        ...

    def known(self, index: int, piece: Piece) -> None:
        """Take the result that a source had before."""

    def unknown(self, index: int, size: int, digests: Sequence[str] | None) -> None:
        """Work on a source; there are results for contents with these *digests*, None if none are kept."""

    def recalled(self) -> None:
        """Go on: nothing more is told for now."""


class Recall:
    """What one run asks of the cache and of the store, if there is one."""

    def __init__(self, cache: L1, store: ResultStore | None, run: Run) -> None:
        self._cache = cache
        self._store = store
        # Weak, as the run has us: else every run would be left to the collector, a tenth of a call's time.
        self._run: Run = weakref.proxy(run)
        self._asked: list[tuple[int, int, Wanted]] = []
        self._keys: dict[int, bytes] = {}
        self._waiting = 0
        self._closed = False

    def is_waiting(self) -> bool:
        """Tell whether the run will hear more."""
        return self._waiting > 0

    def close(self) -> None:
        """Tell the run no more."""
        self._closed = True

    def ask(self, index: int, source: Source, size: int) -> None:
        """Ask for the result of one source."""
        if not source.fingerprint:
            self._run.unknown(index, size, None)
            return
        key = self._run.key_of(source)
        if (piece := _decoded(self._cache.get(key))) is not None:
            self._run.known(index, piece)
            return
        self._keys[index] = key  # a tenth of what a file takes here: it is not made twice
        if self._store is None:
            self._run.unknown(index, size, None)
        else:
            self._asked.append((index, size, self._wanted(source, key)))

    def send(self) -> None:
        """Ask the store for all that memory does not know."""
        asked, self._asked = self._asked, []
        if not asked:
            return
        assert self._store is not None
        self._waiting += 1
        wanted = [one for *_, one in asked]
        if not self._store.find(wanted, partial(self._found, asked)):
            self._waiting -= 1
            for index, size, _ in asked:
                self._run.unknown(index, size, None)

    def keep(self, index: int, source: Source, piece: Piece, encoded: bytes) -> None:
        """Remember a new result, as far as the file's fingerprint can stand for it.

        What is left out for its content too: in an npm tree with 2,353 generated headers that is a third
        of what it takes to answer for the same tree again.
        """
        if not source.fingerprint or not piece.settled or piece.outcome == "failed":
            return
        key = self._keys.pop(index, None) or self._run.key_of(source)
        self._cache.put(key, encoded, None)
        if self._store is not None and piece.digest:
            digest = bytes.fromhex(piece.digest)
            self._store.keep(Finding(self._wanted(source, key), digest, encoded))

    def fetch(self, index: int, source: Source, seen: Piece) -> None:
        """Get the result of a source whose content a worker has *seen* to be as it was."""
        key = self._run.key_of(source)
        wanted, digest = self._wanted(source, key), bytes.fromhex(seen.digest)
        self._waiting += 1
        then = partial(self._fetched, index, seen, Finding(wanted, digest, None))
        if self._store is None or not self._store.fetch(wanted.place, digest, then):
            self._waiting -= 1
            self._run.unknown(index, 0, [])

    # --- what the store says

    def _found(self, asked: Sequence[tuple[int, int, Wanted]], found: Sequence[Known]) -> None:
        self._waiting -= 1
        if self._closed:
            return
        for (index, size, wanted), known in zip(asked, found, strict=True):
            if known.value is not None and (piece := _decoded(known.value)) is not None:
                self._cache.put(wanted.key, known.value, None)
                self._run.known(index, piece)
            else:
                self._run.unknown(index, size, [digest.hex() for digest in known.digests])
        self._run.recalled()

    def _fetched(self, index: int, seen: Piece, finding: Finding, value: bytes | None) -> None:
        self._waiting -= 1
        if self._closed:
            return
        piece = _decoded(value)
        if value is None or piece is None:  # it had to make room meanwhile
            self._run.unknown(index, 0, [])
        else:
            if seen.settled:
                self._cache.put(finding.wanted.key, value, None)
                assert self._store is not None
                self._store.keep(finding)
            self._run.known(index, msgspec.structs.replace(piece, settled=seen.settled))
        self._run.recalled()

    def _wanted(self, source: Source, key: bytes) -> Wanted:
        return Wanted(key, self._run.key_of(msgspec.structs.replace(source, fingerprint="")))


def _decoded(encoded: bytes | None) -> Piece | None:
    """Read what was kept; what cannot be read was not."""
    if encoded is None:
        return None
    try:
        return _piece_decoder.decode(encoded)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
