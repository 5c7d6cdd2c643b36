"""A file's piece with what changed in it: rows, totals, and a line about the file."""

from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from protocol.hashing import blake2b
from protocol.tools.code_analyzed import AnalyzedFile
from protocol.tools.code_links import Change
from protocol.tools.files import Piece, Source
from workers.analyze.changes.matching import Known, match
from workers.analyze.changes.verdict import Measures, deltas, is_noticeable, verdict
from workers.analyze.measure import measure
from workers.analyze.model import FileMetrics, FunctionMetrics
from workers.analyze.parsed import Parsed, parsed
from workers.items import item

_SHORTEST_BODY = 40
"""A shorter body, in bytes without blanks, is shared by too many to know a function by."""

_encode = msgspec.json.Encoder().encode


def with_changes(
    piece: Piece, one: Parsed, metrics: FileMetrics, source: Source, before: bytes | None
) -> Piece:
    """Return *piece* of the later version with what changed since *before*, None if there was nothing.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    rows = list(_changes(one, metrics, before))
    counts: Counter[str] = Counter(row.status for row in rows)
    only_in = "before" if source.is_gone else "after" if before is None else None
    whole = msgspec.json.decode(piece.head, type=AnalyzedFile)
    slim = replace(whole, halstead=None, abc=None, documentation=None)
    file = replace(slim, change_count=len(rows), only_in=only_in)
    return replace(
        piece,
        text=_headline(file, counts, source),
        head=msgspec.Raw(_encode(file)),
        items=[item(_line(row), row, _rank(row, file)) for row in rows],
        totals=piece.totals
        | {"changes": len(rows), "better": counts["better"], "worse": counts["worse"]},
    )


def _changes(one: Parsed, metrics: FileMetrics, before: bytes | None) -> Iterator[Change]:
    """Yield those of the later version in document order, then what was removed."""
    if before == one.source.data:
        return
    past = parsed(one.path, one.language, before or b"", one.budget)
    old, new = measure(past).functions, metrics.functions
    found = match(_known(old, past.source.data), _known(new, one.source.data))
    partner = {after: old[number] for number, after in found.pairs}
    for number, each in enumerate(new):
        earlier = partner.get(number)
        if earlier is None:
            yield _change(each, "added", line=each.range.start_line, after=_measures(each))
            continue
        was, now = _measures(earlier), _measures(each)
        delta = deltas(was, now)
        if (status := verdict(delta)) is not None:
            line = each.range.start_line
            yield _change(each, status, line=line, before=was, after=now, delta=delta)
    for number in found.removed:
        each = old[number]
        yield _change(each, "removed", line=each.range.start_line, before=_measures(each))


def _change(each: FunctionMetrics, status: str, **said: object) -> Change:
    return msgspec.convert(
        {"qualified_name": each.qualified_name, "kind": each.kind, "status": status, **said}, Change
    )


def _measures(each: FunctionMetrics) -> Measures:
    return {
        "cyclomatic": each.cyclomatic,
        "cognitive": each.cognitive,
        "nesting": each.nesting,
        "parameters": each.parameters,
        "lines": each.lines.code,
        "maintainability": round(each.maintainability.index, 2),
    }


def _known(functions: list[FunctionMetrics], data: bytes) -> list[Known]:
    lines = data.split(b"\n")
    return [Known(each.qualified_name, _body(each, lines)) for each in functions]


def _body(each: FunctionMetrics, lines: list[bytes]) -> str | None:
    """Return what stands for the text of a function, whatever it is called and however it is indented."""
    place = each.range
    text = b"".join(b"".join(lines[place.start_line - 1 : place.end_line]).split())
    if len(text) < _SHORTEST_BODY:
        return None
    nameless = text.replace(each.name.encode(), b"\0") if each.name else text
    return blake2b(nameless, digest_size=16).hexdigest()


def _headline(file: AnalyzedFile, counts: Counter[str], source: Source) -> str:
    """Return the file's line: `a.py · python · was b.py · 2 worse · 1 added`."""
    parts = [file.path or "snippet", file.language]
    if file.only_in is not None:
        parts.append("gone" if file.only_in == "before" else "new")
    if source.before is not None and source.before_path is not None:
        parts.append(f"was {source.before_path}")
    order = ("worse", "mixed", "better", "changed", "added", "removed")
    parts += [f"{counts[status]:,} {status}" for status in order if counts[status]]
    return " · ".join(parts)


def _rank(row: Change, file: AnalyzedFile) -> int:
    """What became better or worse matters most; that a new file has functions goes without saying."""
    if row.status in {"better", "worse", "mixed"}:
        return 0
    return 1 if file.only_in is None else 2


def _line(row: Change) -> str:
    """Return one function: `  worse 12 App.start · cyclomatic 4 → 7 · lines 20 → 31`."""
    if row.before is not None and row.after is not None:
        shown = (name for name, value in row.delta.items() if is_noticeable(name, value))
        numbers = [f"{name} {row.before[name]:.0f} → {row.after[name]:.0f}" for name in shown]
    else:
        measures = row.after or row.before or {}
        numbers = [f"{name} {measures[name]:g}" for name in ("cyclomatic", "cognitive", "lines")]
    return " · ".join([f"  {row.status} {row.line} {row.qualified_name}", *numbers])
