"""Java: everything is a member of something."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind, Visibility
from workers.syntax.nodes import child, field, if_long, nothing, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Scope, Spec

_PLAIN_IMPORT = re.compile(rb"import ((?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*);")
"""The usual import: its text tells in 70 % of the time that its nodes take."""


def _field_kind(node: Node, place: Place) -> SymbolKind:
    """A constant is static and final, in interfaces without saying so."""
    if node.type == "constant_declaration":
        return "constant"
    words = (text(child(node, "modifiers"), place.source) or "").split()
    return "constant" if "static" in words and "final" in words else "field"


def _field_name(node: Node, _source: Source) -> Node | None:
    return field(node, "declarator", "name")


def _other_fields(node: Node, _source: Source) -> list[Node]:
    declarators = node.children_by_field_name("declarator")[1:]
    return [name for each in declarators if (name := field(each, "name")) is not None]


def _long_value(node: Node) -> Node | None:
    return if_long(field(node, "declarator", "value"))


def _package_name(node: Node, _source: Source) -> Node | None:
    return child(node, "scoped_identifier", "identifier")


def _import(node: Node, source: Source) -> list[Import]:
    line = node.start_point[0] + 1
    plain = _PLAIN_IMPORT.fullmatch(source.data, node.start_byte, node.end_byte)
    if plain is not None:
        return [Import(module=plain[1].decode(), line=line)]
    path = text(child(node, "scoped_identifier", "identifier"), source) or ""
    if child(node, "asterisk"):
        return [Import(module=path, names=[ImportedName("*")], line=line)]
    if source.data[node.start_byte : node.end_byte].split()[1:2] != [b"static"]:
        return [Import(module=path, line=line)]
    module, _, name = path.rpartition(".")
    return [Import(module=module, names=[ImportedName(name)], line=line)]


def _visibility(_name: str, kind: SymbolKind, scope: Scope) -> Visibility | None:
    """Without a word only the package sees it, unless it belongs to an interface or names a value."""
    return None if kind in ("enum_member", "module") or scope.kind == "interface" else "package"


_FIELDS = Definition(
    _field_kind, name=_field_name, body=_long_value, also=_other_fields, searched=False
)

JAVA = Spec(
    definitions={
        "package_declaration": Definition(
            "namespace", name=_package_name, access="public", searched=False
        ),
        "class_declaration": Definition("class"),
        "record_declaration": Definition("class"),
        "interface_declaration": Definition("interface"),
        "annotation_type_declaration": Definition("interface"),
        "enum_declaration": Definition("enum"),
        "enum_constant": Definition("enum_member"),
        "constructor_declaration": Definition("constructor"),
        "compact_constructor_declaration": Definition("constructor"),
        "method_declaration": Definition("method"),
        "annotation_type_element_declaration": Definition("method", body=nothing),
        "field_declaration": _FIELDS,
        "constant_declaration": _FIELDS,
        "formal_parameter": Definition("field", access="public", local=False),
        "module_declaration": Definition("module"),
    },
    imports={"import_declaration": _import},
    inside=(
        "program",
        "class_body",
        "interface_body",
        "enum_body",
        "enum_body_declarations",
        "annotation_type_body",
        "formal_parameters",
        "block",
    ),
    signs=(b"class ", b"interface ", b"enum ", b"record "),
    comments=("line_comment", "block_comment"),
    decorators=("annotation", "marker_annotation"),
    noise_marks=(b"/", b"@"),
    words={
        "public": "public",
        "protected": "protected",
        "private": "private",
        "static": "static",
        "abstract": "abstract",
    },
    visibility=_visibility,
)
