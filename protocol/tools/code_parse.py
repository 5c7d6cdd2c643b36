"""The contract of `code_parse`: symbols, imports, syntax errors and counts of source code."""

from typing import Annotated, Literal

import msgspec

from protocol.tools.code_found import FoundFile
from protocol.tools.code_question import MOST_NAME, Detail, check_question, is_question
from protocol.tools.contract import Annotations, Contract, FilePlan
from protocol.tools.files import FilesResult, FilesTotals, Sources
from protocol.tools.places import Range
from protocol.tools.tree_query import MOST_CHARACTERS

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


class Arguments(Sources, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller of `code_parse` can say."""

    detail: Annotated[
        Detail,
        msgspec.Meta(
            description="summary: counts only. symbols: also symbols and imports. outline: symbols as "
            "short text, the most important first when cut. tree: the syntax tree."
        ),
    ] = "symbols"
    depth: Annotated[
        int,
        msgspec.Meta(ge=1, le=50, description="detail=tree, outline: how many levels to show."),
    ] = 4
    query: Annotated[
        Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)] | None,
        msgspec.Meta(
            description="Find code: a pattern such as `print($A)` ($A: one node, $$$B: any number, $_: any; "
            "the same name twice: the same code), or a tree-sitter query such as `(call function: (_) @f)`.",
        ),
    ] = None
    symbol: Annotated[
        Annotated[str, msgspec.Meta(max_length=MOST_NAME)] | None,
        msgspec.Meta(
            description="Read one symbol's source: `Class.method`, or its bare name. "
            "Lists the places if there are several.",
        ),
    ] = None
    around: Annotated[
        int,
        msgspec.Meta(ge=0, le=100, description="query, symbol: lines of context to show around."),
    ] = 0


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of the arguments a worker must know."""

    detail: Detail = "symbols"
    depth: int = 4
    query: str | None = None
    symbol: str | None = None
    around: int = 0


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
    export_count: int = 0
    error_count: int
    imports: list[Import] = []
    exports: list[Export] = []
    errors: Annotated[list[SyntaxProblem], msgspec.Meta(description="The first 20.")] = []
    symbols: list[Symbol] = []
    outline: Annotated[
        list[str], msgspec.Meta(description="Lines: indentation, line numbers, declaration.")
    ] = []
    tree: list[TreeNode] = []


class Totals(FilesTotals, frozen=True, kw_only=True):
    """What is added up; what does not go with what was asked is left out."""

    lines: int | msgspec.UnsetType = msgspec.UNSET
    code: int | msgspec.UnsetType = msgspec.UNSET
    comment: int | msgspec.UnsetType = msgspec.UNSET
    blank: int | msgspec.UnsetType = msgspec.UNSET
    nodes: int | msgspec.UnsetType = msgspec.UNSET
    symbols: int | msgspec.UnsetType = msgspec.UNSET
    imports: int | msgspec.UnsetType = msgspec.UNSET
    errors: Annotated[int | msgspec.UnsetType, msgspec.Meta(description="Syntax errors.")] = (
        msgspec.UNSET
    )
    matches: Annotated[
        int | msgspec.UnsetType, msgspec.Meta(description="Of `query` or `symbol`, in all files.")
    ] = msgspec.UNSET
    files_with_matches: int | msgspec.UnsetType = msgspec.UNSET
    files_with_errors: Annotated[
        int | msgspec.UnsetType,
        msgspec.Meta(description="Files with syntax errors, where matches may be missed."),
    ] = msgspec.UNSET


class Result(FilesResult, frozen=True, kw_only=True):
    """What `code_parse` answers."""

    totals: Totals
    files: Annotated[
        list[ParsedFile], msgspec.Meta(description="Without `query` and `symbol`.")
    ] = []
    found: Annotated[
        list[FoundFile], msgspec.Meta(description="With `query` or `symbol`: where they are.")
    ] = []


ITEMS_FIELD: dict[Detail, str | None] = {
    "summary": None,
    "symbols": "symbols",
    "outline": "outline",
    "tree": "tree",
}
"""The field of `ParsedFile` that a piece's items belong to, by detail."""

TOTALS = ("lines", "code", "comment", "blank", "nodes", "symbols", "imports", "errors")
"""The keys of a piece's `totals`."""

FOUND_TOTALS = ("matches", "files_with_matches", "files_with_errors")
"""The keys of a piece's `totals` where something was asked for."""

_NOUN: dict[Detail, str] = {
    "summary": "files",
    "symbols": "symbols",
    "outline": "files",
    "tree": "nodes",
}


def plan(arguments: Arguments) -> FilePlan:
    """Return what each source's worker must know, and where its rows belong.

    Raises:
        CallRefused: the arguments exclude each other, or the query is none.
    """
    detail = arguments.detail
    check_question(arguments.query, arguments.symbol, detail, arguments.around)
    has_depth = detail in ("outline", "tree")
    options = Options(
        detail=detail,
        depth=arguments.depth if has_depth else Options().depth,
        query=arguments.query,
        symbol=arguments.symbol,
        around=arguments.around,
    )
    encoded = msgspec.Raw(msgspec.json.encode(options))
    if is_question(arguments.query, arguments.symbol):
        return _question_plan(arguments, encoded)
    return FilePlan(
        options=encoded,
        items_field=ITEMS_FIELD[detail],
        noun=_NOUN[detail],
        view="ranked" if detail == "outline" else "rows",
    )


def _question_plan(arguments: Arguments, options: msgspec.Raw) -> FilePlan:
    is_summary = arguments.detail == "summary"
    is_query = arguments.query is not None
    return FilePlan(
        options=options,
        items_field=None if is_summary else "matches" if is_query else "symbols",
        noun="files" if is_summary else "matches" if is_query else "rows",
        view="rows" if is_query or is_summary else "single",
        files_field="found",
        counted="matches",
        totals=FOUND_TOTALS,
        narrow="paths, a closer query or detail=summary"
        if is_query
        else "path or a qualified name",
    )


CONTRACT = Contract(
    name="code_parse",
    title="Parse code",
    description=(
        "Read source code with tree-sitter: symbols (functions, classes, methods, types, constants with "
        "line ranges, signatures and docstrings), imports, syntax errors and line counts. "
        "Give `path` for one file or folder, `paths` for several files, folders or globs, or `code` with "
        "`language` for a snippet. Folders respect .gitignore. Start with detail=summary on a large "
        "folder; narrow with `paths`; read on with `cursor`. `query` finds code by its shape in any number "
        "of files, `symbol` reads one definition, detail=outline gives an overview. "
        "Nothing is executed or changed."
    ),
    version="2",
    arguments=Arguments,
    result=Result,
    annotations=Annotations(read_only_hint=True),
    kind="parse",
    plan=plan,
    totals=TOTALS,
)
