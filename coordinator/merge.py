"""How the results of many sources become one answer: totals over all, and one page of rows.

Rule 1: pure, and fed in listing order; what the page does not show is dropped as soon as it is counted.
Rule 2: encoded pieces stay encoded: rows and files are spliced, never decoded.
"""

import re
from collections import Counter

import msgspec

from protocol.errors import CallRefused, sentence
from protocol.tools.files import FileFailure, Piece

MOST_FAILURES = 50
"""How many skipped and failed sources an answer names; the totals count all."""

_MOST_FAILURES_IN_TEXT = 5
_LONGEST_PATH = 4096
_CURSOR = re.compile(r"row-([0-9]{1,12})")


class Merged(msgspec.Struct, frozen=True):
    """One answer: *text* for a model, *structured* as encoded JSON for programs.

    *cacheable* says that the same question may be given this answer again.
    """

    text: str
    structured: bytes
    cacheable: bool = False


def read_cursor(cursor: str | None) -> int:
    """Return the number of the first row that *cursor* asks for.

    Raises:
        CallRefused: this is not a cursor that we gave.
    """
    if cursor is None:
        return 0
    if match := _CURSOR.fullmatch(cursor):
        return int(match[1])
    raise CallRefused(
        "invalid_arguments",
        f"`cursor`: expected the `next_cursor` of an earlier answer, such as row-100, got {cursor[:40]!r}.",
    )


class Merge:
    """Takes pieces in order and makes one answer of them. A file counts as one row if it has none."""

    def __init__(
        self, *, totals: tuple[str, ...], items_field: str | None, noun: str, start: int, limit: int
    ) -> None:
        self._totals = dict.fromkeys(totals, 0)
        self._items_field = items_field
        self._noun = noun
        self._start = start
        self._end = start + limit
        self._rows = 0
        self._all_settled = True
        self._is_cut = False
        self._parsed = 0
        self._cached = 0
        self._skipped = 0
        self._failed = 0
        self._languages: Counter[str] = Counter()
        self._files: list[bytes] = []
        self._texts: list[str] = []
        self._skips: list[FileFailure] = []
        self._failures: list[FileFailure] = []

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
        first, self._rows = self._rows, self._rows + max(1, len(piece.items))
        if first < self._end and self._rows > self._start:
            self._show(piece, max(0, self._start - first), self._end - first)

    def add_failure(
        self, path: str | None, code: str, message: str, outcome: str = "failed"
    ) -> None:
        """Take a source that has no result."""
        named = path if path is None else path[:_LONGEST_PATH]
        shown, failure = self._skips, FileFailure(path=named, code=code, message=sentence(message))
        if outcome == "failed":
            shown = self._failures
            self._failed += 1
        else:
            self._skipped += 1
        if len(shown) < MOST_FAILURES:
            shown.append(failure)

    def why_nothing(self) -> FileFailure | None:
        """Return the first failure if there is nothing else; files left out on purpose are an answer."""
        return self._failures[0] if self._failures and not self._parsed else None

    def why_not_the_one(self) -> FileFailure | None:
        """Return why the only source was not parsed, whether it failed or was left out."""
        return next(iter(self._failures + self._skips), None)

    def finish(self) -> Merged:
        """Return the answer."""
        more = max(0, self._rows - self._end)
        cursor = f"row-{self._end}" if more else None
        return Merged(
            text=self._text(more, cursor),
            structured=self._structured(cursor),
            cacheable=self._is_single() and self._all_settled,
        )

    def _show(self, piece: Piece, start: int, end: int) -> None:
        items = piece.items[start:end]
        self._files.append(
            _splice(bytes(piece.head), self._items_field, [bytes(i.data) for i in items])
        )
        self._texts.append("\n".join([piece.text, *(item.text for item in items)]))

    def _structured(self, cursor: str | None) -> bytes:
        rest = {
            "skipped": self._skips,
            "failed": self._failures,
            "complete": self._is_complete(cursor),
            "next_cursor": cursor,
        }
        return b'{"totals":%b,"files":[%b],%b' % (
            msgspec.json.encode(self._all_totals()),
            b",".join(self._files),
            msgspec.json.encode(rest)[1:],
        )

    def _is_complete(self, cursor: str | None) -> bool:
        return cursor is None and not (self._failed or self._start or self._is_cut)

    def _all_totals(self) -> dict[str, object]:
        return {
            "files": self._parsed,
            "skipped": self._skipped,
            "failed": self._failed,
            "cached": self._cached,
            **self._totals,
            "languages": dict(self._languages.most_common()),
        }

    def _text(self, more: int, cursor: str | None) -> str:
        parts = [] if self._is_single() else [self._headline()]
        parts += self._texts
        parts += _failure_lines("failed", self._failures, self._failed)
        parts += _failure_lines("skipped", self._skips, self._skipped)
        if cursor is not None:
            parts.append(
                f"… {more} more {self._noun}: pass cursor={cursor}, or narrow with paths or detail=summary"
            )
        return "\n".join(parts)

    def _is_single(self) -> bool:
        return self._parsed == 1 and not self._skipped and not self._failed

    def _headline(self) -> str:
        languages = ", ".join(f"{name} {count}" for name, count in self._languages.most_common())
        counts = [f"{self._totals[name]} {name}" for name in self._totals if name in _HEADLINE]
        files = f"{self._parsed} file{'' if self._parsed == 1 else 's'}"
        return " · ".join(part for part in (files, languages, *counts) if part)


_HEADLINE = {"lines", "symbols", "imports", "errors"}


def _splice(head: bytes, field: str | None, rows: list[bytes]) -> bytes:
    if field is None or not rows:
        return head
    return b'%b,"%b":[%b]}' % (head[:-1], field.encode(), b",".join(rows))


def _failure_lines(what: str, failures: list[FileFailure], count: int) -> list[str]:
    lines = [
        f"{what}: {failure.path or 'snippet'}: {failure.message}"
        for failure in failures[:_MOST_FAILURES_IN_TEXT]
    ]
    if count > len(lines):
        lines.append(f"{what}: … and {count - len(lines)} more")
    return lines
