"""What the measuring walk must know of one language. Each file in `rules/` holds such tables, as data.

Names of nodes and fields are the grammar's own; tokens such as `&&` are nodes too. What a function or
a class is, and what it is called, stands in `workers.syntax.rules`, and only there.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
from tree_sitter import Node

Check = Callable[[Node], bool]
"""Asked of a node."""

Question = Callable[[Node, Node], bool]
"""Asked of a node and the node around it."""

ParametersOf = Callable[[Node], list[Node]]
"""Lists the parameters of a function: as many nodes as there are."""

Infix = Literal["and_or", "assignment", "condition"]
"""What an operator counts for that the grammar knows only as some operator."""

SeesThrough = Literal["decorators", "classes"]
"""Functions that only hold functions and that Cognitive Complexity sees through (its appendix A):
Python's decorators, and JavaScript's functions that stand in for classes."""


def listed_parameters(function: Node) -> list[Node]:
    """Return what stands in the lists of parameters, apart from comments."""
    lists = function.children_by_field_name("parameters")
    return [each for one in lists for each in one.named_children if not each.is_extra]


def has_body(function: Node) -> bool:
    """Tell whether a function is more than a promise of one."""
    return function.child_by_field_name("body") is not None


class Constructs(msgspec.Struct, frozen=True, kw_only=True):
    """One language.

    Units.
    *functions*: nodes with a body of their own; those that the syntax table names are measured, the
    others are part of what is around them, and so are *closures*, which never have a name.
    *types*: nodes whose code is no function's.
    *parameters*: finds the parameters of such a node. *receiver*: a pattern for the method's own name
    for itself at its start; *implicit_self*: members are called without. *docstrings*: the body begins
    with documentation; otherwise it is the comment in front. *sees_through*: see `SeesThrough`.

    *only_if*: nodes of any sort below that are so only if the answer is yes; functions without code,
    say. *only_in*: likewise, if they are children of one of these. If not, they are a logical line at
    most. *skips*: what is in the field, or is of the kind, is not looked at.

    Cyclomatic complexity.
    *decisions*: each is one more path. *sometimes*: only if the answer is yes.

    Cognitive complexity.
    *structures*: +1, and +1 for each level around; they are a level from the given field on (or, where
    that is the name of no field, the first child of that kind), or for all that is in them.
    *clauses*: +1, in the structure that they continue; and likewise the field.
    *otherwise*: tokens that are +1, unless one of *ifs* follows: that is +1 then, as deep as the first.
    *and_or*: operators that are +1 for each run of the same in one expression, which is made of
    *sequences*, and of *chains*, in which a grammar that knows no precedence hides such operators.
    *infix*: nodes that are any operator, and what those with a certain text are.
    *jumps*: +1 where one of *labels* is in them, or next to them if they are tokens; without *labels*
    always.

    ABC.
    *assignments*, *branches* (apart from calls), *conditions* and *comparisons*, and what makes up for
    tokens that are no conditions: two for each of *brackets*, one for each of *no_conditions*; and
    likewise *no_assignments* and *no_branches*.
    *calls*: calls, and the field that ends what is called.

    Text.
    *logical*: nodes that are a logical line. *blocks*: nodes of which each child is one, apart from
    these and *no_lines*: for languages in which statements are any expressions.
    *ends*: those after which nothing runs in a block.
    *comments*, and *literals*: one operand each. *strings*: the same, but code in them is looked into
    if the mark of an interpolation stands in them; that it is made of counts for nothing else.
    *words*: tokens that look like keywords and are names as well; *keywords*: what only looks like a
    name; *operators*: signs that the grammar does not know as tokens.

    For speed alone: *paths*, names with dots, are not taken apart where they are nothing but names, and
    *leaves*, which have nothing in them that counts, never.
    """

    functions: tuple[str, ...] = ()
    closures: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    parameters: ParametersOf = listed_parameters
    sees_through: SeesThrough | None = None
    receiver: bytes | None = None
    implicit_self: bool = False
    docstrings: bool = False

    only_if: dict[str, Check] = {}
    only_in: dict[str, tuple[str, ...]] = {}
    skips: dict[str, str] = {}

    decisions: tuple[str, ...] = ()
    sometimes: dict[str, Question] = {}

    structures: dict[str, str | None] = {}
    clauses: dict[str, str | None] = {}
    otherwise: tuple[str, ...] = ()
    ifs: tuple[str, ...] = ()
    and_or: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    infix: dict[str, dict[bytes, Infix]] = {}
    jumps: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    assignments: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = ()
    brackets: tuple[str, ...] = ()
    no_conditions: tuple[str, ...] = ()
    no_assignments: tuple[str, ...] = ()
    no_branches: tuple[str, ...] = ()
    calls: dict[str, str] = {}

    logical: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    no_lines: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    comments: tuple[str, ...] = ("comment",)
    literals: tuple[str, ...] = ()
    strings: dict[str, bytes] = {}
    words: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
