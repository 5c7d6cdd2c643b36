"""R: what is assigned at the top level, and what calls such as `setClass` define."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import children, field, if_long, text
from workers.syntax.rules.simple import imported
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_R_IMPORTS = frozenset({"library", "require", "requireNamespace", "loadNamespace", "source"})
_R_DEFINES: dict[str, SymbolKind] = {
    "setClass": "class",
    "setRefClass": "class",
    "R6Class": "class",
    "setGeneric": "function",
    "setMethod": "method",
}
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*\Z")


def _r_name(node: Node, source: Source) -> Node | None:
    """Find the name on the left of an assignment."""
    operator = text(field(node, "operator"), source)
    side = "rhs" if operator in ("->", "->>") else "lhs"
    if operator not in ("<-", "<<-", "=", "->", "->>"):
        return None
    name = field(node, side)
    return name if name is not None and name.type in ("identifier", "string") else None


def _r_value(node: Node) -> Node | None:
    return field(node, "rhs")


def _r_kind(node: Node, place: Place) -> SymbolKind:
    value = _r_value(node)
    if value is None:
        return "variable"
    if value.type == "function_definition":
        return "function"
    if value.type == "call":
        called = text(field(value, "function"), place.source) or ""
        return _R_DEFINES.get(called.rpartition(":")[2], "variable")
    return "constant" if _CONSTANT.match(place.name) else "variable"


def _r_body(node: Node) -> Node | None:
    value = _r_value(node)
    if value is not None and value.type == "function_definition":
        return field(value, "body")
    return if_long(value)


def _r_argument(node: Node, source: Source) -> Node | None:
    arguments = list(children(field(node, "arguments"), "argument"))
    value = field(arguments[0], "value") if arguments else None
    if value is not None and value.type == "string":
        return field(value, "content")
    is_name = value is not None and value.type in ("identifier", "namespace_operator")
    return value if is_name and text(field(node, "function"), source) in _R_IMPORTS else None


def _r_defined(node: Node, source: Source) -> Node | None:
    called = text(field(node, "function"), source)
    return _r_argument(node, source) if called in _R_DEFINES else None


def _r_import(node: Node, source: Source) -> list[Import]:
    if text(field(node, "function"), source) not in _R_IMPORTS:
        return []
    module = _r_argument(node, source)
    return [imported(module, node, source)] if module is not None else []


R = Spec(
    definitions={
        "binary_operator": Definition(
            _r_kind,
            name=_r_name,
            body=_r_body,
            spell=lambda name: name.strip("\"'`"),
            searched=False,
        ),
        "call": Definition(
            lambda node, place: _R_DEFINES[text(field(node, "function"), place.source) or ""],
            name=_r_defined,
            body=lambda node: if_long(field(node, "arguments")),
            searched=False,
        ),
    },
    imports={"call": _r_import},
    inside=("program", "braced_expression", "if_statement"),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)
