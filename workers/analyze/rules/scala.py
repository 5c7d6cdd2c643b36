"""Scala: cyclomatic as lizard counts it, but for `_`; cognitive as SonarSource does.

A `def` without a body is a promise and no function. `match` is one structure, so is `for`, and `catch`;
each generator of a `for` is a path and so is each filter. Each `case` is a path, but for `_`, which is
one only in a `catch`; a guard only narrows it. Functions without a name are a level of what is around
them. Operators are names in Scala: what they do is known by how they are written.
"""

from tree_sitter import Node

from workers.analyze.spec import Constructs, Infix
from workers.syntax.nodes import field


def _is_filter(_guard: Node, around: Node) -> bool:
    return around.type != "case_clause"


def _is_refutable(clause: Node, around: Node) -> bool:
    pattern = field(clause, "pattern")
    if pattern is None or pattern.type != "wildcard":
        return True
    has_guard = any(each.type == "guard" for each in clause.named_children)
    outer = around.parent
    return has_guard or (outer is not None and outer.type == "catch_clause")


_OPERATORS: dict[bytes, Infix] = {
    **dict.fromkeys((b"&&", b"||"), "and_or"),
    **dict.fromkeys((b"==", b"!=", b"<", b">", b"<=", b">="), "condition"),
    **dict.fromkeys((b"+=", b"-=", b"*=", b"/=", b"%=", b"&=", b"|=", b"^=", b"++="), "assignment"),
}

SCALA = Constructs(
    functions=("function_definition",),
    closures=("lambda_expression",),
    types=("class_definition", "object_definition", "trait_definition", "enum_definition"),
    implicit_self=True,
    decisions=(
        "if_expression",
        "while_expression",
        "do_while_expression",
        "<-",
    ),
    sometimes={"guard": _is_filter, "case_clause": _is_refutable},
    structures={
        "if_expression": "consequence",
        "while_expression": "body",
        "do_while_expression": "body",
        "for_expression": "body",
        "match_expression": "body",
        "catch_clause": None,
    },
    otherwise=("else",),
    ifs=("if_expression",),
    sequences=("infix_expression", "parenthesized_expression"),
    infix={"operator_identifier": _OPERATORS},
    assignments=("assignment_expression", "val_definition", "var_definition"),
    branches=("instance_expression",),
    conditions=("else", "case_clause", "try", "catch"),
    calls={"call_expression": "function"},
    logical=(
        "package_clause",
        "import_declaration",
        "class_definition",
        "object_definition",
        "trait_definition",
        "enum_definition",
        "function_definition",
        "case_clause",
        "catch_clause",
        "finally_clause",
    ),
    blocks=("compilation_unit", "template_body", "block", "indented_block", "enum_body"),
    no_lines=("end_marker", "self_type", "using_directive"),
    ends=("return_expression", "throw_expression"),
    comments=("comment", "block_comment"),
    literals=("string", "character_literal", "floating_point_literal"),
    strings={"interpolated_string_expression": b"$"},
    words=("_", "_end_ident", "as", "cap", "derives", "only", "rd", "uses"),
    paths=("field_expression", "stable_identifier"),
    leaves=(
        "identifier",
        "type_identifier",
        "integer_literal",
        "boolean_literal",
        "null_literal",
        "wildcard",
        "unit",
    ),
)
