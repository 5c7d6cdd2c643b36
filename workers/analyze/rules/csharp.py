"""C#: cyclomatic and cognitive as SonarSource counts them, but that a `catch` is a path.

A method without a body is a promise and no function; a property, an indexer or an event is one function
with all its accessors if one of them has code. Local functions are functions in functions; lambdas and
anonymous methods are a level of the function around. A `switch` of either form is one structure, each
`case` and each arm one path, `default` and `_` none. `??` and `??=` are paths that are easy to follow,
`and` and `or` in patterns are operators like `&&` and `||`. Preprocessor conditionals do not count, and
the value that a property begins with is no assignment.
"""

from tree_sitter import Node

from workers.analyze.spec import Constructs, has_body
from workers.syntax.nodes import child, children, field


def _parameters(function: Node) -> list[Node]:
    """A parameter that takes the rest is no node of its own, but its keyword."""
    found = field(function, "parameters")
    if found is None:
        return []
    return [each for each in found.children if each.type in ("parameter", "params")]


def _has_accessor(member: Node) -> bool:
    """Tell whether a property has code, and not only a place to keep its value."""
    if child(member, "arrow_expression_clause"):
        return True
    accessors = children(field(member, "accessors"), "accessor_declaration")
    return any(field(each, "body") is not None for each in accessors)


def _has_value(declarator: Node) -> bool:
    return any(each.type == "=" for each in declarator.children)


def _is_refutable(arm: Node, _around: Node) -> bool:
    """`_` and `var name` match whatever has come so far."""
    return child(arm, "when_clause") is not None or child(arm, "discard", "var_pattern") is None


_MEMBERS = (
    "method_declaration",
    "constructor_declaration",
    "destructor_declaration",
    "operator_declaration",
    "conversion_operator_declaration",
    "local_function_statement",
)
_PROPERTIES = ("property_declaration", "indexer_declaration", "event_declaration")
_TYPES = ("class_declaration", "record_declaration", "struct_declaration", "interface_declaration")

CSHARP = Constructs(
    functions=(*_MEMBERS, *_PROPERTIES),
    closures=(
        "lambda_expression",
        "anonymous_method_expression",
    ),
    types=_TYPES,
    parameters=_parameters,
    implicit_self=True,
    only_if={
        **dict.fromkeys(_MEMBERS, has_body),
        **dict.fromkeys(_PROPERTIES, _has_accessor),
        "variable_declarator": _has_value,
    },
    only_in={
        "case": ("switch_section",),
    },
    skips={"preproc_if": "condition", "preproc_elif": "condition"},
    decisions=(
        "if_statement",
        "for_statement",
        "foreach_statement",
        "while_statement",
        "do_statement",
        "catch_clause",
        "case",
        "conditional_expression",
        "&&",
        "||",
        "and",
        "or",
        "??",
        "??=",
    ),
    sometimes={"switch_expression_arm": _is_refutable},
    structures={
        "if_statement": "consequence",
        "for_statement": "body",
        "foreach_statement": "body",
        "while_statement": "body",
        "do_statement": "body",
        "catch_clause": "body",
        "switch_statement": "body",
        "switch_expression": "{",
        "conditional_expression": None,
    },
    otherwise=("else",),
    ifs=("if_statement",),
    and_or=("&&", "||", "and", "or"),
    sequences=(
        "binary_expression",
        "parenthesized_expression",
        "and_pattern",
        "or_pattern",
        "parenthesized_pattern",
    ),
    jumps=("goto_statement",),
    assignments=("assignment_expression", "variable_declarator", "++", "--"),
    conditions=(
        "else",
        "switch_section",
        "switch_expression_arm",
        "conditional_expression",
        "try",
        "catch",
    ),
    comparisons=("==", "!=", "<", ">", "<=", ">="),
    brackets=("type_argument_list", "type_parameter_list"),
    calls={"invocation_expression": "function", "object_creation_expression": "type"},
    branches=("implicit_object_creation_expression", "constructor_initializer"),
    logical=(
        "using_directive",
        "namespace_declaration",
        "file_scoped_namespace_declaration",
        "enum_declaration",
        "delegate_declaration",
        *_TYPES,
        *_MEMBERS,
        *_PROPERTIES,
        "field_declaration",
        "event_field_declaration",
        "local_declaration_statement",
        "expression_statement",
        "if_statement",
        "for_statement",
        "foreach_statement",
        "while_statement",
        "do_statement",
        "switch_statement",
        "switch_section",
        "switch_expression_arm",
        "try_statement",
        "catch_clause",
        "finally_clause",
        "using_statement",
        "lock_statement",
        "fixed_statement",
        "checked_statement",
        "unsafe_statement",
        "labeled_statement",
        "return_statement",
        "yield_statement",
        "throw_statement",
        "break_statement",
        "continue_statement",
        "goto_statement",
    ),
    ends=(
        "return_statement",
        "throw_statement",
        "break_statement",
        "continue_statement",
        "goto_statement",
    ),
    literals=(
        "string_literal",
        "verbatim_string_literal",
        "raw_string_literal",
        "character_literal",
        "real_literal",
    ),
    strings={"interpolated_string_expression": b"{"},
    words=(
        "alias",
        "annotations",
        "ascending",
        "assembly",
        "by",
        "checksum",
        "descending",
        "disable",
        "enable",
        "equals",
        "field",
        "file",
        "group",
        "hidden",
        "into",
        "join",
        "managed",
        "method",
        "module",
        "param",
        "property",
        "restore",
        "type",
        "unmanaged",
        "warning",
        "warnings",
    ),
    keywords=(
        "bool",
        "byte",
        "char",
        "decimal",
        "double",
        "float",
        "int",
        "long",
        "nint",
        "nuint",
        "object",
        "sbyte",
        "short",
        "string",
        "uint",
        "ulong",
        "ushort",
        "void",
    ),
    paths=("member_access_expression", "qualified_name"),
    leaves=(
        "identifier",
        "predefined_type",
        "modifier",
        "implicit_type",
        "integer_literal",
        "boolean_literal",
        "null_literal",
        "discard",
    ),
)
