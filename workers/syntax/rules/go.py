"""Go: methods belong to their receivers, and nothing inside a function counts."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind, Visibility
from workers.syntax.nodes import child, field, if_long, text, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Scope, Spec

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


def _first_name(node: Node, source: Source) -> Node | None:
    return next(iter(_names(node, source)), None)


def _names(node: Node, source: Source) -> list[Node]:
    """Return the names that a line declares; an underscore is none."""
    names = node.children_by_field_name("name")
    return [each for each in names if each.is_named and source.text(each) != "_"]


def _further_names(node: Node, source: Source) -> list[Node]:
    return _names(node, source)[1:]


def _long_value(node: Node) -> Node | None:
    return if_long(field(node, "value"))


def _field_name(node: Node, source: Source) -> Node | None:
    """A field without a name of its own is called as its type."""
    name = _first_name(node, source)
    if name is not None:
        return name
    kind = field(node, "type")
    if kind is not None and kind.type == "generic_type":
        kind = field(kind, "type")
    return field(kind, "name") or kind


def _field_body(node: Node) -> Node | None:
    """Stop in front of the braces of a struct that has no name."""
    kind = field(node, "type")
    return kind.child(1) if kind is not None and kind.type == "struct_type" else None


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


def _package_name(node: Node, _source: Source) -> Node | None:
    return child(node, "package_identifier")


def _visibility(name: str, _kind: SymbolKind, _scope: Scope) -> Visibility | None:
    """What begins with a small letter stays in the package."""
    return None if name[0].isupper() else "package"


def _values(kind: SymbolKind) -> Definition:
    return Definition(
        kind, name=_first_name, body=_long_value, also=_further_names, local=False, searched=False
    )


GO = Spec(
    definitions={
        "package_clause": Definition(
            "namespace", name=_package_name, access="public", searched=False
        ),
        "function_declaration": Definition("function"),
        "method_declaration": Definition("method", owner=_receiver),
        "type_spec": Definition(_type_kind, body=_type_body),
        "type_alias": Definition("type", body=lambda node: if_long(field(node, "type"))),
        "const_spec": _values("constant"),
        "var_spec": _values("variable"),
        "field_declaration": Definition(
            "field", name=_field_name, body=_field_body, also=_further_names
        ),
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
    wraps_one=("const_declaration", "var_declaration", "type_declaration"),
    visibility=_visibility,
)
