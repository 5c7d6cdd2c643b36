"""What the guided walk must know of one language. Each file in `rules/` holds such tables, as data.

Names of nodes and fields are the grammar's own; where a name cannot tell, a small function does.
"""

import re
from collections.abc import Callable
from typing import Literal

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import Export, Import, SymbolKind, Visibility
from workers.syntax.source import Source

TYPES: frozenset[SymbolKind | None] = frozenset(
    {"class", "enum", "interface", "struct", "trait", "type", "table"}
)
"""What has members: a function directly inside one of these is a method."""

CALLABLES: frozenset[SymbolKind | None] = frozenset(
    {"constructor", "function", "method", "property"}
)
"""What has local names, which are no symbols."""


FLAT: frozenset[SymbolKind | None] = frozenset({"constant", "field", "variable"})
"""What holds no further symbols, unless it has a body."""


class Scope(msgspec.Struct, frozen=True, gc=False):
    """What is around a node: the nearest symbol that is open, with *level* others around it.

    *is_type*: a name in here is a member. *is_local*: a variable in here is nobody else's business.
    """

    name: str
    kind: SymbolKind | None
    level: int
    is_type: bool = False
    is_local: bool = False


class Place:
    """Where a definition stands; *outer* is the node that wraps it, or the definition itself.

    One serves all the definitions of a region: to make one for each would cost more than it holds.
    """

    __slots__ = ("name", "outer", "scope", "source")

    outer: Node
    name: str

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope


Flag = Literal["async", "static", "abstract"]
Access = Visibility | Literal["public"]

KindOf = Callable[[Node, Place], SymbolKind | None]
NameOf = Callable[[Node, Source], Node | str | None]
NamesOf = Callable[[Node, Source], list[Node]]
TextOf = Callable[[Node, Source], str | None]
NodeOf = Callable[[Node], Node | None]
DocstringOf = Callable[[Node | None, Source], str | None]
ImportsOf = Callable[[Node, Source], list[Import]]
ExportsOf = Callable[[Node, Source], list[Export]]
AccessOf = Callable[[Node, Source], Access | None]
LastOf = Callable[[Node, Source], Node | None]
VisibilityOf = Callable[[str, SymbolKind, Scope], Visibility | None]


class Definition(msgspec.Struct, frozen=True):
    """How to read a node that defines a symbol.

    *kind*: what it is; a function may look closer, and answer None for "no symbol after all".
    *name*: the field that holds its name, or a function that finds the name's node, or else says it;
    no name, no symbol. *spell*: makes the name of its node's text. *unnamed*: the name of those without.
    *body*: the field, or a function, for the node in front of which the signature ends.
    *member*: what it is instead when it stands directly inside a type.
    *owner*: names the parent when that is not what stands around it, as with Go's receivers.
    *also*: finds further names, where one node declares several at once. *promotes*: finds nodes in its
    head that are definitions of the type around it, as parameters of constructors can be.
    *last*: finds the last node that belongs to it, where the grammar puts that behind it, as with bodies
    in Dart and the further clauses of a function in Haskell.
    *access*: how visible it is if nothing says otherwise. *grants*: says so of what it holds.
    *local*: whether it counts inside functions too.
    *opens*: whether what it holds is qualified by its name. *searched*: whether that is looked for.
    *by_signs*: whether only where signs are, as always in functions.
    """

    kind: SymbolKind | KindOf
    name: str | NameOf = "name"
    body: str | NodeOf = "body"
    member: SymbolKind | None = None
    owner: TextOf | None = None
    also: NamesOf | None = None
    promotes: NamesOf | None = None
    spell: Callable[[str], str] | None = None
    unnamed: str | None = None
    last: LastOf | None = None
    access: Access | None = None
    grants: AccessOf | None = None
    local: bool = True
    opens: bool = True
    searched: bool = True
    by_signs: bool = False


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One language.

    *definitions*: nodes that define a symbol; their inside is searched too.
    *imports*, *exports*: nodes that do so, if the function finds that they do.
    *access*: nodes that say how visible the members behind them are.
    *inside*: nodes that are only searched. *outside_functions*: those that hold nothing local.
    *signs*: bytes that show in every local definition: functions are not searched from end to end, only
    where these stand, and so are *expressions*. *before_sign*: the bytes of which one must stand in
    front of a sign. *no_sign*: what no line with a sign at its end looks like.
    *wraps*: searched, and part of the first definition directly in them (export, decorators);
    *wraps_one*: only if that is all they hold.
    *between*: what stands in front of the definition it belongs to, as attributes do in Rust.
    *comments*: nodes that are comments. *line_comment*, *block_comment*: patterns for how those
    that end with the line, and the others, begin; the tree has the last word. *comment_end*: how
    block comments end.
    *decorators*, *noise*: nodes that signatures leave out besides comments. *noise_marks*: texts of
    which one is in each of these.
    *docstring*: finds documentation in a body; None: it is the comment in front.
    *words*: what words in front of a name, or decorators, say. *visibility*: how visible a symbol is of
    which they say nothing. *async_sign*, *abstract_sign*: show in a declaration what
    no such word in front of the name says.
    *tail*: matches comments between the colon of a declaration and its body, for a quick way past them.
    """

    definitions: dict[str, Definition] = {}
    imports: dict[str, ImportsOf] = {}
    exports: dict[str, ExportsOf] = {}
    access: dict[str, AccessOf] = {}
    inside: tuple[str, ...] = ()
    outside_functions: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    signs: tuple[bytes, ...] = ()
    before_sign: bytes = b""
    no_sign: re.Pattern[bytes] | None = None
    wraps: tuple[str, ...] = ()
    wraps_one: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    comments: tuple[str, ...] = ("comment",)
    line_comment: bytes = rb"//"
    block_comment: bytes | None = rb"/\*"
    comment_end: bytes = b"*/"
    decorators: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    noise_marks: tuple[bytes, ...] = (b"/",)
    docstring: DocstringOf | None = None
    words: dict[str, Access | Flag] = {}
    visibility: VisibilityOf | None = None
    async_sign: re.Pattern[bytes] | None = None
    abstract_sign: re.Pattern[bytes] | None = None
    tail: re.Pattern[bytes] | None = None
