"""Python, counted as radon counts (cyclomatic) and as SonarSource does (cognitive)."""

from tree_sitter import Node

from workers.analyze.spec import Constructs
from workers.syntax.nodes import child

_WITH_ELSE = frozenset({"for_statement", "while_statement", "try_statement"})


def _is_other_end(_clause: Node, parent: Node) -> bool:
    """The `else` of a loop or of a `try` is one more path; that of an `if` is not."""
    return parent.type in _WITH_ELSE


def _is_filter(_clause: Node, parent: Node) -> bool:
    """In a comprehension; behind a `case` it only narrows the case."""
    return parent.type != "case_clause"


def _is_refutable(clause: Node, _parent: Node) -> bool:
    """`case _` and `case name` match whatever has come so far, as `else` does."""
    pattern = child(clause, "case_pattern")
    if pattern is None or clause.child_by_field_name("guard") is not None:
        return True
    inner = pattern.named_children
    return bool(inner) and (inner[0].type != "dotted_name" or inner[0].named_child_count != 1)


PYTHON = Constructs(
    functions=("function_definition", "lambda"),
    classes=("class_definition",),
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
    booleans=("boolean_operator",),
    and_or=("and", "or"),
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
    comments=("comment",),
    wrapper_functions="decorators",
    leaves=(
        "identifier",
        "integer",
        "float",
        "string_start",
        "string_content",
        "string_end",
        "true",
        "false",
        "none",
        "comment",
        "pass_statement",
        "break_statement",
        "continue_statement",
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "dotted_name",
    ),
)
