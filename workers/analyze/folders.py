"""The metrics of each folder with all that is below it."""

from collections.abc import Iterator

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_analyzed import FolderRow
from protocol.tools.code_metrics import Documentation, Lines
from protocol.tools.files import Combined, Facts
from workers.analyze.combining import combined
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext

_MOST = 5000


class _File(msgspec.Struct, frozen=True, array_like=True, gc=False):
    lines: Lines
    functions: int
    types: int
    cyclomatic: int
    cognitive: int
    nesting: int
    index: float | None
    documented: int
    documentable: int


class _Folder:
    def __init__(self) -> None:
        self.files: list[_File] = []

    def row(self, path: str) -> FolderRow:
        files = self.files
        return FolderRow(
            path=path,
            files=len(files),
            lines=_sum(files),
            functions=sum(each.functions for each in files),
            types=sum(each.types for each in files),
            cyclomatic=sum(each.cyclomatic for each in files),
            cognitive=sum(each.cognitive for each in files),
            nesting=max(each.nesting for each in files),
            maintainability=_mean_index(files),
            documentation=Documentation(
                sum(each.documented for each in files), sum(each.documentable for each in files)
            ),
        )


_decode = msgspec.json.Decoder(_File).decode


def facts(one: Parsed, metrics: FileMetrics, options: Options) -> _File:
    """Return what one file adds to the folders around it."""
    del one, options
    documentation = metrics.documentation or Documentation(0, 0)
    return _File(
        lines=metrics.lines,
        functions=len(metrics.functions),
        types=len(metrics.types),
        cyclomatic=metrics.cyclomatic or 0,
        cognitive=metrics.cognitive or 0,
        nesting=metrics.nesting or 0,
        index=metrics.maintainability.index if metrics.maintainability else None,
        documented=documentation.documented,
        documentable=documentation.documentable,
    )


def combine(files: list[Facts], options: Options, context: JobContext) -> Combined:
    """Return a row for each folder that has files below it, in the order of their paths.

    Folders around the innermost one that holds everything would all say the same, and are left out.
    """
    del options, context
    folders: dict[str, _Folder] = {}
    for file in files:
        known = _decode(file.facts)
        for path in _above(file.path or "."):
            folders.setdefault(path, _Folder()).files.append(known)
    paths = sorted(_worth_a_row(folders), key=lambda path: path.split("/"))
    return combined([folders[path].row(path) for path in paths], _line, _MOST)


def _worth_a_row(folders: dict[str, _Folder]) -> list[str]:
    most = max((len(folder.files) for folder in folders.values()), default=0)
    whole = [path for path, folder in folders.items() if len(folder.files) == most]
    innermost = max(whole, key=lambda path: path.count("/") + (path != "."), default="")
    return [path for path in folders if path not in whole or path == innermost]


def _above(path: str) -> Iterator[str]:
    """Yield the folders that a file is in, as the paths of the answer name them, innermost first."""
    while path not in ("", "/", "."):
        path = path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
        yield path


def _sum(files: list[_File]) -> Lines:
    columns = zip(*(msgspec.structs.astuple(each.lines) for each in files), strict=True)
    return Lines(*map(sum, columns))


def _mean_index(files: list[_File]) -> float | None:
    weighed = [(each.index, each.lines.code) for each in files if each.index is not None]
    weight = sum(code for _, code in weighed)
    return round(sum(index * code for index, code in weighed) / weight, 1) if weight else None


def _line(row: FolderRow) -> str:
    index = "" if row.maintainability is None else f" · maintainability {row.maintainability:g}"
    return (
        f"{row.path}/ · {row.files:,} files · {row.lines.code:,} lines of code · "
        f"{row.functions:,} functions · cyclomatic {row.cyclomatic:,} · cognitive {row.cognitive:,}{index}"
    )
