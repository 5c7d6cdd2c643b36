"""JavaScript, TypeScript and TSX: cyclomatic as ESLint counts it, cognitive as SonarSource does.

`&&`, `||`, `??` and their assignments are paths, each `case` is one, `default` none; `?.` and default
values are none. `??` is a shorthand, and no harder to follow. A type costs nothing: it is not run.
"""

import msgspec
from tree_sitter import Node

from workers.analyze.spec import Constructs, listed_parameters


def _parameters(function: Node) -> list[Node]:
    """An arrow function with one parameter needs no list; `this` is a parameter to the compiler only."""
    only = function.child_by_field_name("parameter")
    if only is not None:
        return [only]
    return [each for each in listed_parameters(function) if not _is_this(each)]


def _is_this(parameter: Node) -> bool:
    pattern = parameter.child_by_field_name("pattern")
    return pattern is not None and pattern.type == "this"


def _has_value(node: Node) -> bool:
    return any(each.type == "=" for each in node.children)


def _is_alone(export: Node) -> bool:
    """What an export declares is a logical line of its own."""
    return export.child_by_field_name("declaration") is None


JAVASCRIPT = Constructs(
    functions=(
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "generator_function",
        "arrow_function",
        "method_definition",
    ),
    types=("class_declaration", "class"),
    parameters=_parameters,
    sees_through="classes",
    only_if={"export_statement": _is_alone, "jsx_attribute": _has_value},
    decisions=(
        "if_statement",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "catch_clause",
        "switch_case",
        "ternary_expression",
        "&&",
        "||",
        "??",
        "&&=",
        "||=",
        "??=",
    ),
    structures={
        "if_statement": "consequence",
        "for_statement": "body",
        "for_in_statement": "body",
        "while_statement": "body",
        "do_statement": "body",
        "catch_clause": "body",
        "switch_statement": "body",
        "ternary_expression": None,
    },
    otherwise=("else",),
    ifs=("if_statement",),
    and_or=("&&", "||"),
    sequences=("binary_expression", "parenthesized_expression"),
    jumps=("break_statement", "continue_statement"),
    labels=("statement_identifier",),
    assignments=("=", "augmented_assignment_expression", "update_expression"),
    no_assignments=("assignment_pattern", "object_assignment_pattern", "jsx_attribute"),
    conditions=(
        "else",
        "switch_case",
        "switch_default",
        "ternary_expression",
        "try",
        "catch",
    ),
    comparisons=("==", "!=", "===", "!==", "<", ">", "<=", ">="),
    brackets=("jsx_opening_element",),
    no_conditions=("jsx_closing_element", "jsx_self_closing_element"),
    calls={"call_expression": "function", "new_expression": "constructor"},
    logical=(
        "import_statement",
        "export_statement",
        "expression_statement",
        "lexical_declaration",
        "variable_declaration",
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "method_definition",
        "field_definition",
        "class_static_block",
        "if_statement",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "switch_statement",
        "switch_case",
        "switch_default",
        "try_statement",
        "catch_clause",
        "finally_clause",
        "with_statement",
        "labeled_statement",
        "return_statement",
        "throw_statement",
        "break_statement",
        "continue_statement",
        "debugger_statement",
    ),
    ends=("return_statement", "throw_statement", "break_statement", "continue_statement"),
    literals=("string", "regex", "jsx_text", "number", "hash_bang_line"),
    strings={"template_string": b"${"},
    words=("as", "async", "from", "get", "meta", "of", "set", "static", "target", "using"),
    operators=("?.",),
    paths=("member_expression",),
    leaves=(
        "identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "statement_identifier",
        "optional_chain",
        "this",
        "super",
        "true",
        "false",
        "null",
        "undefined",
    ),
)

_ONLY_WITH_JSX = (
    "jsx_attribute",
    "jsx_text",
    "jsx_opening_element",
    "jsx_closing_element",
    "jsx_self_closing_element",
)

TSX = msgspec.structs.replace(
    JAVASCRIPT,
    types=(
        *JAVASCRIPT.types,
        "abstract_class_declaration",
        "interface_declaration",
        "enum_declaration",
    ),
    only_if={
        **JAVASCRIPT.only_if,
        "required_parameter": _has_value,
        "optional_parameter": _has_value,
    },
    no_assignments=(
        *JAVASCRIPT.no_assignments,
        "required_parameter",
        "optional_parameter",
        "default_type",
        "type_alias_declaration",
        "enum_assignment",
    ),
    brackets=(*JAVASCRIPT.brackets, "type_arguments", "type_parameters"),
    logical=(
        *(kind for kind in JAVASCRIPT.logical if kind != "field_definition"),
        "public_field_definition",
        "abstract_class_declaration",
        "abstract_method_signature",
        "interface_declaration",
        "method_signature",
        "property_signature",
        "type_alias_declaration",
        "enum_declaration",
        "function_signature",
        "import_alias",
    ),
    words=(
        *JAVASCRIPT.words,
        "abstract",
        "accessor",
        "any",
        "assert",
        "asserts",
        "declare",
        "global",
        "infer",
        "is",
        "module",
        "namespace",
        "override",
        "readonly",
        "require",
        "satisfies",
        "symbol",
        "type",
        "unknown",
    ),
    leaves=(*JAVASCRIPT.leaves, "type_identifier", "predefined_type", "this_type"),
)


def _without_jsx(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in kinds if kind not in _ONLY_WITH_JSX)


TYPESCRIPT = msgspec.structs.replace(
    TSX,
    only_if={kind: ask for kind, ask in TSX.only_if.items() if kind not in _ONLY_WITH_JSX},
    no_assignments=_without_jsx(TSX.no_assignments),
    brackets=_without_jsx(TSX.brackets),
    no_conditions=_without_jsx(TSX.no_conditions),
    literals=_without_jsx(TSX.literals),
)
