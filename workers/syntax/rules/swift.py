"""Swift: types, their extensions, and members."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import child, field, if_long, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

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


def _property_names(node: Node, source: Source) -> list[str]:
    patterns = node.children_by_field_name("name")
    names = (text(field(each, "bound_identifier"), source) for each in patterns)
    return [name for name in names if name]


def _entry_names(node: Node, source: Source) -> list[str]:
    return [source.text(each) for each in node.children_by_field_name("name")]


def _property_body(node: Node) -> Node | None:
    return _accessors(node) or if_long(field(node, "value"))


def _import(node: Node, source: Source) -> list[Import]:
    module = text(child(node, "identifier"), source)
    return [Import(module=module, line=node.start_point[0] + 1)] if module else []


_INITIALIZER = Definition("constructor", name=lambda _node, _source: "init")
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
        "deinit_declaration": Definition("method", name=lambda _node, _source: "deinit"),
        "subscript_declaration": Definition(
            "property",
            name=lambda _node, _source: "subscript",
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
    noise=("attribute",),
    noise_token=rb"@",
)
