"""C and C++: cyclomatic as lizard counts it, cognitive as SonarSource does.

What stands between preprocessor conditionals is all counted; the conditionals themselves are not, for
they choose what is compiled and not what is run. Macros are text, whatever they stand for. Definitions
outside their class belong to it by their name; functions that are defaulted or deleted have no code.
Lambdas are a level of the function around. A `goto` is +1, a `switch` one structure, each `case` one path.
"""

import msgspec
from tree_sitter import Node

from workers.analyze.spec import Constructs
from workers.syntax.nodes import child, field

_NO_CODE = ("default_method_clause", "delete_method_clause", "pure_virtual_clause")


def _parameters(function: Node) -> list[Node]:
    """Find the list of parameters, which may stand deep in the declarator; `(void)` is an empty one."""
    declarator = field(function, "declarator")
    while declarator is not None:
        found = declarator.child_by_field_name("parameters")
        if found is not None and field(declarator, "declarator") is not None:
            return _listed(found)
        named = declarator.named_children
        declarator = field(declarator, "declarator") or (named[-1] if named else None)
    return []


def _listed(parameters: Node) -> list[Node]:
    found = [
        each
        for each in parameters.children
        if (each.is_named and not each.is_extra) or each.type == "..."
    ]
    return [] if len(found) == 1 and _is_void(found[0]) else found


def _is_void(parameter: Node) -> bool:
    """`void` is the only type of four letters that nothing can be passed as."""
    only = parameter.named_children
    return [each.type for each in only] == ["primitive_type"] and only[0].end_byte - only[
        0
    ].start_byte == len("void")


def _has_code(function: Node) -> bool:
    return child(function, *_NO_CODE) is None


C = Constructs(
    functions=("function_definition",),
    parameters=_parameters,
    skips={"preproc_if": "condition", "preproc_elif": "condition"},
    decisions=(
        "if_statement",
        "for_statement",
        "while_statement",
        "do_statement",
        "seh_except_clause",
        "case",
        "conditional_expression",
        "&&",
        "||",
    ),
    structures={
        "if_statement": "consequence",
        "for_statement": "body",
        "while_statement": "body",
        "do_statement": "body",
        "seh_except_clause": "body",
        "switch_statement": "body",
        "conditional_expression": None,
    },
    otherwise=("else",),
    ifs=("if_statement",),
    and_or=("&&", "||"),
    sequences=("binary_expression", "parenthesized_expression"),
    jumps=("goto_statement",),
    assignments=("assignment_expression", "init_declarator", "update_expression"),
    conditions=("else", "case_statement", "conditional_expression"),
    comparisons=("==", "!=", "<", ">", "<=", ">="),
    calls={"call_expression": "function"},
    logical=(
        "preproc_include",
        "preproc_def",
        "preproc_function_def",
        "preproc_call",
        "function_definition",
        "declaration",
        "field_declaration",
        "type_definition",
        "expression_statement",
        "if_statement",
        "for_statement",
        "while_statement",
        "do_statement",
        "switch_statement",
        "case_statement",
        "labeled_statement",
        "return_statement",
        "break_statement",
        "continue_statement",
        "goto_statement",
    ),
    ends=("return_statement", "break_statement", "continue_statement", "goto_statement"),
    literals=("string_literal", "char_literal", "system_lib_string", "number_literal"),
    words=("defined",),
    keywords=("bool", "char", "double", "float", "int", "void"),
    paths=("field_expression",),
    leaves=(
        "identifier",
        "field_identifier",
        "type_identifier",
        "statement_identifier",
        "primitive_type",
        "true",
        "false",
    ),
)

CPP = msgspec.structs.replace(
    C,
    functions=("function_definition",),
    closures=("lambda_expression",),
    types=("class_specifier", "struct_specifier", "union_specifier"),
    implicit_self=True,
    only_if={
        "function_definition": _has_code,
    },
    only_in={
        "&&": ("binary_expression",),
        "and": ("binary_expression",),
        "or": ("binary_expression",),
    },
    decisions=(*C.decisions, "for_range_loop", "catch_clause", "and", "or"),
    structures={**C.structures, "for_range_loop": "body", "catch_clause": "body"},
    and_or=("&&", "||", "and", "or"),
    conditions=(*C.conditions, "try", "catch"),
    brackets=("template_argument_list", "template_parameter_list"),
    calls={**C.calls, "new_expression": "type"},
    logical=(
        *C.logical,
        "class_specifier",
        "struct_specifier",
        "union_specifier",
        "namespace_definition",
        "using_declaration",
        "alias_declaration",
        "for_range_loop",
        "try_statement",
        "catch_clause",
        "throw_statement",
        "co_return_statement",
        "co_yield_statement",
    ),
    ends=(*C.ends, "throw_statement", "co_return_statement"),
    literals=(*C.literals, "raw_string_literal", "user_defined_literal"),
    words=("defined", "final", "override"),
    paths=("field_expression", "qualified_identifier"),
    leaves=(*C.leaves, "namespace_identifier", "auto", "this"),
)
