"""The call graph of the given files: who calls whom, how often, and how sure that is.

Rule 1: rows are the calls of given functions, resolved or by a name that only one of them has. Calls of
libraries, and of names that several have, are counted in the notes: there are many, and they say little.
Rule 2: only if no call stays within the files are those of others shown.
"""

from collections import Counter
from collections.abc import Callable

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_links import CallEdge, Overview
from protocol.tools.files import Combined, Facts
from workers.analyze.combining import combined, stopper
from workers.analyze.graph.call_facts import Called, FileCalls, file_calls
from workers.analyze.graph.call_graph import Graph
from workers.analyze.graph.definitions import CallFile
from workers.analyze.graph.paths import files_said
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext

_MOST_ROWS = 20_000
_MOST_SAID = 8
_MODULE = "<module>"

_decode = msgspec.json.Decoder(FileCalls).decode


def facts(one: Parsed, metrics: FileMetrics | None, options: Options) -> FileCalls:
    """Return the calls of one file."""
    del metrics, options
    return file_calls(one)


def combine(files: list[Facts], options: Options, context: JobContext) -> Combined:
    """Return who calls whom, in the order of the files and of the first calls in them."""
    del options
    known = [CallFile(file.path or "", file.language or "", _decode(file.facts)) for file in files]
    found = _edges(known, stopper(context))
    inside = [row for row in found if row.callee_line is not None]
    outside = [row for row in found if row.callee_line is None]
    left_out: Counter[str] = Counter()
    for row in outside:
        left_out[row.certainty] += row.count
    rows = inside or [row for row in outside if row.callee]
    overview = Overview(
        edges=len(rows),
        resolved=sum(row.certainty == "resolved" for row in rows),
        notes=_notes(known, left_out, is_shown=not inside),
    )
    text = _text(inside, known, left_out)
    return combined(rows, _line, _MOST_ROWS, text=text, overview=overview)


def _edges(known: list[CallFile], check: Callable[[], None]) -> list[CallEdge]:
    """Return one edge for each caller and callee, in order."""
    graph = Graph(known)
    rows: list[CallEdge] = []
    for number, file in enumerate(known):
        check()
        edges: dict[tuple[str, str, str | None, int | None, str], CallEdge] = {}
        for call in file.found.calls:
            edge = _edge(known, number, call, graph)
            key = (edge.caller, edge.callee, edge.callee_path, edge.callee_line, edge.certainty)
            before = edges.get(key)
            edges[key] = edge if before is None else _added(before, edge)
        rows += sorted(edges.values(), key=lambda each: each.line)
    return rows


def _edge(known: list[CallFile], number: int, call: Called, graph: Graph) -> CallEdge:
    path, _, found = known[number]
    certainty, place = graph.resolve(number, call.caller, call.target)
    caller = found.defined[call.caller].name if call.caller >= 0 else _MODULE
    if place is None:
        return CallEdge(
            caller=caller,
            caller_path=path or None,
            line=call.line,
            callee=_written(call.target),
            count=call.count,
            certainty=certainty,
        )
    file = known[place.file]
    defined = file.found.defined[place.number]
    return CallEdge(
        caller=caller,
        caller_path=path or None,
        line=call.line,
        callee=defined.name,
        callee_path=file.path or None,
        callee_line=defined.line,
        count=call.count,
        certainty=certainty,
    )


def _written(target: str) -> str:
    """Return what is called as it can be read."""
    return target.replace("@.", "self.").replace("^.", "super.").replace("#", ".").lstrip(".")


def _added(one: CallEdge, other: CallEdge) -> CallEdge:
    line, count = min(one.line, other.line), one.count + other.count
    return msgspec.structs.replace(one, line=line, count=count)


def _notes(known: list[CallFile], left_out: Counter[str], *, is_shown: bool) -> list[str]:
    notes: list[str] = []
    if left_out and not is_shown:
        notes.append(
            f"Left out: {left_out['external']:,} calls of what is none of the given files, and "
            f"{left_out['unknown']:,} of methods whose name several have."
        )
    notes.append("Calls through values of unknown type are found by name only, callbacks are not.")
    if any(found.cut for _, _, found in known):
        notes.append("Some files have more calls or definitions than are looked at.")
    return notes


def _line(row: CallEdge) -> str:
    """Return one row: `a.py:12 f -> b.py:3 g (2 calls)`."""
    where = f"{row.callee_path or 'snippet'}:{row.callee_line} " if row.callee_line else ""
    count = f" ({row.count} calls)" if row.count > 1 else ""
    sure = {"resolved": "", "name": " by name"}.get(row.certainty, f" {row.certainty}")
    return f"{row.caller_path or 'snippet'}:{row.line} {row.caller} -> {where}{row.callee}{count}{sure}"


def _text(rows: list[CallEdge], known: list[CallFile], left_out: Counter[str]) -> str:
    """Say how much there is, and what most functions call."""
    definitions = sum(len(found.defined) for _, _, found in known)
    by_name = sum(row.certainty == "name" for row in rows)
    lines = [
        (
            f"{len(rows):,} calls between {definitions:,} definitions in {files_said(len(known))} "
            f"({by_name:,} of them by name only); {sum(left_out.values()):,} calls of others."
        )
    ]
    counts = Counter((row.callee, row.callee_path or "snippet", row.callee_line) for row in rows)
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0][1], each[0][0]))[:_MOST_SAID]
    if most:
        said = ", ".join(f"{name} ({path}:{line}, {count})" for (name, path, line), count in most)
        lines.append(f"called by most functions: {said}")
    return "\n".join(lines)
