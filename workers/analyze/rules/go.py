"""Go: cyclomatic as gocyclo counts it, cognitive as SonarSource does.

A function without a body is written elsewhere, and no function here. A `switch` or `select` is one
structure, each `case` one path, `default` none. Function literals are a level of what is around them.
"""

from tree_sitter import Node

from workers.analyze.spec import Constructs, has_body, listed_parameters


def _parameters(function: Node) -> list[Node]:
    """Take each name of `a, b int`, and the type where it stands alone."""
    return [
        each
        for one in listed_parameters(function)
        for each in (one.children_by_field_name("name") or [one])
        if each.is_named
    ]


def _has_value(declared: Node) -> bool:
    return declared.child_by_field_name("value") is not None


GO = Constructs(
    functions=("function_declaration", "method_declaration"),
    closures=("func_literal",),
    types=("type_spec",),
    parameters=_parameters,
    receiver=rb"func\s*\(\s*(\w+)",
    only_if={"function_declaration": has_body, "var_spec": _has_value},
    decisions=(
        "if_statement",
        "for_statement",
        "expression_case",
        "type_case",
        "communication_case",
        "&&",
        "||",
    ),
    structures={
        "if_statement": "consequence",
        "for_statement": "body",
        "expression_switch_statement": "{",
        "type_switch_statement": "{",
        "select_statement": "{",
    },
    otherwise=("else",),
    ifs=("if_statement",),
    and_or=("&&", "||"),
    sequences=("binary_expression", "parenthesized_expression"),
    jumps=("break_statement", "continue_statement", "goto_statement"),
    labels=("label_name",),
    assignments=(
        "assignment_statement",
        "short_var_declaration",
        "inc_statement",
        "dec_statement",
        "var_spec",
    ),
    conditions=("else", "expression_case", "type_case", "communication_case", "default_case"),
    comparisons=("==", "!=", "<", ">", "<=", ">="),
    calls={"call_expression": "function"},
    logical=(
        "package_clause",
        "import_spec",
        "function_declaration",
        "method_declaration",
        "const_spec",
        "var_spec",
        "type_spec",
        "type_alias",
        "expression_statement",
        "send_statement",
        "inc_statement",
        "dec_statement",
        "assignment_statement",
        "short_var_declaration",
        "if_statement",
        "for_statement",
        "expression_switch_statement",
        "type_switch_statement",
        "select_statement",
        "expression_case",
        "type_case",
        "communication_case",
        "default_case",
        "return_statement",
        "break_statement",
        "continue_statement",
        "goto_statement",
        "fallthrough_statement",
        "labeled_statement",
        "go_statement",
        "defer_statement",
    ),
    ends=("return_statement", "break_statement", "continue_statement", "goto_statement"),
    literals=(
        "interpreted_string_literal",
        "raw_string_literal",
        "rune_literal",
        "float_literal",
        "imaginary_literal",
    ),
    paths=("selector_expression", "qualified_type"),
    leaves=(
        "identifier",
        "field_identifier",
        "package_identifier",
        "type_identifier",
        "label_name",
        "int_literal",
        "true",
        "false",
        "nil",
        "iota",
    ),
)
