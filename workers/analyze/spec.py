"""What the measuring walk must know of one language. Each file in `rules/` holds such tables, as data.

Names of nodes and fields are the grammar's own; tokens such as `&&` are nodes too. What a function or
a class is, and what it is called, stands in `workers.syntax.rules`, and only there.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
from tree_sitter import Node

Question = Callable[[Node, Node], bool]
"""Asked of a node and the node around it."""


WrapperFunctions = Literal["decorators", "classes"]
"""Functions around functions that Cognitive Complexity sees through (appendix A): Python's decorators,
and JavaScript's functions that stand in for classes."""


class Constructs(msgspec.Struct, frozen=True, kw_only=True):
    """One language.

    *functions*: nodes with a body of their own; those that the syntax table names are measured, the
    others are part of what is around them. *classes*: nodes whose code is no function's.
    *decisions*: each is one more path (cyclomatic).
    *structures*: +1 and +1 for each level (cognitive), and a level for all from the given field on;
    None: for all that is in it.
    *clauses*: +1 (cognitive), on the level of the structure that they continue; and the field.
    *chained*: structures whose `alternative` is such a clause, or the same again (`else if`).
    *booleans*: nodes of binary operators; *and_or*: those operators whose sequences count;
    *parentheses*: what does not part them.
    *jumps*: +1 (cognitive) where they name a label.
    *logical*: nodes that are a logical line.
    *leaves*: nodes that are never looked into.
    *sometimes*: nodes that are a decision only if the answer is yes.
    """

    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    sometimes: dict[str, Question] = {}
    structures: dict[str, str | None] = {}
    clauses: dict[str, str | None] = {}
    chained: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()
    and_or: tuple[str, ...] = ()
    parentheses: tuple[str, ...] = ("parenthesized_expression",)
    jumps: tuple[str, ...] = ()
    logical: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    comments: tuple[str, ...] = ("comment",)
    wrapper_functions: WrapperFunctions | None = None
