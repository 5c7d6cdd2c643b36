"""What `code_analyze` answers: rows of functions, types, files and folders, and what is said of them all."""

from typing import Annotated, Literal

import msgspec

from protocol.tools.code_links import CallEdge, Change, Duplicate, ImportEdge, Overview, Unused
from protocol.tools.code_metrics import (
    Abc,
    Documentation,
    Finding,
    Halstead,
    Lines,
    Maintainability,
    Measure,
    Metric,
)
from protocol.tools.code_parse import SymbolKind
from protocol.tools.files import FilesResult, FilesTotals
from protocol.tools.places import Range


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What functions, types and files can have; left out: not asked for, or not measured."""

    lines: Lines | None = None
    nesting: int | None = None
    cyclomatic: int | None = None
    cognitive: int | None = None
    halstead: Halstead | None = None
    maintainability: Maintainability | None = None
    abc: Abc | None = None


class FunctionRow(Measured, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One function or method; a named function inside it is a row of its own."""

    kind: SymbolKind
    qualified_name: str
    range: Range
    parameters: Annotated[int | None, msgspec.Meta(description="Without `self` and its like.")] = (
        None
    )
    fan_in: Annotated[
        int | None, msgspec.Meta(description="How many functions of the file call it.")
    ] = None
    fan_out: Annotated[
        int | None, msgspec.Meta(description="How many functions of the file it calls.")
    ] = None
    documented: bool | None = None


class TypeRow(Measured, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One class or its like with all that is in it; its index is that of its average function."""

    kind: SymbolKind
    qualified_name: str
    range: Range
    functions: int
    documentation: Documentation | None = None
    documented: bool | None = None


class AnalyzedFile(Measured, frozen=True, kw_only=True, omit_defaults=True):
    """One source; counts are of all that is in it, rows may be cut by `limit`."""

    path: Annotated[str | None, msgspec.Meta(description="null for a snippet.")]
    language: str
    metrics: Annotated[
        list[Metric], msgspec.Meta(description="Those that there are for this language.")
    ]
    function_count: int = 0
    type_count: int = 0
    finding_count: int = 0
    change_count: int = 0
    only_in: Annotated[
        Literal["before", "after"] | None,
        msgspec.Meta(description="changes: the file is gone, or new."),
    ] = None
    error_count: Annotated[int, msgspec.Meta(description="Syntax errors.")] = 0
    symbol_count: Annotated[
        int | None, msgspec.Meta(description="Where functions are not measured.")
    ] = None
    documentation: Documentation | None = None
    functions: list[FunctionRow] = []
    types: list[TypeRow] = []
    findings: list[Finding] = []
    changes: list[Change] = []


class HotSpot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One of the worst; *score* is what it is ranked by: the value, times the commits if asked for."""

    path: str | None
    name: Annotated[str | None, msgspec.Meta(description="null for a file.")] = None
    line: int | None = None
    measure: Measure
    value: float
    commits: int | None = None
    score: float


class FolderRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One folder with all that is below it; sums, unless they say otherwise."""

    path: str
    files: int
    lines: Lines
    functions: int
    types: int
    cyclomatic: int
    cognitive: int
    nesting: Annotated[int, msgspec.Meta(description="The deepest.")]
    maintainability: Annotated[
        float | None, msgspec.Meta(description="Mean index of the files, weighted by their code.")
    ] = None
    documentation: Documentation | None = None


class Totals(FilesTotals, frozen=True, kw_only=True):
    """What is added up; what was not measured is left out."""

    lines: int
    code: int
    comment: int
    blank: int
    logical: Annotated[
        int | msgspec.UnsetType,
        msgspec.Meta(description="This and all up to documentable: not with detail=duplicates."),
    ] = msgspec.UNSET
    functions: int | msgspec.UnsetType = msgspec.UNSET
    types: int | msgspec.UnsetType = msgspec.UNSET
    cyclomatic: int | msgspec.UnsetType = msgspec.UNSET
    cognitive: int | msgspec.UnsetType = msgspec.UNSET
    documented: Annotated[
        int | msgspec.UnsetType,
        msgspec.Meta(description="Functions and types with documentation."),
    ] = msgspec.UNSET
    documentable: int | msgspec.UnsetType = msgspec.UNSET
    errors: Annotated[int, msgspec.Meta(description="Syntax errors.")]
    findings: Annotated[
        int | msgspec.UnsetType, msgspec.Meta(description="With detail=findings.")
    ] = msgspec.UNSET
    changes: Annotated[
        int | msgspec.UnsetType, msgspec.Meta(description="With detail=changes: functions.")
    ] = msgspec.UNSET
    better: int | msgspec.UnsetType = msgspec.UNSET
    worse: int | msgspec.UnsetType = msgspec.UNSET
    unchanged: Annotated[
        int | msgspec.UnsetType,
        msgspec.Meta(
            description="With compare_revision: files that are as they were; not in files."
        ),
    ] = msgspec.UNSET


class Result(FilesResult, frozen=True, kw_only=True):
    """What `code_analyze` answers: one of the lists is filled, as `detail` asked."""

    totals: Totals
    files: list[AnalyzedFile] = []
    hotspots: list[HotSpot] = []
    folders: list[FolderRow] = []
    duplicates: list[Duplicate] = []
    calls: list[CallEdge] = []
    imports: list[ImportEdge] = []
    unused: list[Unused] = []
    overview: Annotated[
        Overview | None, msgspec.Meta(description="What is said of all files together.")
    ] = None
