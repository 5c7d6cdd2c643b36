"""Python, counted as radon counts (cyclomatic) and as SonarSource does (cognitive)."""

from tree_sitter import Node

from workers.analyze.spec import Constructs, listed_parameters

_SEPARATORS = frozenset({"keyword_separator", "positional_separator"})
_WITH_ELSE = frozenset({"for_statement", "while_statement", "try_statement"})


def _is_other_end(_clause: Node, parent: Node) -> bool:
    """The `else` of a loop or of a `try` is one more path; that of an `if` is not."""
    return parent.type in _WITH_ELSE


def _is_filter(_clause: Node, parent: Node) -> bool:
    """In a comprehension; behind a `case` it only narrows the case."""
    return parent.type != "case_clause"


def _is_refutable(clause: Node, _parent: Node) -> bool:
    """`case _` and `case name` match whatever has come so far, as `else` does."""
    if [each.type for each in clause.children[:3]] != ["case", "case_pattern", ":"]:
        return True  # a guard, or several in a row
    inner = clause.children[1].named_children
    while inner and inner[0].type == "tuple_pattern" and _is_in_brackets(inner[0]):
        inner = inner[0].named_children[0].named_children
    return bool(inner) and (inner[0].type != "dotted_name" or inner[0].named_child_count != 1)


def _is_in_brackets(pattern: Node) -> bool:
    """Tell whether it is no tuple, but one pattern in brackets."""
    return [each.type for each in pattern.children] == ["(", "case_pattern", ")"]


def _parameters(function: Node) -> list[Node]:
    """Leave out the lone `*` and `/`."""
    return [each for each in listed_parameters(function) if each.type not in _SEPARATORS]


PYTHON = Constructs(
    functions=("function_definition", "lambda"),
    types=("class_definition",),
    parameters=_parameters,
    sees_through="decorators",
    docstrings=True,
    decisions=(
        "if_statement",
        "elif_clause",
        "for_statement",
        "while_statement",
        "except_clause",
        "conditional_expression",
        "for_in_clause",
        "assert_statement",
        "and",
        "or",
    ),
    sometimes={
        "else_clause": _is_other_end,
        "if_clause": _is_filter,
        "case_clause": _is_refutable,
    },
    structures={
        "if_statement": "consequence",
        "for_statement": "body",
        "while_statement": "body",
        "except_clause": None,
        "match_statement": "body",
        "conditional_expression": None,
    },
    clauses={"elif_clause": "consequence", "else_clause": None},
    and_or=("and", "or"),
    sequences=("boolean_operator", "parenthesized_expression"),
    assignments=("assignment", "augmented_assignment", "named_expression"),
    comparisons=("==", "!=", "<>", "<", ">", "<=", ">=", "in", "not in", "is", "is not"),
    conditions=(
        "elif_clause",
        "else_clause",
        "case_clause",
        "try_statement",
        "except_clause",
        "conditional_expression",
    ),
    no_conditions=("for_statement", "for_in_clause"),
    calls={"call": "function"},
    logical=(
        "expression_statement",
        "if_statement",
        "elif_clause",
        "else_clause",
        "for_statement",
        "while_statement",
        "try_statement",
        "except_clause",
        "finally_clause",
        "with_statement",
        "match_statement",
        "case_clause",
        "function_definition",
        "class_definition",
        "return_statement",
        "raise_statement",
        "break_statement",
        "continue_statement",
        "pass_statement",
        "assert_statement",
        "delete_statement",
        "global_statement",
        "nonlocal_statement",
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "type_alias_statement",
        "print_statement",
        "exec_statement",
    ),
    ends=("return_statement", "raise_statement", "break_statement", "continue_statement"),
    literals=("float",),
    strings={"string": b"{"},
    words=("_", "case", "exec", "match", "print", "type"),
    paths=("attribute",),
    leaves=(
        "identifier",
        "integer",
        "true",
        "false",
        "none",
        "string_start",
        "string_content",
        "string_end",
    ),
)
