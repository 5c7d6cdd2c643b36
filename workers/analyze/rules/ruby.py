"""Ruby: cyclomatic as lizard and rubocop count it, cognitive after the white paper.

Modifiers count as the statements that they stand for, `unless` as `if`, `until` as `while`. `case` is one
structure, each `when` or `in` one path, its `else` none. Each `rescue`, the modifier as well, is a path
and a structure; `ensure` and the `else` of a `begin` are none. Blocks and lambdas are a level of what
is around them. `||=` and `&&=` are paths that are easy to follow; `&.` is none.
"""

from tree_sitter import Node

from workers.analyze.spec import Constructs


def _is_refutable(clause: Node, _around: Node) -> bool:
    """`in name` matches whatever has come so far."""
    pattern = clause.child_by_field_name("pattern")
    has_guard = clause.child_by_field_name("guard") is not None
    return has_guard or pattern is None or pattern.type != "identifier"


RUBY = Constructs(
    functions=("method", "singleton_method"),
    closures=(
        "block",
        "do_block",
    ),
    types=("class",),
    implicit_self=True,
    only_in={"else": ("if", "unless", "elsif")},
    decisions=(
        "if",
        "elsif",
        "unless",
        "if_modifier",
        "unless_modifier",
        "while",
        "until",
        "for",
        "while_modifier",
        "until_modifier",
        "when",
        "rescue",
        "rescue_modifier",
        "conditional",
        "&&",
        "||",
        "and",
        "or",
        "||=",
        "&&=",
    ),
    sometimes={"in_clause": _is_refutable},
    structures={
        "if": "consequence",
        "unless": "consequence",
        "if_modifier": None,
        "unless_modifier": None,
        "while": "body",
        "until": "body",
        "for": "body",
        "while_modifier": None,
        "until_modifier": None,
        "case": "when",
        "case_match": "clauses",
        "rescue": "body",
        "rescue_modifier": None,
        "conditional": None,
    },
    clauses={"elsif": "consequence", "else": None},
    and_or=("&&", "||", "and", "or"),
    sequences=("binary", "parenthesized_statements"),
    assignments=("assignment", "operator_assignment"),
    branches=("super", "yield"),
    conditions=("elsif", "else", "when", "in_clause", "rescue", "rescue_modifier", "conditional"),
    comparisons=("==", "!=", "===", "=~", "!~", "<=>", "<", ">", "<=", ">="),
    no_conditions=("superclass", "singleton_class"),
    calls={"call": "method"},
    logical=(
        "method",
        "singleton_method",
        "class",
        "elsif",
        "else",
        "when",
        "in_clause",
        "rescue",
        "ensure",
    ),
    blocks=("program", "body_statement", "block_body", "then", "do", "begin", "else", "ensure"),
    no_lines=("empty_statement", "exceptions", "exception_variable", "heredoc_body"),
    ends=("return", "break", "next", "redo", "retry"),
    literals=("simple_symbol", "character", "float", "heredoc_beginning"),
    strings={
        "string": b"#{",
        "delimited_symbol": b"#{",
        "subshell": b"#{",
        "regex": b"#{",
        "heredoc_body": b"#{",
        "string_array": b"#{",
        "symbol_array": b"#{",
    },
    words=("i", "r", "ri"),
    paths=("scope_resolution",),
    leaves=(
        "identifier",
        "constant",
        "instance_variable",
        "class_variable",
        "global_variable",
        "integer",
        "self",
        "nil",
        "true",
        "false",
        "hash_key_symbol",
        "file",
        "line",
    ),
)
