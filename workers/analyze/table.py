"""A language's `Constructs` in the numbers of its grammar."""

import functools
from collections.abc import Iterable
from typing import Final, NamedTuple

import tree_sitter
from tree_sitter import Node

from workers.analyze import rules
from workers.analyze.spec import Check, Constructs, Infix, Question
from workers.syntax import grammars

ERROR: Final = 0xFFFF
"""The kind of nodes that hold what the grammar could not read."""

BITS: Final = 24
"""Several counts are added up at once, each in so many bits of one number: a source has fewer nodes."""

CYCLOMATIC: Final = 1
LOGICAL: Final = 1 << BITS
ASSIGNMENTS: Final = 1 << 2 * BITS
BRANCHES: Final = 1 << 3 * BITS
CONDITIONS: Final = 1 << 4 * BITS
NO_CONDITIONS: Final = 1 << 5 * BITS

_INFIX: Final[dict[Infix, int]] = {
    "and_or": CYCLOMATIC,
    "assignment": ASSIGNMENTS,
    "condition": CONDITIONS,
}


WHOLE: Final = 0
PATH: Final = 1
INSIDE: Final = 2
KEEP: Final = 3
KEEP_STRING: Final = 4
KEEP_REST: Final = 5
KEEP_WHOLE: Final = 6
"""What the walk does with a node: looks inside or takes it whole, keeps it or does not. A string is
looked into if code is in it, a path if more than names is, and of others only the rest behind a part.

The walk compares: from `KEEP` on a node is kept, and what is next to it needs no closer look."""


class Table(NamedTuple):
    """What the walk needs to know of its language; *weights* are sums of the counts above.

    *plan* is what to do with each kind of node. *asked* are those that need a closer look.
    """

    language: str
    constructs: Constructs
    plan: dict[int, int]
    weights: dict[int, int]
    asked: frozenset[int]
    functions: frozenset[int]
    closures: frozenset[int]
    types: frozenset[int]
    sometimes: dict[int, Question]
    only_if: dict[int, Check]
    only_in: dict[int, frozenset[int]]
    skips: dict[int, int | None]
    logical: frozenset[int]
    blocks: frozenset[int]
    uncounted: frozenset[int]
    infix: dict[int, dict[bytes, int]]
    structures: dict[int, int | None]
    clauses: dict[int, int | None]
    otherwise: frozenset[int]
    ifs: frozenset[int]
    and_or: frozenset[int]
    sequences: frozenset[int]
    chains: frozenset[int]
    jumps: frozenset[int]
    calls: dict[int, int | None]
    comments: frozenset[int]
    literals: frozenset[int]
    parts: frozenset[int]
    strings: dict[int, bytes]
    keywords: frozenset[bytes]
    operators: frozenset[bytes]


@functools.cache
def table(language: str) -> Table | None:
    """Return the table of the language with the canonical name *language*, if it has one."""
    constructs = rules.constructs(language)
    return None if constructs is None else _table(language, constructs, grammars.grammar(language))


