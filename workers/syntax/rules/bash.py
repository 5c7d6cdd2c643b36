"""Bash: functions, the variables of the script itself, aliases, and what it sources."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import children, field, text, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_CONSTANT = re.compile(rb"\s*(?:readonly|declare\s+-\w*r\w*|typeset\s+-\w*r\w*)\s")


def _variable_kind(_node: Node, place: Place) -> SymbolKind:
    return "constant" if _CONSTANT.match(place.source.data, place.outer.start_byte) else "variable"


def _variable_name(node: Node, _source: Source) -> Node | None:
    name = field(node, "name")
    return name if name is not None and name.type == "variable_name" else None


def _sourced(node: Node, source: Source) -> list[Import]:
    """Read `source file` and `. file`."""
    if text(field(node, "name"), source) not in ("source", "."):
        return []
    files = node.children_by_field_name("argument")[:1]
    return [Import(module=unquoted(each, source), line=node.start_point[0] + 1) for each in files]


def _alias(node: Node, source: Source) -> Node | None:
    if text(field(node, "name"), source) != "alias":
        return None
    return next(children(node, "concatenation", "word"), None)


BASH = Spec(
    definitions={
        "function_definition": Definition("function"),
        "variable_assignment": Definition(
            _variable_kind, name=_variable_name, local=False, searched=False
        ),
        "command": Definition(
            "macro",
            name=_alias,
            spell=lambda name: name.partition("=")[0],
            local=False,
            searched=False,
        ),
    },
    imports={"command": _sourced},
    inside=(
        "program",
        "compound_statement",
        "subshell",
        "if_statement",
        "elif_clause",
        "else_clause",
        "for_statement",
        "while_statement",
        "do_group",
        "case_statement",
        "case_item",
        "list",
        "redirected_statement",
        "variable_assignments",
    ),
    signs=(b"()", b"function ", b"source", b". "),
    wraps=("declaration_command",),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)
