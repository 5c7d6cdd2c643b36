"""Java: everything is a member of something."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import child, field, if_long, nothing, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _field_kind(node: Node, place: Place) -> SymbolKind:
    """A constant is static and final, in interfaces without saying so."""
    declaration = node.parent
    if declaration is not None and declaration.type == "constant_declaration":
        return "constant"
    words = (text(child(declaration, "modifiers"), place.source) or "").split()
    return "constant" if "static" in words and "final" in words else "field"


def _long_value(node: Node) -> Node | None:
    return if_long(field(node, "value"))


def _import(node: Node, source: Source) -> list[Import]:
    path = text(child(node, "scoped_identifier", "identifier"), source) or ""
    line = node.start_point[0] + 1
    if child(node, "asterisk"):
        return [Import(module=path, names=[ImportedName("*")], line=line)]
    if source.data[node.start_byte : node.end_byte].split()[1:2] != [b"static"]:
        return [Import(module=path, line=line)]
    module, _, name = path.rpartition(".")
    return [Import(module=module, names=[ImportedName(name)], line=line)]


JAVA = Spec(
    definitions={
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
        "variable_declarator": Definition(_field_kind, body=_long_value, local=False),
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
        "block",
    ),
    signs=(b"class ", b"interface ", b"enum ", b"record "),
    wraps=("field_declaration", "constant_declaration"),
    comments=("line_comment", "block_comment"),
    noise=("annotation", "marker_annotation"),
    noise_token=rb"@",
)
