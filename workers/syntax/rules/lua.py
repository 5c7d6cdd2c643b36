"""Lua: functions under all their names, and `require`."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import body_or_end, child, field, if_long, text, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _last_name(name: Node | None) -> Node | None:
    return field(name, "field") or field(name, "method") or name


def _owner_of(name: Node | None, source: Source) -> str | None:
    """Name the table of `table.name` or `table:name`."""
    return text(field(name, "table"), source)


def _function_name(node: Node, _source: Source) -> Node | None:
    return _last_name(field(node, "name"))


def _function_owner(node: Node, source: Source) -> str | None:
    return _owner_of(field(node, "name"), source)


def _function_kind(node: Node, _place: Place) -> SymbolKind:
    name = field(node, "name")
    return "method" if name is not None and name.type != "identifier" else "function"


def _target(node: Node) -> Node | None:
    return field(child(node, "variable_list"), "name")


def _other_targets(node: Node, _source: Source) -> list[Node]:
    targets = child(node, "variable_list")
    return [] if targets is None else targets.children_by_field_name("name")[1:]


def _value(node: Node) -> Node | None:
    return field(child(node, "expression_list"), "value")


def _assigned_name(node: Node, _source: Source) -> Node | None:
    return _last_name(_target(node))


def _assigned_owner(node: Node, source: Source) -> str | None:
    return _owner_of(_target(node), source)


def _assigned_kind(node: Node, place: Place) -> SymbolKind | None:
    target, value = _target(node), _value(node)
    is_plain = target is not None and target.type == "identifier"
    if value is not None and value.type == "function_definition":
        return "function" if is_plain else "method"
    return "variable" if is_plain and not place.scope.is_local else None


def _assigned_body(node: Node) -> Node | None:
    value = _value(node)
    if value is not None and value.type == "function_definition":
        return body_or_end(value)
    return if_long(value)


def _field_kind(node: Node, _place: Place) -> SymbolKind | None:
    value = field(node, "value")
    return "method" if value is not None and value.type == "function_definition" else None


def _value_body(node: Node) -> Node | None:
    value = field(node, "value")
    return None if value is None else body_or_end(value)


def _required(node: Node, source: Source) -> list[Import]:
    """Read `local name = require("module")`."""
    value = _value(node)
    imports = _require(value, source) if value is not None else []
    alias = text(_target(node), source)
    return [Import(module=each.module, alias=alias, line=each.line) for each in imports]


def _require(node: Node, source: Source) -> list[Import]:
    if node.type != "function_call" or text(field(node, "name"), source) != "require":
        return []
    module = child(field(node, "arguments"), "string")
    return [Import(module=unquoted(module, source), line=node.start_point[0] + 1)] if module else []


LUA = Spec(
    definitions={
        "function_declaration": Definition(
            _function_kind, name=_function_name, body=body_or_end, owner=_function_owner
        ),
        "assignment_statement": Definition(
            _assigned_kind,
            name=_assigned_name,
            body=_assigned_body,
            owner=_assigned_owner,
            also=_other_targets,
            by_signs=True,
        ),
        "field": Definition(_field_kind, body=_value_body),
    },
    imports={"assignment_statement": _required, "function_call": _require},
    inside=(
        "chunk",
        "block",
        "function_definition",
        "expression_list",
        "table_constructor",
        "return_statement",
        "do_statement",
        "if_statement",
        "elseif_statement",
        "else_statement",
        "for_statement",
        "while_statement",
    ),
    signs=(b"function", b"require"),
    wraps=("variable_declaration",),
    line_comment=rb"--(?!\[=*\[)",
    block_comment=rb"--\[=*\[",
    comment_end=b"]",
    noise_marks=(b"--",),
    words={"local": "private"},
)
