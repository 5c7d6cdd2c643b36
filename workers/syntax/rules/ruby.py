"""Ruby: definitions are keywords, and some are calls with symbols."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import (
    body_or_end,
    child,
    children,
    dotted,
    field,
    if_long,
    text,
    unquoted,
)
from workers.syntax.source import Source
from workers.syntax.spec import Access, Definition, Place, Spec

_REQUIRES = frozenset({"require", "require_relative", "load"})
_ATTRIBUTES = frozenset({"attr_accessor", "attr_reader", "attr_writer"})
_ACCESS = frozenset({"private", "protected", "public"})
_CLASS_MAKERS = ("Struct.new", "Class.new", "Data.define")


def _method_kind(_node: Node, place: Place) -> SymbolKind:
    if not place.scope.is_type and place.scope.kind != "module":
        return "function"
    return "constructor" if place.name == "initialize" else "method"


def _singleton_owner(node: Node, source: Source) -> str | None:
    owner = text(field(node, "object"), source)
    return None if owner == "self" else owner


def _constant_name(node: Node, _source: Source) -> Node | None:
    left = field(node, "left")
    return left if left is not None and left.type == "constant" else None


def _constant_kind(node: Node, place: Place) -> SymbolKind:
    value = field(node, "right")
    start = place.source.slice(value.start_byte, value.start_byte + 20) if value else ""
    return "class" if start.startswith(_CLASS_MAKERS) else "constant"


def _attributes(node: Node, source: Source) -> list[Node]:
    """Return the names that `attr_reader :a, :b` and its like define."""
    if text(field(node, "method"), source) not in _ATTRIBUTES:
        return []
    return list(children(field(node, "arguments"), "simple_symbol"))


def _access(node: Node, source: Source) -> Access | None:
    """Read `private` and its like where they stand alone, and so speak of all that follows."""
    said, around = source.text(node), node.parent
    if around is None or around.type != "body_statement" or said not in _ACCESS:
        return None
    return said  # type: ignore[return-value]


def _require(node: Node, source: Source) -> list[Import]:
    if text(field(node, "method"), source) not in _REQUIRES:
        return []
    module = child(field(node, "arguments"), "string")
    return [Import(module=unquoted(module, source), line=node.start_point[0] + 1)] if module else []


_METHOD = Definition(_method_kind, body=body_or_end)

RUBY = Spec(
    definitions={
        "module": Definition("module", spell=dotted, body=body_or_end),
        "class": Definition("class", spell=dotted, body=body_or_end),
        "method": _METHOD,
        "singleton_method": Definition(_method_kind, body=body_or_end, owner=_singleton_owner),
        "assignment": Definition(
            _constant_kind,
            name=_constant_name,
            body=lambda node: if_long(field(node, "right")),
            by_signs=True,
            local=False,
        ),
        "call": Definition(
            "property",
            name=lambda node, source: next(iter(_attributes(node, source)), None),
            also=lambda node, source: _attributes(node, source)[1:],
            spell=lambda name: name.removeprefix(":"),
            opens=False,
        ),
    },
    imports={"call": _require},
    access={"identifier": _access},
    inside=(
        "program",
        "body_statement",
        "singleton_class",
        "block",
        "block_body",
        "do_block",
        "begin",
        "if",
        "unless",
        "then",
        "else",
        "elsif",
    ),
    signs=(b"def ", b"class ", b"module ", b"require"),
    wraps=("argument_list", "call"),
    words={"private": "private", "protected": "protected", "public": "public", "self.": "static"},
    line_comment=rb"#",
    block_comment=rb"=begin",
    comment_end=b"=end",
    noise_marks=(b"#",),
)
