"""Swift: types, their extensions, and members."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind, Visibility
from workers.syntax.nodes import child, field, if_long, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, NameOf, Place, Scope, Spec

_KINDS: dict[str, SymbolKind] = {"struct": "struct", "enum": "enum", "extension": "type"}


def _type_kind(node: Node, place: Place) -> SymbolKind:
    """Classes, actors, structs and enums are one kind of node; so are extensions of them."""
    word = text(field(node, "declaration_kind"), place.source) or ""
    return _KINDS.get(word, "class")


def _property_kind(node: Node, place: Place) -> SymbolKind:
    if place.scope.is_type:
        return "property" if _accessors(node) else "field"
    binding = text(child(node, "value_binding_pattern"), place.source)
    return "constant" if binding == "let" else "variable"


def _accessors(node: Node) -> Node | None:
    return field(node, "computed_value") or child(node, "protocol_property_requirements")


def _property_names(node: Node, _source: Source) -> list[Node]:
    patterns = node.children_by_field_name("name")
    names = (field(each, "bound_identifier") for each in patterns)
    return [name for name in names if name is not None]


def _entry_names(node: Node, _source: Source) -> list[Node]:
    return node.children_by_field_name("name")


def _keyword(word: str) -> NameOf:
    """Take the keyword of a declaration for its name."""

    def find(node: Node, _source: Source) -> Node | None:
        return next((each for each in node.children if each.type == word), None)

    return find


def _property_body(node: Node) -> Node | None:
    return _accessors(node) or if_long(field(node, "value"))


def _import(node: Node, source: Source) -> list[Import]:
    module = text(child(node, "identifier"), source)
    return [Import(module=module, line=node.start_point[0] + 1)] if module else []


def _visibility(_name: str, kind: SymbolKind, scope: Scope) -> Visibility | None:
    """Without a word a symbol is for its module; what an enum or protocol asks for is as visible as that."""
    return None if kind == "enum_member" or scope.kind == "interface" else "internal"


_INITIALIZER = Definition("constructor", name=_keyword("init"), unnamed="init")
_FUNCTION = Definition("function", member="method")
_PROPERTY = Definition(
    _property_kind,
    name=lambda node, source: next(iter(_property_names(node, source)), None),
    body=_property_body,
    also=lambda node, source: _property_names(node, source)[1:],
    local=False,
)

SWIFT = Spec(
    definitions={
        "class_declaration": Definition(_type_kind),
        "protocol_declaration": Definition("interface"),
        "function_declaration": _FUNCTION,
        "protocol_function_declaration": _FUNCTION,
        "init_declaration": _INITIALIZER,
        "deinit_declaration": Definition("method", name=_keyword("deinit"), unnamed="deinit"),
        "subscript_declaration": Definition(
            "property",
            name=_keyword("subscript"),
            unnamed="subscript",
            body=lambda node: child(node, "computed_property"),
        ),
        "property_declaration": _PROPERTY,
        "protocol_property_declaration": _PROPERTY,
        "enum_entry": Definition(
            "enum_member",
            name=lambda node, source: next(iter(_entry_names(node, source)), None),
            also=lambda node, source: _entry_names(node, source)[1:],
            opens=False,
        ),
        "typealias_declaration": Definition("type", opens=False),
        "associatedtype_declaration": Definition("type", opens=False),
    },
    imports={"import_declaration": _import},
    inside=(
        "source_file",
        "class_body",
        "enum_class_body",
        "protocol_body",
        "function_body",
        "statements",
    ),
    signs=(b"func ", b"class ", b"struct ", b"enum "),
    comments=("comment", "multiline_comment"),
    decorators=("attribute",),
    noise_marks=(b"/", b"@"),
    words={
        "private": "private",
        "fileprivate": "private",
        "internal": "internal",
        "public": "public",
        "open": "public",
        "static": "static",
    },
    visibility=_visibility,
    async_sign=re.compile(rb"\)\s*async\b"),
)
