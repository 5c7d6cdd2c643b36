"""How the results of many sources become one answer: totals over all, and one page of rows.

Rule 1: pure, and fed in listing order; what the page does not show is dropped as soon as it is counted.
Rule 2: encoded pieces stay encoded: rows and files are spliced, not decoded (but see `page`).
Rule 3: neither form of an answer has more characters than the caller allowed; counts come first.
"""

import heapq
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from coordinator.runs.page import Limits, page
from coordinator.runs.shortfall import MOST_FAILURES, Shortfall
from coordinator.versions import Remarks
from protocol.errors import CallRefused
from protocol.tools.contract import FilePlan
from protocol.tools.files import Combined, FileFailure, Piece

__all__ = ["MOST_FAILURES", "Bounds", "Cursor", "Merge", "Merged", "read_cursor"]

_MOST_NEAR = 5
_MOST_NEAR_CHARACTERS = 60
_MOST_LANGUAGES = 20
_RESERVED = 1_300
"""Characters kept for the counts and the hint."""

_FAILURES_SHARE = 8
"""One part in so many is kept for sources that have no result; they get more if there is more."""

_CURSOR = re.compile(r"row-(?P<row>[0-9]{1,12})(?:-(?P<digest>[0-9a-f]{8}))?", re.ASCII)


class Merged(msgspec.Struct, frozen=True):
    """One answer: *text* for a model, *structured* as encoded JSON for programs.

    *cacheable* says that the same question may be given this answer again.
    """

    text: str
    structured: bytes
    cacheable: bool = False


class Cursor(NamedTuple):
    """Where a page begins: its first row, and a checksum of the files before it, if one was given."""

    row: int = 0
    digest: int | None = None


class Bounds(NamedTuple):
    """What the caller wants to see: where to begin, and how much at most."""

    cursor: Cursor = Cursor()
    limit: int = 100
    max_chars: int = 40_000


def read_cursor(cursor: str | None) -> Cursor:
    """Return where the page begins that *cursor* asks for.

    Raises:
        CallRefused: this is not a cursor that we gave.
    """
    if cursor is None:
        return Cursor()
    if match := _CURSOR.fullmatch(cursor):
        digest = match["digest"]
        return Cursor(int(match["row"]), None if digest is None else int(digest, 16))
    raise CallRefused(
        "invalid_arguments",
        f"`cursor`: expected the `next_cursor` of an earlier answer, such as row-100, got {cursor[:40]!r}.",
    )


