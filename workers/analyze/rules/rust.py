"""Rust: cyclomatic as rust-code-analysis counts it, but for `_`; cognitive as SonarSource does.

Functions of an `impl` belong to the type that it is for; one in a trait without a body is a promise and
no function. Closures are a level of the function around. `match` is one structure, each arm one path but
for `_`; a guard only narrows its arm. `?` and `let ... else` leave early and are paths; the latter is
a structure as an `if` is. What stands in the brackets of a macro is text, and no code is seen in it.
"""

from tree_sitter import Node

from workers.analyze.spec import Constructs, listed_parameters
from workers.syntax.nodes import field

_NO_PARAMETERS = frozenset({"self_parameter", "attribute_item"})


def _parameters(function: Node) -> list[Node]:
    """Leave out `self`."""
    return [each for each in listed_parameters(function) if each.type not in _NO_PARAMETERS]


def _is_refutable(arm: Node, _around: Node) -> bool:
    pattern = field(arm, "pattern")
    first = None if pattern is None else pattern.child(0)
    return first is None or first.type != "_" or pattern is None or pattern.child_count > 1


def _has_else(declaration: Node) -> bool:
    return declaration.child_by_field_name("alternative") is not None


def _has_value(node: Node) -> bool:
    return any(each.type == "=" for each in node.children)


_MAY_HAVE_VALUES = ("attribute", "type_parameter", "const_parameter", "const_item", "static_item")

RUST = Constructs(
    functions=("function_item",),
    closures=("closure_expression",),
    types=("struct_item", "enum_item", "union_item", "trait_item"),
    parameters=_parameters,
    only_if={
        "let_declaration": _has_else,
        **dict.fromkeys(_MAY_HAVE_VALUES, _has_value),
    },
    only_in={
        "else": ("else_clause",),
        "&&": ("binary_expression", "let_chain"),
        "||": ("binary_expression",),
    },
    decisions=(
        "if_expression",
        "while_expression",
        "for_expression",
        "loop_expression",
        "let_declaration",
        "try_expression",
        "&&",
        "||",
    ),
    sometimes={"match_arm": _is_refutable},
    structures={
        "if_expression": "consequence",
        "while_expression": "body",
        "for_expression": "body",
        "loop_expression": "body",
        "match_expression": "body",
        "let_declaration": "alternative",
    },
    otherwise=("else",),
    ifs=("if_expression",),
    and_or=("&&", "||"),
    sequences=("binary_expression", "let_chain", "parenthesized_expression"),
    jumps=("break_expression", "continue_expression"),
    labels=("label",),
    assignments=("=", "compound_assignment_expr"),
    no_assignments=(*_MAY_HAVE_VALUES, "let_condition", "type_item", "type_binding"),
    branches=("macro_invocation",),
    conditions=("else", "match_arm"),
    comparisons=("==", "!=", "<", ">", "<=", ">="),
    brackets=("type_arguments", "type_parameters", "qualified_type", "for_lifetimes"),
    calls={"call_expression": "function"},
    logical=(
        "use_declaration",
        "extern_crate_declaration",
        "mod_item",
        "impl_item",
        "struct_item",
        "enum_item",
        "union_item",
        "trait_item",
        "type_item",
        "const_item",
        "static_item",
        "macro_definition",
        "function_item",
        "function_signature_item",
        "let_declaration",
        "match_arm",
    ),
    blocks=("block",),
    no_lines=("attribute_item", "inner_attribute_item", "label", "empty_statement"),
    ends=("return_expression", "break_expression", "continue_expression"),
    comments=("line_comment", "block_comment"),
    literals=("string_literal", "raw_string_literal", "char_literal", "float_literal"),
    words=(
        "_",
        "block",
        "default",
        "expr",
        "expr_2021",
        "gen",
        "ident",
        "item",
        "lifetime",
        "literal",
        "meta",
        "pat",
        "pat_param",
        "path",
        "raw",
        "stmt",
        "tt",
        "ty",
        "union",
        "vis",
    ),
    paths=("scoped_identifier", "scoped_type_identifier", "field_expression"),
    leaves=(
        "identifier",
        "field_identifier",
        "type_identifier",
        "primitive_type",
        "integer_literal",
        "boolean_literal",
        "self",
        "super",
        "crate",
        "mutable_specifier",
    ),
)
