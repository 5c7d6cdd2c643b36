"""The contract of `code_analyze`: metrics, findings, duplication and graphs of source code."""

from typing import Annotated, Literal

import msgspec

from protocol.errors import CallRefused
from protocol.tools.code_analyzed import Result
from protocol.tools.code_metrics import Measure, Metric, Severity
from protocol.tools.code_rules import known_rules
from protocol.tools.contract import Annotations, Before, Contract, FilePlan
from protocol.tools.files import Sources

COMBINE = "combine_analyses"
"""The internal job that makes one answer of what was found in each file."""

Detail = Literal[
    "summary",
    "functions",
    "types",
    "findings",
    "hotspots",
    "folders",
    "duplicates",
    "calls",
    "imports",
    "unused",
    "changes",
]


class Thresholds(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The most that is no finding; 0: never one. Left out: as configured."""

    function_lines: Annotated[int, msgspec.Meta(ge=0)] | None = None
    file_lines: Annotated[int, msgspec.Meta(ge=0)] | None = None
    cyclomatic: Annotated[int, msgspec.Meta(ge=0)] | None = None
    cognitive: Annotated[int, msgspec.Meta(ge=0)] | None = None
    parameters: Annotated[int, msgspec.Meta(ge=0)] | None = None
    nesting: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Arguments(Sources, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller of `code_analyze` can say."""

    detail: Annotated[
        Detail | None,
        msgspec.Meta(
            description="summary: per file. functions (default), types: their metrics. findings: what to "
            "look at, and why. hotspots: the worst by `measure`. folders: metrics per folder. duplicates: "
            "copied code. calls, imports: the graphs. unused: imports and private symbols that nothing "
            "refers to. changes: better or worse than an earlier version."
        ),
    ] = None
    metrics: Annotated[
        list[Metric] | None,
        msgspec.Meta(
            description="Which metrics to show of each function, type or file; default all."
        ),
    ] = None
    measure: Annotated[
        Measure,
        msgspec.Meta(description="hotspots: by what; maintainability: the lowest first."),
    ] = "cognitive"
    of: Annotated[
        Literal["functions", "types", "files"],
        msgspec.Meta(description="hotspots: of what."),
    ] = "functions"
    churn_days: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=3650)] | None,
        msgspec.Meta(
            description="hotspots: multiply by how many git commits touched the file in so many days."
        ),
    ] = None
    thresholds: Annotated[
        Thresholds | None, msgspec.Meta(description="findings: other thresholds for this call.")
    ] = None
    rules: Annotated[
        list[str] | None,
        msgspec.Meta(description="findings: only these rules, such as empty-catch or todo."),
    ] = None
    severity: Annotated[
        Severity, msgspec.Meta(description="findings: none that are less severe.")
    ] = "info"
    min_tokens: Annotated[
        int,
        msgspec.Meta(ge=20, le=5000, description="duplicates: how long copied code is at least."),
    ] = 50
    compare_code: Annotated[
        str | None, msgspec.Meta(description="changes: the earlier text of `code` or `path`.")
    ] = None
    compare_path: Annotated[
        str | None,
        msgspec.Meta(description="changes: the earlier file or folder, to compare `path` with."),
    ] = None
    compare_revision: Annotated[
        str | None,
        msgspec.Meta(
            description="changes: a git revision, such as HEAD~1 or main, to compare with."
        ),
    ] = None
    format: Annotated[
        Literal["text", "markdown"],
        msgspec.Meta(description="How the text of the answer is written: markdown has tables."),
    ] = "text"


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of the arguments a worker must know; *commits* by path is for whoever combines."""

    detail: Detail = "functions"
    metrics: list[Metric] | None = None
    measure: Measure = "cognitive"
    of: Literal["functions", "types", "files"] = "functions"
    churn_days: int | None = None
    thresholds: Thresholds = Thresholds()
    rules: list[str] | None = None
    severity: Severity = "info"
    min_tokens: int = 50
    markdown: bool = False
    commits: dict[str, int] = {}


OF_FILES: dict[Detail, str | None] = {
    "summary": None,
    "functions": "functions",
    "types": "types",
    "findings": "findings",
    "changes": "changes",
}
"""The details that are said file by file, and the field of `AnalyzedFile` that holds their rows."""

TOTALS = (
    "lines",
    "code",
    "comment",
    "blank",
    "logical",
    "functions",
    "types",
    "cyclomatic",
    "cognitive",
    "documented",
    "documentable",
    "errors",
)
"""The keys of a piece's `totals`."""

UNMEASURED: frozenset[Detail] = frozenset({"duplicates", "calls", "imports", "unused"})
"""The details that need no metrics, of which only lines are counted: that costs a fraction."""

