"""What `code_analyze` says of files together: copies, calls, imports, what nothing refers to, changes."""

from typing import Annotated, Literal

import msgspec

from protocol.tools.code_parse import SymbolKind


class Stretch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Lines of a file, the last included."""

    path: Annotated[str | None, msgspec.Meta(description="null for a snippet.")]
    start_line: int
    end_line: int


class Duplicate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The same code at two places, but for blanks and comments."""

    tokens: int
    lines: int
    first: Stretch
    second: Stretch


class CallEdge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One function calls another; *count* is from how many places.

    *certainty*: `resolved` when imports and scopes tell which function it is, `name` when it is the only
    one of that name among the files, `external` when it is of none of the files, `unknown` when there are
    several.
    """

    caller: Annotated[str, msgspec.Meta(description="Qualified; `<module>` outside functions.")]
    caller_path: str | None
    line: Annotated[int, msgspec.Meta(description="Of the first call.")]
    callee: str
    callee_path: str | None = None
    callee_line: int | None = None
    count: int = 1
    certainty: Literal["resolved", "name", "external", "unknown"]


class ImportEdge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One import; *target* is the file or folder it leads to, left out when it is none of those given."""

    path: str | None
    line: int
    module: str
    target: str | None = None
    in_cycle: bool = False


class Unused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A candidate: nothing in the given files refers to it by name. Other files, or reflection, may."""

    path: str | None
    line: int
    what: Literal["import", "symbol"]
    name: str
    kind: SymbolKind | None = None
    reason: str


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one function; *delta* is what each measure grew by, those that stayed left out."""

    qualified_name: str
    kind: SymbolKind
    status: Literal["added", "removed", "better", "worse", "mixed", "changed"]
    line: Annotated[
        int | None, msgspec.Meta(description="In the new version, unless it was removed.")
    ] = None
    before: dict[str, float] | None = None
    after: dict[str, float] | None = None
    delta: dict[str, float] = {}


class Overview(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said of all files together, as `detail` asked."""

    duplicated_lines: int | None = None
    duplicated_percent: Annotated[
        float | None, msgspec.Meta(description="Of the lines of code, by their tokens.")
    ] = None
    duplicate_count: int | None = None
    cycles: Annotated[
        list[list[str]] | None, msgspec.Meta(description="Files that import each other in a ring.")
    ] = None
    cycle_count: int | None = None
    edges: Annotated[int | None, msgspec.Meta(description="Of the graph.")] = None
    resolved: Annotated[int | None, msgspec.Meta(description="Edges whose end is known.")] = None
    revision: Annotated[
        str | None, msgspec.Meta(description="The commit that `compare_revision` or churn is of.")
    ] = None
    notes: Annotated[list[str], msgspec.Meta(description="What limits these statements.")] = []
