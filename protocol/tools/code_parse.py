"""The contract of `code_parse`: symbols, imports, syntax errors and counts of source code."""

from typing import Annotated, Literal

import msgspec

from protocol.tools.contract import Annotations, Contract, FilePlan
from protocol.tools.files import FileFailure, Sources

SymbolKind = Literal[
    "class",
    "constant",
    "constructor",
    "enum",
    "enum_member",
    "field",
    "function",
    "heading",
    "interface",
    "key",
    "macro",
    "method",
    "module",
    "namespace",
    "property",
    "rule",
    "struct",
    "table",
    "trait",
    "type",
    "variable",
    "view",
]

Visibility = Literal["internal", "package", "private", "protected"]

Detail = Literal["summary", "symbols", "tree"]


class Arguments(Sources, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller of `code_parse` can say."""

    detail: Annotated[
        Detail,
        msgspec.Meta(
            description="summary: counts per file. symbols: also symbols and imports. tree: the syntax tree."
        ),
    ] = "symbols"
    depth: Annotated[
        int,
        msgspec.Meta(ge=1, le=50, description="detail=tree: how many levels of the tree to show."),
    ] = 4


class Options(msgspec.Struct, frozen=True):
    """What of the arguments a worker must know."""

    detail: Detail = "symbols"
    depth: int = 4


class Range(msgspec.Struct, frozen=True, gc=False):
    """Where something stands. Lines and columns are 1-based, columns in code points; the end is exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


class Symbol(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One definition."""

    kind: SymbolKind
    name: str
    qualified_name: Annotated[
        str, msgspec.Meta(description="Names of all parents and the symbol, dotted.")
    ]
    range: Range
    name_range: Annotated[
        Range | None, msgspec.Meta(description="Where its name stands, if it is written out.")
    ] = None
    signature: Annotated[
        str | None, msgspec.Meta(description="The declaration without its body, on one line.")
    ] = None
    docstring: str | None = None
    parent: Annotated[
        str | None, msgspec.Meta(description="Qualified name of the symbol around it.")
    ] = None
    decorators: Annotated[
        list[str],
        msgspec.Meta(description="Decorators, annotations or attributes, without their marks."),
    ] = []
    visibility: Annotated[
        Visibility | None,
        msgspec.Meta(description="Left out when public, or when the language has no such thing."),
    ] = None
    is_async: bool = False
    is_static: bool = False
    is_abstract: bool = False


class ImportedName(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One name that an import brings in."""

    name: str
    alias: str | None = None


class Import(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One import, include or use."""

    module: str
    line: int
    names: list[ImportedName] = []
    alias: str | None = None


class Export(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One name that a module of JavaScript or TypeScript gives to others."""

    name: Annotated[
        str,
        msgspec.Meta(
            description="As others import it: default for `export default` and for all of "
            "`module.exports`, * for everything that `module` exports."
        ),
    ]
    line: int
    local: Annotated[
        str | None, msgspec.Meta(description="Its name inside the module, where that is another.")
    ] = None
    module: Annotated[str | None, msgspec.Meta(description="Where a re-export takes it from.")] = (
        None
    )
    type_only: bool = False


class SyntaxProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place where the grammar could not follow. Lines and columns as in `Range`."""

    line: int
    column: int
    message: Annotated[str, msgspec.Meta(description="As a compiler would say it.")]
    expected: Annotated[
        str | None, msgspec.Meta(description="What was missing, where the grammar says.")
    ] = None
    text: Annotated[str, msgspec.Meta(description="The source line, cut if long.")] = ""


class LineCounts(msgspec.Struct, frozen=True):
    """Lines of a file; total = code + comment + blank. A line with code and a comment counts as code."""

    total: int
    code: int
    comment: int
    blank: int


class TreeNode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One named node of the syntax tree, in document order; *depth* 0 is the root."""

    depth: int
    type: str
    range: Range
    field: str | None = None
    text: Annotated[str | None, msgspec.Meta(description="Leaves only, cut if long.")] = None


class ParsedFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One source. `symbols` or `tree` may be cut by `limit`; the counts never are."""

    path: Annotated[str | None, msgspec.Meta(description="null for a snippet.")]
    language: str
    lines: LineCounts
    nodes: Annotated[int, msgspec.Meta(description="Nodes of the syntax tree.")]
    symbol_count: int
    import_count: int
    error_count: int
    imports: list[Import] = []
    exports: list[Export] = []
    errors: Annotated[list[SyntaxProblem], msgspec.Meta(description="The first 20.")] = []
    symbols: list[Symbol] = []
    tree: list[TreeNode] = []


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over every source of the call, also over those that `limit` left out of `files`."""

    files: Annotated[int, msgspec.Meta(description="Parsed.")]
    skipped: int
    failed: int
    cached: Annotated[int, msgspec.Meta(description="Answered from an earlier result.")]
    lines: int
    code: int
    comment: int
    blank: int
    nodes: int
    symbols: int
    imports: int
    errors: Annotated[int, msgspec.Meta(description="Syntax errors.")]
    languages: Annotated[dict[str, int], msgspec.Meta(description="Files by language.")]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `code_parse` answers."""

    totals: Totals
    files: list[ParsedFile]
    skipped: Annotated[
        list[FileFailure], msgspec.Meta(description="Left out on purpose; the first 50.")
    ]
    failed: Annotated[
        list[FileFailure], msgspec.Meta(description="Could not be parsed; the first 50.")
    ]
    complete: Annotated[
        bool, msgspec.Meta(description="False when something was cut or a source failed.")
    ]
    next_cursor: Annotated[
        str | None, msgspec.Meta(description="Give it back as `cursor` to read on.")
    ]


ITEMS_FIELD: dict[Detail, str | None] = {"summary": None, "symbols": "symbols", "tree": "tree"}
"""The field of `ParsedFile` that a piece's items belong to, by detail."""

TOTALS = ("lines", "code", "comment", "blank", "nodes", "symbols", "imports", "errors")
"""The keys of a piece's `totals`."""


def plan(arguments: Arguments) -> FilePlan:
    """Return what each source's worker must know, and where its rows belong."""
    options = Options(detail=arguments.detail, depth=arguments.depth)
    return FilePlan(
        options=msgspec.Raw(msgspec.json.encode(options)),
        items_field=ITEMS_FIELD[arguments.detail],
        noun={"summary": "files", "symbols": "symbols", "tree": "nodes"}[arguments.detail],
    )


CONTRACT = Contract(
    name="code_parse",
    title="Parse code",
    description=(
        "Read source code with tree-sitter: symbols (functions, classes, methods, types, constants with "
        "line ranges, signatures and docstrings), imports, syntax errors and line counts. "
        "Give `path` for one file or folder, `paths` for several files, folders or globs, or `code` with "
        "`language` for a snippet. Folders respect .gitignore. Start with detail=summary on a large "
        "folder; narrow with `paths`; read on with `cursor`. Nothing is executed or changed."
    ),
    version="1",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True),
    kind="parse",
    plan=plan,
    totals=TOTALS,
)
