"""Calls of `code_parse` without processes: the tool is run here, and its pieces are merged here."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from coordinator.runs.merge import Bounds, Merge, Merged, read_cursor
from protocol.tools.code_parse import CONTRACT, TOTALS, Arguments, Result
from protocol.tools.files import FileJob, Piece, Source
from protocol.worker.settings import WorkerSettings
from workers.files.reading import Loaded
from workers.parse.code_parse import tool


class Context:
    """A job that nobody cancels."""

    attempt = 1

    def __init__(self, budget_s: float = 100) -> None:
        self.parts: list[bytes] = []
        self.settings = WorkerSettings(
            coordinator_pid=1, roots=(), working_directory="/", parse_budget_s=budget_s
        )

    def part(self, result: bytes) -> None:
        self.parts.append(result)

    def progress(self, done: float, total: float | None, message: str) -> None:
        raise AssertionError(f"the parts say it: {done} of {total} {message}")

    def cancelled(self) -> bool:
        return False


def pieces_of(
    files: Mapping[str, str | bytes], arguments: Arguments, budget_s: float = 100
) -> list[Piece]:
    """Return what a worker answers for *files*, which a folder holds."""

    def read(source: Source, _settings: WorkerSettings) -> Loaded:
        text = files[source.path or ""]
        return Loaded(text.encode() if isinstance(text, str) else text, settled=True)

    assert CONTRACT.plan is not None
    options = CONTRACT.plan(arguments).options
    sources = [Source(path=path, language=arguments.language) for path in files]
    context = Context(budget_s)
    last = tool(read)(msgspec.Raw(msgspec.json.encode(FileJob(sources, options))), context)
    return [msgspec.json.decode(each, type=Piece) for each in (*context.parts, last)]


def merged(pieces: Sequence[Piece], arguments: Arguments) -> Merged:
    """Make one answer of *pieces* as the coordinator does."""
    assert CONTRACT.plan is not None
    bounds = Bounds(read_cursor(arguments.cursor), arguments.limit, arguments.max_chars)
    merge = Merge(CONTRACT.plan(arguments), TOTALS, bounds)
    for piece in pieces:
        merge.add(piece)
    return merge.finish()


def ask(files: Mapping[str, str | bytes], **arguments: Any) -> tuple[str, Result]:
    """Return both forms of the answer about *files*; the second is checked against its type."""
    said = msgspec.convert({"path": ".", **arguments}, Arguments)
    answer = merged(pieces_of(files, said), said)
    return answer.text, msgspec.json.decode(answer.structured, type=Result)


def pages(files: Mapping[str, str | bytes], **arguments: Any) -> list[Result]:
    """Return all pages of an answer."""
    read: list[Result] = []
    cursor: str | None = None
    while not read or cursor is not None:
        _, page = ask(files, **arguments, cursor=cursor)
        read.append(page)
        cursor = page.next_cursor
        assert len(read) < 1_000
    return read
