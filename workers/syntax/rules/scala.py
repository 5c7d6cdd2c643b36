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


def _value_name(node: Node, _source: Source) -> Node | None:
    pattern = field(node, "pattern") or field(node, "name")
    return pattern if pattern is not None and pattern.type == "identifier" else None


def _parameter_kind(node: Node, _place: Place) -> SymbolKind | None:
    """A parameter of a class is a field if it says `val` or `var`, or if the class is a case class."""
    if any(each.type in ("val", "var") for each in node.children):
        return "field"
    owner = node.parent and node.parent.parent
    return "field" if owner and any(each.type == "case" for each in owner.children) else None


def _package_name(node: Node, _source: Source) -> Node | None:
    return field(node, "name")


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
        "package_clause": Definition("namespace", name=_package_name, opens=False),
        "class_parameter": Definition(_parameter_kind, local=False),
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
        "class_parameters",
        "template_body",
        "enum_body",
        "enum_case_definitions",
        "extension_definition",
        "block",
        "indented_block",
    ),
    signs=(b"def ", b"class ", b"object ", b"trait ", b"import "),
    comments=("comment", "block_comment"),
    decorators=("annotation",),
    noise_marks=(b"/", b"@"),
    words={
        "private": "private",
        "private[this]": "private",
        "protected": "protected",
        "abstract": "abstract",
    },
)