UNMEASURED_TOTALS = ("lines", "code", "comment", "blank", "errors")
"""What is left of the totals then."""

_MORE_TOTALS: dict[Detail, tuple[str, ...]] = {
    "findings": ("findings",),
    "changes": ("changes", "better", "worse"),
}

_INSTEAD: dict[Detail, str] = {
    "findings": "that is good news",
    "changes": "no function came, went or has other measures",
}

_NARROW = "paths or detail=summary"


def plan(arguments: Arguments) -> FilePlan:
    """Return what each source's worker must know, and where its rows belong.

    Raises:
        CallRefused: the arguments exclude each other.
    """
    detail = _detail(arguments)
    known_rules(arguments.rules)
    options = Options(
        detail=detail,
        metrics=arguments.metrics,
        measure=arguments.measure,
        of=arguments.of,
        churn_days=arguments.churn_days,
        thresholds=arguments.thresholds or Thresholds(),
        rules=arguments.rules,
        severity=arguments.severity,
        min_tokens=arguments.min_tokens,
        markdown=arguments.format == "markdown",
    )
    is_of_files = detail in OF_FILES
    return FilePlan(
        options=msgspec.Raw(msgspec.json.encode(options)),
        items_field=OF_FILES.get(detail),
        noun="files" if detail in ("summary", "changes") else detail,
        view="ranked" if detail == "changes" else "rows",
        files_field="files" if is_of_files else detail,
        counted=detail if detail in ("findings", "changes") else None,
        totals=UNMEASURED_TOTALS if detail in UNMEASURED else TOTALS + _MORE_TOTALS.get(detail, ()),
        narrow="paths" if detail == "changes" else _NARROW if is_of_files else "paths or limit",
        instead=_INSTEAD.get(detail, ""),
        combine=None if is_of_files else COMBINE,
        markdown=options.markdown,
        heading=_heading(options),
        before=_before(arguments),
        churn_days=arguments.churn_days,
    )


def _before(arguments: Arguments) -> Before | None:
    """Return what to compare with, if anything is.

    Raises:
        CallRefused: it is nothing that the sources could be compared with.
    """
    code, path = arguments.compare_code, arguments.compare_path
    revision = arguments.compare_revision
    if (code, path, revision) == (None, None, None):
        return None
    if revision is not None and arguments.code is not None:
        raise _refused("`compare_revision` needs a file or folder: give `path` or `paths`")
    if revision is None and arguments.paths is not None:
        raise _refused("with `paths` only `compare_revision` can be compared; give one `path`")
    return Before(code=code, path=path, revision=revision)


def _heading(options: Options) -> str:
    """Return the head of the one table, where files are its rows."""
    if not options.markdown or options.detail != "summary":
        return ""
    from protocol.tools.code_analyze_columns import (  # noqa: PLC0415 - few want it
        columns,
        markdown_header,
    )

    return markdown_header(columns(options.detail, options.metrics))


def _detail(arguments: Arguments) -> Detail:
    """Return what is asked for, which need not be said where it is clear."""
    compared = [
        name
        for name in ("compare_code", "compare_path", "compare_revision")
        if getattr(arguments, name) is not None
    ]
    if len(compared) > 1:
        raise _refused(f"give one of {' and '.join(f'`{name}`' for name in compared)}")
    if compared and arguments.detail not in (None, "changes"):
        raise _refused(
            f"`{compared[0]}` says what changed; leave out detail={arguments.detail}, or say changes"
        )
    if arguments.detail == "changes" and not compared:
        raise _refused(
            "detail=changes needs what to compare with: `compare_code`, `compare_path` or "
            "`compare_revision`"
        )
    if arguments.churn_days is not None and arguments.detail != "hotspots":
        raise _refused("`churn_days` needs detail=hotspots")
    return "changes" if compared else arguments.detail or "functions"


def _refused(what: str) -> CallRefused:
    return CallRefused("invalid_arguments", f"{what}.")


CONTRACT = Contract(
    name="code_analyze",
    title="Analyse code",
    description=(
        "Measures code and says where to look: cyclomatic and cognitive complexity, lines, Halstead, "
        "maintainability, ABC, documentation per function, type, file and folder; findings; the worst spots "
        "(with git churn); copied code; call and import graphs with cycles; unused imports and private "
        "symbols; and what became better or worse against another version. Takes a snippet (`code`), a file "
        "or folder (`path`), or many (`paths`). Full metrics for Python, JavaScript, TypeScript, Java, Go, "
        "C, C++, C#, Rust, Ruby, PHP, Kotlin, Swift and Scala; lines and duplication for all others. Works "
        "offline, reads only below the server's roots, never runs the code."
    ),
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True),
    kind="analyze",
    priority="normal",
    plan=plan,
    totals=TOTALS,
    compares=True,
)
