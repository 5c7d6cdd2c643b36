"""The call graph of the given files: who calls whom, how often, and how sure that is.

Rule 1: rows are the calls of given functions, resolved or by a name that only one of them has. Calls of
libraries, and of names that several have, are counted in the notes: there are many, and they say little.
Rule 2: only if no call stays within the files are those of others shown.
"""

from collections import Counter

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_links import CallEdge, Overview
from protocol.tools.files import Combined, Facts, Item
from workers.analyze.graph.call_facts import FileCalls, file_calls
from workers.analyze.graph.call_graph import Answer, Graph
from workers.analyze.graph.imports import stopper
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext

_MOST_ROWS = 20_000
_MOST_SAID = 8
_MODULE = "<module>"

_decode = msgspec.json.Decoder(FileCalls).decode
_encode = msgspec.json.Encoder().encode


def facts(one: Parsed, metrics: FileMetrics | None, options: Options) -> FileCalls:
    """Return the calls of one file."""
    del metrics, options
    return file_calls(one)


def combine(files: list[Facts], options: Options, context: JobContext) -> Combined:
    """Return who calls whom, in the order of the files and of the first calls in them."""
    del options
    check = stopper(context)
    known = [(file.path or "", file.language or "", _decode(file.facts)) for file in files]
    graph = Graph(known)
    inside: list[CallEdge] = []
    outside: list[CallEdge] = []
    left_out: Counter[str] = Counter()
    for number, (path, _, found) in enumerate(known):
        check()
        edges: dict[tuple[object, ...], CallEdge] = {}
        for call in found.calls:
            answer = graph.resolve(number, call.caller, call.target)
            caller = found.defined[call.caller].name if call.caller >= 0 else _MODULE
            edge = _edge(path, caller, call.line, call.count, call.target, answer, graph, known)
            key = (edge.caller, edge.callee, edge.callee_path, edge.callee_line, edge.certainty)
            before = edges.get(key)
            edges[key] = edge if before is None else _added(before, edge)
        for edge in sorted(edges.values(), key=lambda each: each.line):
            if edge.callee_path is not None or edge.callee_line is not None:
                inside.append(edge)
            else:
                left_out[edge.certainty] += edge.count
                if edge.callee:
                    outside.append(edge)
    rows = inside or outside
    overview = Overview(
        edges=len(rows),
        resolved=sum(row.certainty == "resolved" for row in rows),
        notes=_notes(known, left_out, is_shown=not inside),
    )
    return Combined(
        text=_text(inside, known, left_out),
        rows=[Item(_line(row), msgspec.Raw(_encode(row))) for row in rows[:_MOST_ROWS]],
        overview=msgspec.Raw(_encode(overview)),
        cut=len(rows) > _MOST_ROWS,
    )


def _edge(  # noqa: PLR0913, PLR0917 - one row has as many parts
    path: str,
    caller: str,
    line: int,
    count: int,
    target: str,
    answer: Answer,
    graph: Graph,
    known: list[tuple[str, str, FileCalls]],
) -> CallEdge:
    place = answer.place
    defined = None if place is None else graph.defined(place)
    return CallEdge(
        caller=caller,
        caller_path=path or None,
        line=line,
        callee=_written(target) if defined is None else defined.name,
        callee_path=None if place is None else known[place.file][0] or None,
        callee_line=None if defined is None else defined.line,
        count=count,
        certainty=answer.certainty,
    )


def _written(target: str) -> str:
    """Return what is called as it can be read."""
    return target.replace("@.", "self.").replace("^.", "super.").replace("#", ".").lstrip(".")


def _added(one: CallEdge, other: CallEdge) -> CallEdge:
    line, count = min(one.line, other.line), one.count + other.count
    return msgspec.structs.replace(one, line=line, count=count)


def _notes(
    known: list[tuple[str, str, FileCalls]], left_out: Counter[str], *, is_shown: bool
) -> list[str]:
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


def _text(
    rows: list[CallEdge], known: list[tuple[str, str, FileCalls]], left_out: Counter[str]
) -> str:
    """Say how much there is, and what most functions call."""
    definitions = sum(len(found.defined) for _, _, found in known)
    by_name = sum(row.certainty == "name" for row in rows)
    lines = [
        (
            f"{len(rows):,} calls between {definitions:,} definitions in {len(known):,} files "
            f"({by_name:,} of them by name only); {sum(left_out.values()):,} calls of others."
        )
    ]
    counts = Counter((row.callee, row.callee_path or "snippet", row.callee_line) for row in rows)
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0][1], each[0][0]))[:_MOST_SAID]
    if most:
        said = ", ".join(f"{name} ({path}:{line}, {count})" for (name, path, line), count in most)
        lines.append(f"called by most functions: {said}")
    return "\n".join(lines)