class Merge:
    """Takes pieces in order and makes one answer of them."""

    def __init__(self, plan: FilePlan, totals: tuple[str, ...], bounds: Bounds) -> None:
        self._plan = plan
        self._totals = dict.fromkeys(plan.totals or totals, 0)
        self._cursor, limit, self._max_chars = bounds
        room = self._max_chars - _RESERVED - self._max_chars // _FAILURES_SHARE
        self._page = page(plan.view, Limits(self._cursor.row, limit, room), plan.items_field)
        self._all_settled = True
        self._is_cut = False
        self._parsed = 0
        self._cached = 0
        self._languages: Counter[str] = Counter()
        self._near: dict[str, float] = {}
        self._combined = Combined()
        self._remarks = Remarks()
        self._skipped = Shortfall("skipped")
        self._failed = Shortfall("failed")

    def add(self, piece: Piece, *, cached: bool = False) -> None:
        """Take the next source's result."""
        if piece.outcome != "ok":
            self.add_failure(piece.path, piece.code or "internal", piece.message, piece.outcome)
            return
        self._parsed += 1
        self._cached += cached
        self._all_settled &= piece.settled
        self._is_cut |= piece.cut
        self._languages[piece.language or "unknown"] += 1
        for name, count in piece.totals.items():
            self._totals[name] = self._totals.get(name, 0) + count
        self._note_near(piece.near)
        counted = self._plan.counted
        if self._plan.combine is None and (counted is None or piece.totals.get(counted)):
            self._page.offer(piece)

    def add_combined(self, combined: Combined) -> None:
        """Take the rows that the facts of all sources make."""
        self._combined = combined
        self._is_cut |= combined.cut
        for row in combined.rows:
            self._page.offer(Piece(text=row.text, head=row.data))

    def remark(self, remarks: Remarks) -> None:
        """Say what the sources were compared with, or how their commits were counted."""
        self._remarks = remarks
        if remarks.unchanged is not None:
            self._totals["unchanged"] = remarks.unchanged

    def has_result(self) -> bool:
        """Tell whether any source has one."""
        return self._parsed > 0

    def add_failure(
        self, path: str | None, code: str, message: str, outcome: str = "failed"
    ) -> None:
        """Take a source that has no result."""
        shortfall = self._failed if outcome == "failed" else self._skipped
        shortfall.add(path, code, message)

    def why_nothing(self) -> FileFailure | None:
        """Return why there is no result at all; files left out on purpose are an answer.

        That the question fits no file's language is no answer.
        """
        return None if self._parsed else self._failed.first() or self._skipped.why_unfit()

    def why_not_the_one(self) -> FileFailure | None:
        """Return why the only source was not parsed, whether it failed or was left out."""
        return self._failed.first() or self._skipped.first()

    def finish(self, keep: Callable[[], str | None] | None = None) -> Merged:
        """Return the answer; *keep* makes what does not fit readable elsewhere, and says where."""
        self._page.finish()
        more = max(0, self._page.rows - self._page.end)
        before_start, before_end = self._page.digests()
        is_stale = self._cursor.digest not in (None, before_start)
        cursor = f"row-{self._page.end}-{before_end:08x}" if more else None
        hints = self._hints(more, cursor, is_stale=is_stale)
        uri = keep() if keep and (more or self._page.is_cut or self._page.left_out) else None
        if uri is not None:
            hints.append(f"… all of it: resource {uri}")
        is_complete = cursor is None and not (
            self._failed.count or self._cursor.row or self._is_cut or is_stale
        )
        is_complete = is_complete and not (self._page.is_cut or self._page.left_out)
        return Merged(
            text=self._text(hints),
            structured=self._structured(cursor, hints, uri, is_complete=is_complete),
            cacheable=self._is_single() and self._all_settled,
        )

    def _note_near(self, near: dict[str, float]) -> None:
        if near:
            known = self._near | near
            best = heapq.nlargest(_MOST_NEAR, known.items(), key=lambda each: (each[1], each[0]))
            self._near = dict(best)

    def _structured(
        self, cursor: str | None, hints: list[str], uri: str | None, *, is_complete: bool
    ) -> bytes:
        files = b",".join(self._page.files)
        failed, room = self._failed.entries(self._max_chars - _RESERVED - len(files))
        skipped, _ = self._skipped.entries(room)
        rest: dict[str, object] = {
            "skipped": skipped,
            "failed": failed,
            "complete": is_complete,
            "hint": " ".join(hints) or None,
            "next_cursor": cursor,
        }
        if uri is not None:
            rest["result_uri"] = uri
        if self._plan.combine is not None or self._remarks.revision:
            rest["overview"] = self._overview()
        return b'{"totals":%b,"%b":[%b],%b' % (
            msgspec.json.encode(self._all_totals()),
            self._plan.files_field.encode(),
            files,
            msgspec.json.encode(rest)[1:],
        )

    def _overview(self) -> msgspec.Raw:
        """Return what the combining job said of all files, and of which commit it is."""
        revision, notes = self._remarks.revision, self._remarks.notes
        if not revision and not notes:
            return self._combined.overview
        known: dict[str, Any] = msgspec.json.decode(self._combined.overview) or {}
        known["notes"] = [*known.get("notes", ()), *notes]
        return msgspec.Raw(msgspec.json.encode(known | {"revision": revision}))

    def _all_totals(self) -> dict[str, object]:
        return {
            "files": self._parsed,
            "skipped": self._skipped.count,
            "failed": self._failed.count,
            "cached": self._cached,
            **self._totals,
            "languages": dict(self._languages.most_common(_MOST_LANGUAGES)),
        }

    def _text(self, hints: list[str]) -> str:
        is_plain = self._is_single() and self._plan.counted is None and not self._plan.combine
        parts = [] if is_plain else [self._headline()]
        parts += filter(None, [self._remarks.text])
        if self._plan.heading:
            parts += ["", self._plan.heading]
        parts += filter(None, [self._combined.text])
        parts += self._page.texts
        room = self._max_chars - _RESERVED - sum(len(text) + 1 for text in self._page.texts)
        notes = self._failed.lines(room // 2) + self._skipped.lines(room // 2) + hints
        notes += self._remarks.notes
        if self._plan.markdown:
            notes = [f"- {note}" for note in notes]
            return "\n".join([*parts, *([""] if notes else []), *notes]).strip()
        return "\n".join([*parts, *notes])

    def _hints(self, more: int, cursor: str | None, *, is_stale: bool) -> list[str]:
        """Say what was left out, and how to get at it."""
        hints: list[str] = []
        if is_stale:
            hints.append("… the cursor is of another question, or files have changed: begin anew")
        if not self._page.rows and self._plan.counted is not None:
            near = ", ".join(name[:_MOST_NEAR_CHARACTERS] for name in self._near)
            instead = f"nearest: {near}" if near else self._plan.instead
            hints.append(f"nothing found; {instead}".rstrip("; "))
        if self._page.left_out:
            depth = "" if self._plan.before else " or depth"
            hints.append(
                f"… {self._page.left_out:,} lesser lines left out: narrow with paths{depth}"
            )
        if self._is_cut or self._page.is_cut:
            hints.append(f"… some rows were cut: narrow with {self._plan.narrow}")
        if cursor is not None:
            hints.append(
                f"… {more:,} more {self._plan.noun}: pass cursor={cursor}, or narrow with {self._plan.narrow}"
            )
        return hints

    def _is_single(self) -> bool:
        return self._parsed == 1 and not self._skipped.count and not self._failed.count

    def _headline(self) -> str:
        common = self._languages.most_common(_MOST_LANGUAGES)
        languages = ", ".join(f"{name} {count}" for name, count in common)
        counts = [
            _counted(name, count) for name, count in self._totals.items() if name in _HEADLINE
        ]
        files = f"{self._parsed} file{'' if self._parsed == 1 else 's'}"
        return " · ".join(part for part in (files, languages, *counts) if part)


_HEADLINE = {
    "lines": "line",
    "symbols": "symbol",
    "imports": "import",
    "functions": "function",
    "errors": "error",
    "matches": "match",
    "findings": "finding",
    "changes": "change",
    "better": "better",
    "worse": "worse",
}
"""Totals that the first line of a text has, and what one of them is called."""


def _counted(name: str, count: int) -> str:
    return f"{count:,} {_HEADLINE[name] if count == 1 else name}"
