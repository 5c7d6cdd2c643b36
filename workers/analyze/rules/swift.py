"""Swift: cyclomatic as lizard and SwiftLint count it, cognitive as SonarSource does.

A function without a body is a promise and no function; a property that is computed is one function with
all its accessors, and observers are code of their type. `guard` counts as `if`, its `else` for nothing.
`switch` is one structure, each `case` one path, `default` none; the `where` of a loop is a path, that of
a case only narrows it. Closures are a level of the function around. `??` is a path that is easy to
follow, `?.` and `try?` are none.

The grammar knows no precedence, takes `!(a)` for a call, and `!=` for an operator of the program's own.
"""

from tree_sitter import Node

from workers.analyze.spec import Constructs, has_body
from workers.syntax.nodes import child, children


def _parameters(function: Node) -> list[Node]:
    return list(children(function, "parameter"))


def _has_value(declaration: Node) -> bool:
    return declaration.child_by_field_name("value") is not None


def _is_refutable(entry: Node, _around: Node) -> bool:
    return child(entry, "default_keyword") is None


SWIFT = Constructs(
    functions=(
        "function_declaration",
        "init_declaration",
        "deinit_declaration",
        "computed_property",
    ),
    closures=("lambda_literal",),
    types=("class_declaration", "protocol_declaration"),
    parameters=_parameters,
    implicit_self=True,
    only_if={
        "init_declaration": has_body,
        "property_declaration": _has_value,
    },
    only_in={
        "else": ("if_statement",),
        "bang": ("call_expression",),
        "where_clause": ("for_statement",),
    },
    decisions=(
        "if_statement",
        "guard_statement",
        "for_statement",
        "while_statement",
        "repeat_while_statement",
        "catch_block",
        "ternary_expression",
        "conjunction_expression",
        "disjunction_expression",
        "nil_coalescing_expression",
        "where_clause",
    ),
    sometimes={"switch_entry": _is_refutable},
    structures={
        "if_statement": "{",
        "guard_statement": "{",
        "for_statement": "{",
        "while_statement": "{",
        "repeat_while_statement": "{",
        "catch_block": "{",
        "switch_statement": "{",
        "ternary_expression": None,
    },
    otherwise=("else",),
    ifs=("if_statement",),
    and_or=("&&", "||"),
    sequences=(
        "conjunction_expression",
        "disjunction_expression",
        "tuple_expression",
    ),
    chains=(
        "equality_expression",
        "comparison_expression",
        "infix_expression",
        "range_expression",
        "additive_expression",
        "multiplicative_expression",
        "bitwise_operation",
        "nil_coalescing_expression",
    ),
    infix={"custom_operator": dict.fromkeys((b"==", b"!=", b"<=", b">="), "condition")},
    jumps=("break", "continue"),
    labels=("simple_identifier",),
    assignments=("assignment", "property_declaration"),
    conditions=("else", "switch_entry", "ternary_expression", "do_statement", "catch_block"),
    comparisons=("==", "!=", "===", "!==", "<", ">", "<=", ">="),
    brackets=("type_arguments", "type_parameters"),
    no_branches=("bang",),
    calls={"call_expression": ""},
    logical=(
        "class_declaration",
        "protocol_declaration",
        "function_declaration",
        "init_declaration",
        "deinit_declaration",
        "switch_entry",
        "catch_block",
    ),
    blocks=("source_file", "class_body", "enum_class_body", "protocol_body", "statements"),
    no_lines=("statement_label", "directive", "shebang_line"),
    ends=("control_transfer_statement",),
    comments=("comment", "multiline_comment"),
    literals=("real_literal", "regex_literal"),
    strings={
        "line_string_literal": b"\\(",
        "multi_line_string_literal": b"\\(",
        "raw_string_literal": b"#(",
    },
    words=(
        "Protocol",
        "Type",
        "arch",
        "available",
        "canImport",
        "colorLiteral",
        "column",
        "compiler",
        "copy",
        "discard",
        "dsohandle",
        "each",
        "externalMacro",
        "file",
        "fileID",
        "fileLiteral",
        "filePath",
        "function",
        "imageLiteral",
        "isolated",
        "keyPath",
        "line",
        "macro",
        "of",
        "package",
        "selector",
        "swift",
        "targetEnvironment",
        "u",
        "unavailable",
    ),
    keywords=("catch", "default", "else", "throw", "throws", "where"),
    paths=("navigation_expression",),
    leaves=(
        "simple_identifier",
        "type_identifier",
        "integer_literal",
        "boolean_literal",
        "self_expression",
        "nil_literal",
        "default_keyword",
        "catch_keyword",
        "throw_keyword",
        "where_keyword",
        "throws",
        "visibility_modifier",
        "statement_label",
    ),
)
