"""fish and PowerShell: functions, variables of the script itself, and what it sources."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import child, field, if_long, nothing, text
from workers.syntax.rules.simple import imported, named
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _fish_sourced(node: Node, source: Source) -> list[Import]:
    if text(field(node, "name"), source) not in ("source", "."):
        return []
    files = node.children_by_field_name("argument")[:1]
    return [imported(each, node, source) for each in files]


def _fish_variable(node: Node, source: Source) -> Node | None:
    if text(field(node, "name"), source) != "set":
        return None
    words = node.children_by_field_name("argument")
    return next((each for each in words if source.data[each.start_byte] != ord("-")), None)


FISH = Spec(
    definitions={
        "function_definition": Definition(
            "function", body=lambda node: child(node, "command", "begin_statement", "if_statement")
        ),
        "command": Definition(
            "variable", name=_fish_variable, body=nothing, local=False, searched=False
        ),
    },
    imports={"command": _fish_sourced},
    inside=("program",),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)


def _powershell_method(node: Node, place: Place) -> SymbolKind:
    del node
    return "constructor" if place.name == place.scope.name.rpartition(".")[2] else "method"


def _powershell_variable(node: Node, source: Source) -> Node | None:
    left = child(node, "left_assignment_expression")
    is_plain = left is not None and source.slice(left.start_byte, left.end_byte).strip()[:1] == "$"
    return left if is_plain else None


def _powershell_import(node: Node, source: Source) -> list[Import]:
    """Read `using module X`, `Import-Module X` and `. file`."""
    words = source.slice(node.start_byte, min(node.end_byte, node.start_byte + 400)).split()
    lowered = [word.lower() for word in words[:2]]
    at = 2 if lowered[:1] == ["using"] else 1 if lowered[:1] in (["import-module"], ["."]) else 0
    if not at or len(words) <= at:
        return []
    module = words[at + 1] if words[at].lower() == "-name" and len(words) > at + 1 else words[at]
    return [Import(module=module.strip("\"'"), line=node.start_point[0] + 1)]


POWERSHELL = Spec(
    definitions={
        "function_statement": Definition(
            "function", name=named("function_name"), body=lambda node: child(node, "script_block")
        ),
        "class_statement": Definition(
            "class",
            name=named("simple_name"),
            body=lambda node: child(node, "class_property_definition", "class_method_definition"),
        ),
        "class_property_definition": Definition(
            "field", name=named("variable"), spell=lambda name: name.lstrip("$"), body=nothing
        ),
        "class_method_definition": Definition(
            _powershell_method,
            name=named("simple_name"),
            body=lambda node: child(node, "script_block"),
        ),
        "enum_statement": Definition(
            "enum", name=named("simple_name"), body=lambda node: child(node, "enum_member")
        ),
        "enum_member": Definition("enum_member", name=named("simple_name"), body=nothing),
        "assignment_expression": Definition(
            "variable",
            name=_powershell_variable,
            spell=lambda name: name.strip().lstrip("$"),
            body=lambda node: if_long(field(node, "value")),
            local=False,
            searched=False,
        ),
    },
    imports={"command": _powershell_import},
    inside=("program", "statement_list", "pipeline", "pipeline_chain", "script_block_body"),
    line_comment=rb"#",
    block_comment=rb"<#",
    comment_end=b"#>",
    noise_marks=(b"#",),
    words={"static": "static", "hidden": "private"},
)
