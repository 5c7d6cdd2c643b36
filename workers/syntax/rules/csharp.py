"""C#: types, their members, and the functions inside those."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import child, children, field, if_long, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_OPERATOR = re.compile(r"\boperator\s*([^\s(]+)")


def _declarators(node: Node) -> list[Node]:
    return list(children(child(node, "variable_declaration"), "variable_declarator"))


def _field_kind(node: Node, place: Place) -> SymbolKind:
    modifiers = {place.source.text(each) for each in children(node, "modifier")}
    is_constant = "const" in modifiers or {"static", "readonly"} <= modifiers
    return "constant" if is_constant else "field"


def _field_name(node: Node, source: Source) -> str | None:
    return next((text(field(each, "name"), source) for each in _declarators(node)), None)


def _other_fields(node: Node, source: Source) -> list[str]:
    return [text(field(each, "name"), source) or "" for each in _declarators(node)[1:]]


def _long_declaration(node: Node) -> Node | None:
    first = next(iter(_declarators(node)), None)
    return if_long(first and first.named_children[-1])


def _operator_name(node: Node, source: Source) -> str | None:
    match = _OPERATOR.search(source.text(node))
    return f"operator {match[1]}" if match else None


def _property_body(node: Node) -> Node | None:
    return field(node, "accessors") or field(node, "value")


def _using(node: Node, source: Source) -> list[Import]:
    """Read a using; `using static` brings in all that the type holds."""
    alias = field(node, "name")
    named = [each for each in node.named_children if each != alias]
    if not named:
        return []
    is_static = b"static" in source.data[node.start_byte : named[0].start_byte].split()
    return [
        Import(
            module=source.text(named[-1]),
            names=[ImportedName("*")] if is_static else [],
            alias=text(alias, source),
            line=node.start_point[0] + 1,
        )
    ]


_FIELDS = Definition(
    _field_kind, name=_field_name, body=_long_declaration, also=_other_fields, local=False
)

CSHARP = Spec(
    definitions={
        "namespace_declaration": Definition("namespace"),
        "file_scoped_namespace_declaration": Definition("namespace", opens=False),
        "class_declaration": Definition("class"),
        "record_declaration": Definition("class"),
        "struct_declaration": Definition("struct"),
        "interface_declaration": Definition("interface"),
        "enum_declaration": Definition("enum"),
        "enum_member_declaration": Definition("enum_member"),
        "delegate_declaration": Definition("type"),
        "constructor_declaration": Definition("constructor"),
        "destructor_declaration": Definition(
            "method", name=lambda node, source: f"~{text(field(node, 'name'), source)}"
        ),
        "method_declaration": Definition("method"),
        "operator_declaration": Definition("method", name=_operator_name),
        "indexer_declaration": Definition(
            "property", name=lambda _node, _source: "this", body=_property_body
        ),
        "property_declaration": Definition("property", body=_property_body),
        "event_declaration": Definition("property", body=_property_body),
        "event_field_declaration": _FIELDS,
        "field_declaration": _FIELDS,
        "local_function_statement": Definition("function"),
    },
    imports={"using_directive": _using},
    inside=(
        "compilation_unit",
        "declaration_list",
        "enum_member_declaration_list",
        "global_statement",
        "block",
        "preproc_if",
        "preproc_else",
        "preproc_elif",
    ),
    noise=("attribute_list",),
    noise_token=rb"\[",
)
