"""The import graph: who imports whom, which of it is among the files, and where it runs in rings.

Rule 1: an edge leads to a file, or, where imports mean packages, to a folder.
Rule 2: rings are of imports that run when their file does: not of those in functions of Python and
JavaScript, nor of those for types only, nor of Rust's `mod`.
"""

import posixpath
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_links import ImportEdge, Overview
from protocol.tools.files import Combined, Facts
from workers.analyze.combining import combined, stopper
from workers.analyze.graph.cycles import components, shortest_ring
from workers.analyze.graph.import_facts import (
    AT_START,
    LATER,
    FileImports,
    Imported,
    file_imports,
)
from workers.analyze.graph.paths import Paths, files_said
from workers.analyze.graph.resolve import Source, Target, resolver
from workers.analyze.graph.resolve_go_rust import RustCrates
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext

_MOST_ROWS = 20_000
_MOST_CYCLES = 50
_MOST_SAID = 8
_BY_FOLDER = frozenset({"go"})

_decode = msgspec.json.Decoder(FileImports).decode


class _Edge(NamedTuple):
    source: Source
    imported: Imported
    target: Target
    is_part: bool = False


def facts(one: Parsed, metrics: FileMetrics | None, options: Options) -> FileImports:
    """Return what one file imports."""
    del metrics, options
    return file_imports(one)


def combine(files: list[Facts], options: Options, context: JobContext) -> Combined:
    """Return an edge for each import: first those that lead to given files, in the order of the files."""
    del options
    sources = [Source(file.path or "", file.language or "", _decode(file.facts)) for file in files]
    edges = _edges(sources, stopper(context))
    rings, in_ring = _rings(edges, stopper(context))
    found = [_row(edge, in_ring) for edge in edges]
    rows = sorted(found, key=lambda row: row.target is None)
    overview = Overview(
        edges=len(rows),
        resolved=sum(row.target is not None for row in found),
        cycles=[ring for ring, _ in rings[:_MOST_CYCLES]],
        cycle_count=len(rings),
        notes=_notes(edges),
    )
    text = _text(found, rings, len(sources))
    return combined(rows, _line, _MOST_ROWS, text=text, overview=overview)


def _edges(sources: list[Source], check: Callable[[], None]) -> list[_Edge]:
    resolve = resolver(sources)
    crates = RustCrates(Paths(each.path for each in sources))
    edges: list[_Edge] = []
    for source in sources:
        check()
        for part in source.imports.parts:
            target = Target(part.module, crates.part(source.path, part.module))
            edges.append(_Edge(source, part, target, is_part=True))
        for imported in source.imports.imports:
            edges += [_Edge(source, imported, target) for target in resolve(source, imported)]
    return edges


def _node(source: Source) -> str:
    """Return what imports: the file, or the folder where packages are folders."""
    return posixpath.dirname(source.path) or "." if source.language in _BY_FOLDER else source.path


def _is_at_start(edge: _Edge) -> bool:
    return edge.imported.when == AT_START and not edge.is_part and edge.target.path is not None


def _rings(
    edges: list[_Edge], check: Callable[[], None]
) -> tuple[list[tuple[list[str], int]], dict[str, int]]:
    """Return the shortest ring of each component with its size, and the component of each of its nodes."""
    linked = [
        (_node(edge.source), edge.target.path)
        for edge in edges
        if edge.target.path is not None and _is_at_start(edge)
    ]
    names = sorted({name for link in linked for name in link})
    numbers = {name: number for number, name in enumerate(names)}
    ends: dict[int, set[int]] = {number: set() for number in range(len(names))}
    for start, end in linked:
        ends[numbers[start]].add(numbers[end])
    graph = {number: sorted(found) for number, found in ends.items()}
    rings: list[tuple[list[str], int]] = []
    in_ring: dict[str, int] = {}
    for number, members in enumerate(components(graph, check)):
        check()
        rings.append(([names[each] for each in shortest_ring(graph, members)], len(members)))
        in_ring.update(dict.fromkeys((names[each] for each in members), number))
    rings.sort(key=lambda ring: (len(ring[0]), ring[0]))
    return rings, in_ring


def _row(edge: _Edge, in_ring: dict[str, int]) -> ImportEdge:
    node, path = _node(edge.source), edge.target.path
    return ImportEdge(
        path=edge.source.path or None,
        line=edge.imported.line,
        module=edge.target.module,
        target=path,
        in_cycle=_is_at_start(edge)
        and path in in_ring
        and node in in_ring
        and in_ring[node] == in_ring[path],
    )


def _notes(edges: list[_Edge]) -> list[str]:
    notes: list[str] = []
    late = sum(edge.imported.when == LATER and edge.target.path is not None for edge in edges)
    never = sum(edge.imported.when > LATER and edge.target.path is not None for edge in edges)
    if late:
        notes.append(f"Imports in functions or under `if __name__` ({late:,}) make no cycle.")
    if never:
        notes.append(f"Imports for types only ({never:,}) make no cycle.")
    if any(edge.is_part for edge in edges):
        notes.append("Rust's `mod` lines make no cycle.")
    return notes


def _line(row: ImportEdge) -> str:
    """Return one row: `a/b.py:3 -> a/c.py`."""
    mark = "  (in a cycle)" if row.in_cycle else ""
    target = f"{row.module} (elsewhere)" if row.target is None else row.target
    return f"{row.path or 'snippet'}:{row.line} -> {target}{mark}"


def _text(rows: list[ImportEdge], rings: list[tuple[list[str], int]], files: int) -> str:
    """Say how much there is, the rings, and what is imported most."""
    inside = [row for row in rows if row.target is not None]
    cycles = f"{len(rings) or 'no'} import cycle{'' if len(rings) == 1 else 's'}"
    lines = [
        f"{len(rows):,} imports in {files_said(files)}, {len(inside):,} of them of given files; {cycles}."
    ]
    for ring, size in rings[:_MOST_SAID]:
        knot = f"  (the shortest ring among {size} files that reach each other)"
        more = knot if size > len(ring) else ""
        lines.append(f"cycle: {' -> '.join([*ring, ring[0]])}{more}")
    if len(rings) > _MOST_SAID:
        lines.append(f"... and {len(rings) - _MOST_SAID:,} more cycles")
    lines += _most("imported by most files", [(row.target or "", row.path) for row in inside])
    lines += _most("from elsewhere", [(row.module, row.path) for row in rows if row.target is None])
    return "\n".join(lines)


def _most(title: str, links: list[tuple[str, str | None]]) -> list[str]:
    """Say what most files import, each file counted once."""
    counts = Counter(name for name, _ in set(links))
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:_MOST_SAID]
    said = ", ".join(f"{name} ({count})" for name, count in most)
    return [f"{title}: {said}"] if said else []
