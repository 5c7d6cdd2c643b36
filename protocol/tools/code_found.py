"""What `code_parse` answers when it is asked for something: matches of a query, or one symbol's source."""

from typing import Annotated

import msgspec

from protocol.tools.places import Range


class Capture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One named part of a match: `$NAME` of a pattern, or `@name` of a tree-sitter query."""

    name: str
    text: Annotated[str, msgspec.Meta(description="Cut if long; empty for an ellipsis of nothing.")]
    type: Annotated[
        str | None, msgspec.Meta(description="The node's type; null for a run of nodes.")
    ] = None
    range: Range | None = None


class QueryMatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One match of `query`."""

    range: Range
    text: Annotated[str, msgspec.Meta(description="The code that matches, cut if long.")]
    captures: list[Capture] = []
    pattern: Annotated[int, msgspec.Meta(description="Which pattern of the query, from 0.")] = 0
    context: Annotated[
        str | None, msgspec.Meta(description="The lines of the match and `around` it.")
    ] = None
    context_line: Annotated[
        int | None, msgspec.Meta(description="The number of the first line of `context`.")
    ] = None


class FoundSymbol(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place where `symbol` is defined; if it is the only one, its source follows as rows of their own.

    A row with `source` is a part of that: read them in order.
    """

    qualified_name: str
    kind: str | None = None
    range: Range | None = None
    signature: str | None = None
    parent: Annotated[
        str | None, msgspec.Meta(description="Qualified name of the symbol around it.")
    ] = None
    siblings: Annotated[
        list[str], msgspec.Meta(description="Names beside it in the same parent, nearest first.")
    ] = []
    members: Annotated[list[str], msgspec.Meta(description="Names directly inside it.")] = []
    source: Annotated[
        str | None,
        msgspec.Meta(description="Whole lines, with decorators, documentation and `around`."),
    ] = None
    source_line: Annotated[
        int | None, msgspec.Meta(description="The number of the first line of `source`.")
    ] = None


class FoundFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One source in which `query` or `symbol` found something."""

    path: Annotated[str | None, msgspec.Meta(description="null for a snippet.")]
    language: str
    match_count: Annotated[
        int, msgspec.Meta(description="All matches, also those that are not shown.")
    ]
    has_errors: Annotated[
        bool, msgspec.Meta(description="It has syntax errors, so something may be missed.")
    ] = False
    matches: list[QueryMatch] = []
    symbols: list[FoundSymbol] = []
