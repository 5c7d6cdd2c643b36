"""What the guided walk must know of one language. Each file in `rules/` holds such tables, as data.

Names of nodes and fields are the grammar's own; where a name cannot tell, a small function does.
"""

from collections.abc import Callable

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.source import Source

TYPES: frozenset[SymbolKind | None] = frozenset(
    {"class", "enum", "interface", "struct", "trait", "type", "table"}
)
"""What has members: a function directly inside one of these is a method."""

CALLABLES: frozenset[SymbolKind | None] = frozenset(
    {"constructor", "function", "method", "property"}
)
"""What has local names, which are no symbols."""


class Scope(msgspec.Struct, frozen=True):
    """What is around a node: the nearest symbol that is open, *depth* levels down in the tree.

    *is_type*: a name in here is a member. *is_local*: a variable in here is nobody else's business.
    """

    name: str
    kind: SymbolKind | None
    depth: int
    is_type: bool = False
    is_local: bool = False


class Place(msgspec.Struct, frozen=True):
    """Where a definition stands; *outer* is the node that wraps it, or the definition itself."""

    source: Source
    scope: Scope
    outer: Node
    name: str


KindOf = Callable[[Node, Place], SymbolKind | None]
TextOf = Callable[[Node, Source], str | None]
NamesOf = Callable[[Node, Source], list[str]]
NodeOf = Callable[[Node], Node | None]
DocstringOf = Callable[[Node | None, Source], str | None]
ImportsOf = Callable[[Node, Source], list[Import]]


class Definition(msgspec.Struct, frozen=True):
    """How to read a node that defines a symbol.

    *kind*: what it is; a function may look closer, and answer None for "no symbol after all".
    *name*: the field that holds its name, or a function; no name, no symbol.
    *body*: the field, or a function, for the node in front of which the signature ends.
    *member*: what it is instead when it stands directly inside a type.
    *owner*: names the parent when that is not what stands around it, as with Go's receivers.
    *also*: finds further names, where one node declares several at once.
    *local*: whether it counts inside functions too.
    *opens*: whether what it holds is qualified by its name. *searched*: whether that is looked for.
    """

    kind: SymbolKind | KindOf
    name: str | TextOf = "name"
    body: str | NodeOf = "body"
    member: SymbolKind | None = None
    owner: TextOf | None = None
    also: NamesOf | None = None
    local: bool = True
    opens: bool = True
    searched: bool = True


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One language.

    *definitions*: nodes that define a symbol; their inside is searched too.
    *imports*: nodes that import, if the function finds that they do.
    *inside*: nodes that are only searched. *outside_functions*: those that hold nothing local.
    *signs*: bytes that show in every local definition; without them nothing in a function is searched,
    nor any of *expressions* anywhere. None: search always. *before_sign*: the bytes of which
    one must stand in front of a sign.
    *wraps*: searched, and part of the first definition directly in them (export, decorators);
    *wraps_one*: only if that is all they hold.
    *between*: what may stand between a comment and the definition that it is about.
    *comments*: nodes that are comments. *line_comment*, *block_comment*: patterns for how those
    that end with the line, and the others, begin; the tree has the last word.
    *noise*: what signatures leave out besides comments. *noise_token*: how that begins.
    *docstring*: finds documentation in a body; None: it is the comment in front.
    """

    definitions: dict[str, Definition] = {}
    imports: dict[str, ImportsOf] = {}
    inside: tuple[str, ...] = ()
    outside_functions: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    signs: tuple[bytes, ...] | None = None
    before_sign: bytes = b""
    wraps: tuple[str, ...] = ()
    wraps_one: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    comments: tuple[str, ...] = ("comment",)
    line_comment: bytes = rb"//"
    block_comment: bytes | None = rb"/\*"
    noise: tuple[str, ...] = ()
    noise_token: bytes | None = None
    docstring: DocstringOf | None = None
