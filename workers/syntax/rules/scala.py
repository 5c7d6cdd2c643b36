"""Scala: classes, objects, traits and what they hold."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import child, children, field, if_long, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _value_kind(node: Node, place: Place) -> SymbolKind:
    if place.scope.is_type:
        return "field"
    return "variable" if node.type.startswith("var") else "constant"


def _value_name(node: Node, source: Source) -> str | None:
    pattern = field(node, "pattern") or field(node, "name")
    return source.text(pattern) if pattern is not None and pattern.type == "identifier" else None


def _long_value(node: Node) -> Node | None:
    return if_long(field(node, "value"))


def _import(node: Node, source: Source) -> list[Import]:
    module = "".join(source.text(each) for each in node.children_by_field_name("path"))
    names = [_imported(each, source) for each in _selected(node)]
    return [Import(module=module, names=names, line=node.start_point[0] + 1)]


def _selected(node: Node) -> list[Node]:
    wildcard = list(children(node, "namespace_wildcard", "as_renamed_identifier"))
    selectors = child(node, "namespace_selectors")
    return wildcard if selectors is None else selectors.named_children


def _imported(node: Node, source: Source) -> ImportedName:
    if node.type == "namespace_wildcard":
        return ImportedName("*")
    name = text(field(node, "name"), source) or source.text(node)
    return ImportedName(name, text(field(node, "alias"), source))


_VALUE = Definition(_value_kind, name=_value_name, body=_long_value, local=False)
_FUNCTION = Definition("function", member="method")

SCALA = Spec(
    definitions={
        "class_definition": Definition("class"),
        "object_definition": Definition("class"),
        "package_object": Definition("class"),
        "trait_definition": Definition("trait"),
        "enum_definition": Definition("enum"),
        "simple_enum_case": Definition("enum_member"),
        "full_enum_case": Definition("enum_member"),
        "function_definition": _FUNCTION,
        "function_declaration": _FUNCTION,
        "given_definition": Definition("constant"),
        "val_definition": _VALUE,
        "var_definition": _VALUE,
        "val_declaration": _VALUE,
        "var_declaration": _VALUE,
        "type_definition": Definition("type"),
    },
    imports={"import_declaration": _import},
    inside=(
        "compilation_unit",
        "package_clause",
        "template_body",
        "enum_body",
        "enum_case_definitions",
        "extension_definition",
        "block",
        "indented_block",
    ),
    signs=(b"def ", b"class ", b"object ", b"trait ", b"import "),
    comments=("comment", "block_comment"),
    noise=("annotation",),
    noise_token=rb"@",
)