def _table(language: str, constructs: Constructs, grammar: tree_sitter.Language) -> Table:
    def ids(kinds: Iterable[str]) -> frozenset[int]:
        return frozenset(number for kind in kinds for number in kind_ids(grammar, kind))

    def fields(kinds: dict[str, str | None]) -> dict[int, int | None]:
        return {
            number: _part(grammar, part)
            for kind, part in kinds.items()
            for number in kind_ids(grammar, kind)
        }

    tokens = [n for n in range(grammar.node_kind_count) if not grammar.node_kind_is_named(n)]
    seen = {grammar.node_kind_for_id(n) for n in tokens if grammar.node_kind_is_visible(n)}
    kinds = (*range(grammar.node_kind_count), ERROR)
    words = {kind for kind in seen if kind and (kind[0].isalpha() or kind[0] == "_")}
    found = Table(
        language=language,
        constructs=constructs,
        plan=dict.fromkeys(kinds, INSIDE)
        | dict.fromkeys(ids(constructs.leaves).union(tokens), WHOLE)
        | dict.fromkeys(ids(constructs.paths), PATH),
        weights=dict.fromkeys(kinds, 0) | _weights(constructs, grammar),
        asked=ids(
            (
                *constructs.only_if,
                *constructs.only_in,
                *constructs.sometimes,
                *constructs.blocks,
            )
        ),
        functions=ids(constructs.functions),
        closures=ids(constructs.closures),
        types=ids(constructs.types),
        sometimes={n: ask for kind, ask in constructs.sometimes.items() for n in ids([kind])},
        only_if={n: ask for kind, ask in constructs.only_if.items() for n in ids([kind])},
        only_in={n: ids(outer) for kind, outer in constructs.only_in.items() for n in ids([kind])},
        skips=fields({**constructs.skips}),
        logical=ids(constructs.logical),
        blocks=ids(constructs.blocks),
        uncounted=ids((*constructs.logical, *constructs.no_lines)),
        infix={
            n: {text: _INFIX[what] for text, what in texts.items()}
            for kind, texts in constructs.infix.items()
            for n in ids([kind])
        },
        structures=fields(constructs.structures),
        clauses=fields(constructs.clauses),
        otherwise=ids(constructs.otherwise),
        ifs=ids(constructs.ifs),
        and_or=ids(constructs.and_or),
        sequences=ids(constructs.sequences),
        chains=ids(constructs.chains),
        jumps=ids(constructs.jumps),
        calls=fields({kind: field or None for kind, field in constructs.calls.items()}),
        comments=ids(constructs.comments),
        literals=ids(constructs.literals),
        parts=ids((*constructs.comments, *constructs.literals, *constructs.strings)),
        strings={n: mark for kind, mark in constructs.strings.items() for n in ids([kind])},
        keywords=frozenset(
            word.encode() for word in (words | {*constructs.keywords}) - {*constructs.words}
        ),
        operators=frozenset(
            token.encode() for token in (seen - words) | {*constructs.operators} if token
        ),
    )
    found.plan.update(_kept(found))
    return found


def _kept(rules: Table) -> dict[int, int]:
    """Return what to do with each kind of node that counts for something."""
    counted = (kind for kind, weight in rules.weights.items() if weight)
    whole = (rules.comments, rules.literals)
    inside = (
        counted,
        rules.asked,
        rules.functions,
        rules.closures,
        rules.types,
        rules.structures,
        rules.clauses,
        rules.otherwise,
        rules.and_or,
        rules.infix,
        rules.jumps,
        rules.calls,
    )
    plan = {
        kind: KEEP_WHOLE if rules.plan[kind] == WHOLE else KEEP
        for kinds in inside
        for kind in kinds
    }
    plan |= {kind: KEEP_WHOLE for kinds in whole for kind in kinds}
    plan |= dict.fromkeys(rules.strings, KEEP_STRING)
    return plan | dict.fromkeys(rules.skips, KEEP_REST)


def kind_ids(grammar: tree_sitter.Language, kind: str) -> set[int]:
    """Return the numbers of the visible nodes *kind*; a token such as `&&` is one, too.

    Raises:
        LookupError: the grammar has no such node, which is a mistake in a table.
    """
    named = grammar.id_for_node_kind(kind, True)
    number = grammar.id_for_node_kind(kind, False) if named is None else named
    if number is None:
        raise LookupError(f"The grammar has no node {kind!r}.")
    return {number}


def _part(grammar: tree_sitter.Language, part: str | None) -> int | None:
    """Return the number of the field *part*, or, below 0, of the kind if there is no such field."""
    if part is None:
        return None
    field = grammar.field_id_for_name(part)
    return -min(kind_ids(grammar, part)) if field is None else field


def part_of(node: Node, part: int | None) -> Node | None:
    """Return the child in the field *part*, or, if that is below 0, the first of that kind."""
    if part is None:
        return None
    if part >= 0:
        return node.child_by_field_id(part)
    return next((each for each in node.children if each.kind_id == -part), None)


def _weights(constructs: Constructs, grammar: tree_sitter.Language) -> dict[int, int]:
    """Return what each kind counts for."""
    counted: tuple[tuple[int, Iterable[str]], ...] = (
        (CYCLOMATIC, constructs.decisions),
        (LOGICAL, constructs.logical),
        (ASSIGNMENTS, constructs.assignments),
        (-ASSIGNMENTS, constructs.no_assignments),
        (-BRANCHES, constructs.no_branches),
        (BRANCHES, (*constructs.branches, *constructs.calls)),
        (CONDITIONS, (*constructs.conditions, *constructs.comparisons)),
        (2 * NO_CONDITIONS, constructs.brackets),
        (NO_CONDITIONS, constructs.no_conditions),
    )
    weights: dict[int, int] = {}
    for weight, kinds in counted:
        for number in (number for kind in kinds for number in kind_ids(grammar, kind)):
            weights[number] = weights.get(number, 0) + weight
    return weights
