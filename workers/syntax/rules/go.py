"""Go: methods belong to their receivers, and nothing inside a function counts."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import field, if_long, text, unquoted, whole
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_RECEIVER = re.compile(r"\(\s*(?:\w+\s+)?\*?\s*\(?(\w+)")
_KINDS: dict[str, SymbolKind] = {"struct_type": "struct", "interface_type": "interface"}


def _type_kind(node: Node, _place: Place) -> SymbolKind:
    kind = field(node, "type")
    return "type" if kind is None else _KINDS.get(kind.type, "type")


def _type_body(node: Node) -> Node | None:
    """Stop in front of the braces of a struct or an interface."""
    kind = field(node, "type")
    if kind is None or kind.type not in _KINDS:
        return None
    return kind.child(1) if kind.child_count > 1 else None


def _value_kind(node: Node, place: Place) -> SymbolKind | None:
    """Tell what a name declares; a name that nothing wraps is no declaration."""
    declaration = node.parent
    if declaration is None or place.name == "_":
        return None
    return {"const_spec": "constant", "var_spec": "variable"}.get(declaration.type)  # type: ignore[return-value]


def _value_body(node: Node) -> Node | None:
    return if_long(field(node.parent, "value"))


def _field_kind(_node: Node, place: Place) -> SymbolKind | None:
    return "field" if place.scope.kind in ("struct", "type") else None


def _receiver(node: Node, source: Source) -> str | None:
    receiver = _RECEIVER.match(text(field(node, "receiver"), source) or "")
    return receiver[1] if receiver else None


def _import(node: Node, source: Source) -> list[Import]:
    """Read one line of an import; a dot takes in every name, an underscore none."""
    name = text(field(node, "name"), source)
    return [
        Import(
            module=unquoted(field(node, "path"), source),
            alias=None if name == "." else name,
            names=[ImportedName("*")] if name == "." else [],
            line=node.start_point[0] + 1,
        )
    ]


GO = Spec(
    definitions={
        "function_declaration": Definition("function"),
        "method_declaration": Definition("method", owner=_receiver),
        "type_spec": Definition(_type_kind, body=_type_body),
        "type_alias": Definition("type", body=lambda node: if_long(field(node, "type"))),
        "identifier": Definition(_value_kind, name=whole, body=_value_body, local=False),
        "field_identifier": Definition(_field_kind, name=whole),
        "method_elem": Definition("method"),
    },
    imports={"import_spec": _import},
    inside=(
        "source_file",
        "import_declaration",
        "import_spec_list",
        "var_spec_list",
        "struct_type",
        "interface_type",
        "field_declaration_list",
    ),
    signs=(),
    wraps=("const_spec", "var_spec", "field_declaration"),
    wraps_one=("const_declaration", "var_declaration", "type_declaration"),
)
