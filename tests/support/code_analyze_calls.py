"""Calls of `code_analyze` without processes: the tools are run here, and their pieces are merged here."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from coordinator.runs.merge import Bounds, Merge, Merged, read_cursor
from protocol.tools.code_analyze import CONTRACT, TOTALS, Arguments
from protocol.tools.code_analyzed import Result
from protocol.tools.files import Combined, CombineJob, Facts, FileJob, Piece, Source
from protocol.worker.settings import WorkerSettings
from support.code_parse_calls import Context
from workers.analyze.code_analyze import tool
from workers.analyze.combine import combine_analyses
from workers.files.reading import Loaded

Files = Mapping[str, str | bytes]


def pieces_of(files: Files, arguments: Arguments) -> list[Piece]:
    """Return what a worker answers for *files*, which a folder holds."""

    def read(source: Source, _settings: WorkerSettings) -> Loaded:
        text = files[source.path or ""]
        return Loaded(text.encode() if isinstance(text, str) else text, settled=True)

    assert CONTRACT.plan is not None
    options = CONTRACT.plan(arguments).options
    sources = [Source(path=path, language=arguments.language) for path in files]
    context = Context()
    last = tool(read)(msgspec.Raw(msgspec.json.encode(FileJob(sources, options))), context)
    return [msgspec.json.decode(each, type=Piece) for each in (*context.parts, last)]


def combined(
    pieces: Sequence[Piece], arguments: Arguments, commits: Mapping[str, int] | None = None
) -> Combined:
    """Put the facts of *pieces* together as a worker does."""
    assert CONTRACT.plan is not None
    facts = [
        Facts(piece.path, piece.language, piece.facts) for piece in pieces if piece.outcome == "ok"
    ]
    job = CombineJob(CONTRACT.plan(arguments).options, facts, dict(commits or {}))
    result = combine_analyses(msgspec.Raw(msgspec.json.encode(job)), Context())
    return msgspec.json.decode(result, type=Combined)


def merged(files: Files, arguments: Arguments, commits: Mapping[str, int] | None = None) -> Merged:
    """Make one answer of *files* as the coordinator does."""
    assert CONTRACT.plan is not None
    plan = CONTRACT.plan(arguments)
    bounds = Bounds(read_cursor(arguments.cursor), arguments.limit, arguments.max_chars)
    merge = Merge(plan, TOTALS, bounds)
    pieces = pieces_of(files, arguments)
    for piece in pieces:
        merge.add(piece)
    if plan.combine is not None:
        merge.add_combined(combined(pieces, arguments, commits))
    return merge.finish()


def analyzed(files: Files, *, commits: Mapping[str, int] | None = None, **asked: Any) -> Result:
    """Return the structured answer to a call over a folder that holds *files*."""
    arguments = Arguments(path=".", **asked)
    return msgspec.json.decode(merged(files, arguments, commits).structured, type=Result)


def analyzed_text(files: Files, **asked: Any) -> str:
    """Return the text of the same answer."""
    return merged(files, Arguments(path=".", **asked)).text
