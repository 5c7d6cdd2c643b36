"""A language's `Constructs` in the numbers of its grammar."""

import functools
from collections.abc import Iterable
from typing import NamedTuple

import tree_sitter

from workers.analyze import rules
from workers.analyze.spec import Constructs, Question, WrapperFunctions
from workers.syntax import grammars

ERROR = 0xFFFF
"""The kind of nodes that hold what the grammar could not read."""

FIELD_BITS = 32
"""Several counts are added up at once, each in so many bits of one number."""

CYCLOMATIC, LOGICAL = (1 << FIELD_BITS * place for place in range(2))


class Table(NamedTuple):
    """What the walk needs to know of its language; *weights* are sums of the counts above."""

    kinds: tuple[int, ...]
    leaves: frozenset[int]
    functions: frozenset[int]
    classes: frozenset[int]
    weights: dict[int, int]
    sometimes: dict[int, Question]
    structures: dict[int, int | None]
    clauses: dict[int, int | None]
    comments: frozenset[int]
    sequences: frozenset[int]
    and_or: frozenset[int]
    wrapper_functions: WrapperFunctions | None


@functools.cache
def table(language: str) -> Table | None:
    """Return the table of the language with the canonical name *language*, if it has one."""
    constructs = rules.constructs(language)
    if constructs is None:
        return None
    grammar = grammars.grammar(language)
    return Table(
        kinds=(*range(grammar.node_kind_count), ERROR),
        leaves=_leaves(constructs, grammar),
        functions=kind_ids(grammar, constructs.functions),
        classes=kind_ids(grammar, constructs.classes),
        weights=_weights(constructs, grammar),
        sometimes={kind_id(grammar, kind): ask for kind, ask in constructs.sometimes.items()},
        structures=_with_fields(constructs.structures, grammar),
        clauses=_with_fields(constructs.clauses, grammar),
        comments=kind_ids(grammar, constructs.comments),
        sequences=kind_ids(grammar, (*constructs.booleans, *constructs.parentheses)),
        and_or=kind_ids(grammar, constructs.and_or),
        wrapper_functions=constructs.wrapper_functions,
    )


def kind_id(grammar: tree_sitter.Language, kind: str) -> int:
    """Return the number of the node *kind*, which may be a token such as `&&`.

    Raises:
        LookupError: the grammar has no such node, which is a mistake in a table.
    """
    number = grammar.id_for_node_kind(kind, True)
    if number is None:
        number = grammar.id_for_node_kind(kind, False)
    if number is None:
        raise LookupError(f"The grammar has no node {kind!r}.")
    return number


def kind_ids(grammar: tree_sitter.Language, kinds: Iterable[str]) -> frozenset[int]:
    """Return the numbers of *kinds*."""
    return frozenset(kind_id(grammar, kind) for kind in kinds)


def _leaves(constructs: Constructs, grammar: tree_sitter.Language) -> frozenset[int]:
    """Tokens hold nothing either."""
    tokens = (n for n in range(grammar.node_kind_count) if not grammar.node_kind_is_named(n))
    return kind_ids(grammar, constructs.leaves).union(tokens)


def _with_fields(
    kinds: dict[str, str | None], grammar: tree_sitter.Language
) -> dict[int, int | None]:
    return {kind_id(grammar, kind): _field_id(grammar, field) for kind, field in kinds.items()}


def _field_id(grammar: tree_sitter.Language, field: str | None) -> int | None:
    if field is None:
        return None
    number = grammar.field_id_for_name(field)
    if number is None:
        raise LookupError(f"The grammar has no field {field!r}.")
    return number


def _weights(constructs: Constructs, grammar: tree_sitter.Language) -> dict[int, int]:
    weights: dict[int, int] = {}
    counted = ((CYCLOMATIC, constructs.decisions), (LOGICAL, constructs.logical))
    for weight, kinds in counted:
        for number in kind_ids(grammar, kinds):
            weights[number] = weights.get(number, 0) + weight
    return weights
