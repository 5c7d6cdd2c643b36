"""TypeScript and TSX: JavaScript, and what types add to it."""

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import SymbolKind
from workers.syntax.nodes import bare, field, if_long, whole
from workers.syntax.rules.ecmascript import (
    CALLABLE,
    JAVASCRIPT,
    field_kind,
    method_kind,
    value_body,
)
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place

_OF_PARAMETERS = ("accessibility_modifier", "readonly", "override_modifier")


def _enum_member_kind(_node: Node, place: Place) -> SymbolKind | None:
    return "enum_member" if place.scope.kind == "enum" else None


def _module_kind(node: Node, _place: Place) -> SymbolKind:
    name = node.child_by_field_name("name")
    return "module" if name is not None and name.type == "string" else "namespace"


def _promoted(node: Node, _source: Source) -> list[Node]:
    """Return the parameters of a constructor that are fields as well, for they have a modifier."""
    parameters = field(node, "parameters")
    if parameters is None:
        return []
    return [
        each
        for each in parameters.named_children
        if each.type == "required_parameter" and each.children[0].type in _OF_PARAMETERS
    ]


def _parameter_name(node: Node, _source: Source) -> Node | None:
    pattern = field(node, "pattern")
    return pattern if pattern is not None and pattern.type == "identifier" else None


_TYPESCRIPT_ONLY = {
    "abstract_class_declaration": Definition("class"),
    "interface_declaration": Definition("interface"),
    "enum_declaration": Definition("enum"),
    "enum_assignment": Definition("enum_member", spell=bare),
    "property_identifier": Definition(_enum_member_kind, name=whole),
    "type_alias_declaration": Definition("type", body=lambda node: if_long(field(node, "value"))),
    "internal_module": Definition("namespace"),
    "module": Definition(_module_kind, spell=bare),
    "function_signature": CALLABLE,
    "method_definition": Definition(method_kind, spell=bare, promotes=_promoted),
    "required_parameter": Definition("field", name=_parameter_name, local=False),
    "method_signature": Definition(method_kind, spell=bare),
    "abstract_method_signature": Definition("method", spell=bare),
    "property_signature": Definition("field", spell=bare),
    "public_field_definition": Definition(field_kind, body=value_body, spell=bare, by_signs=True),
}

TYPESCRIPT = msgspec.structs.replace(
    JAVASCRIPT,
    definitions={
        **{k: v for k, v in JAVASCRIPT.definitions.items() if k != "field_definition"},
        **_TYPESCRIPT_ONLY,
    },
    inside=(*JAVASCRIPT.inside, "interface_body", "enum_body"),
    signs=(*JAVASCRIPT.signs, b"):", b"namespace ", b"module "),
    wraps=(*JAVASCRIPT.wraps, "ambient_declaration"),
    between=("decorator",),
    words={
        **JAVASCRIPT.words,
        "abstract": "abstract",
        "private": "private",
        "protected": "protected",
        "public": "public",
    },
)

TSX = TYPESCRIPT
