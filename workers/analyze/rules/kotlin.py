"""Kotlin: cyclomatic as detekt and lizard count it, cognitive as SonarSource does.

A function without a body is a promise and no function. `if` counts in expressions as it does elsewhere;
`when` is one structure, each of its branches one path, `else` none. Lambdas and functions without a name
are a level of the function around. `?:` is a path that is easy to follow, `?.` none. The getters and
setters of a property, and `init`, are code of their class.
"""

from tree_sitter import Node

from workers.analyze.spec import Constructs
from workers.syntax.nodes import child, children


def _parameters(function: Node) -> list[Node]:
    """Leave out modifiers and default values, which stand beside them."""
    return list(children(child(function, "function_value_parameters"), "parameter"))


def _has_body(function: Node) -> bool:
    return child(function, "function_body") is not None


def _has_value(declaration: Node) -> bool:
    return any(each.type == "=" for each in declaration.children)


def _is_refutable(entry: Node, _around: Node) -> bool:
    return entry.child_by_field_name("condition") is not None


KOTLIN = Constructs(
    functions=(
        "function_declaration",
        "secondary_constructor",
    ),
    closures=(
        "anonymous_function",
        "lambda_literal",
    ),
    types=("class_declaration", "object_declaration", "companion_object"),
    parameters=_parameters,
    implicit_self=True,
    only_if={
        "function_declaration": _has_body,
        "property_declaration": _has_value,
    },
    only_in={
        "else": ("if_expression",),
    },
    decisions=(
        "if_expression",
        "for_statement",
        "while_statement",
        "do_while_statement",
        "catch_block",
        "&&",
        "||",
        "?:",
    ),
    sometimes={"when_entry": _is_refutable},
    structures={
        "if_expression": ")",
        "for_statement": ")",
        "while_statement": ")",
        "do_while_statement": None,
        "catch_block": "block",
        "when_expression": "{",
    },
    otherwise=("else",),
    ifs=("if_expression",),
    and_or=("&&", "||"),
    sequences=("binary_expression", "parenthesized_expression"),
    jumps=("labeled_expression",),
    labels=("identifier",),
    assignments=("assignment", "property_declaration", "++", "--"),
    conditions=("else", "when_entry", "try", "catch"),
    comparisons=("==", "!=", "===", "!==", "<", ">", "<=", ">="),
    brackets=("type_arguments", "type_parameters"),
    calls={"call_expression": ""},
    logical=(
        "package_header",
        "import",
        "class_declaration",
        "object_declaration",
        "companion_object",
        "function_declaration",
        "secondary_constructor",
        "when_entry",
        "catch_block",
        "finally_block",
    ),
    blocks=("source_file", "class_body", "block", "lambda_literal"),
    no_lines=("lambda_parameters", "file_annotation", "shebang", "label"),
    ends=("return_expression", "throw_expression"),
    comments=("line_comment", "block_comment"),
    literals=("character_literal", "float_literal"),
    strings={"string_literal": b"$", "multiline_string_literal": b"$"},
    words=(
        "actual",
        "annotation",
        "by",
        "constructor",
        "data",
        "delegate",
        "dynamic",
        "enum",
        "expect",
        "external",
        "field",
        "file",
        "get",
        "infix",
        "init",
        "inner",
        "open",
        "operator",
        "param",
        "property",
        "receiver",
        "set",
        "setparam",
        "value",
        "where",
    ),
    keywords=("break", "continue"),
    paths=("navigation_expression", "qualified_identifier"),
    leaves=("identifier", "number_literal", "this_expression", "super_expression"),
)
