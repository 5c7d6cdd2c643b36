"""A language's `Constructs` in the numbers of its grammar."""

import functools
from collections.abc import Iterable
from typing import Final, NamedTuple

import tree_sitter

from workers.analyze import rules
from workers.analyze.spec import Constructs, Infix, Question
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


class Table(NamedTuple):
    """What the walk needs to know of its language; *weights* are sums of the counts above."""

    constructs: Constructs
    kinds: tuple[int, ...]
    leaves: frozenset[int]
    functions: frozenset[int]
    types: frozenset[int]
    weights: dict[int, int]
    short_weights: dict[int, int]
    counted: frozenset[int]
    sometimes: dict[int, Question]
    only_if: dict[int, Question]
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
    jumps: frozenset[int]
    calls: dict[int, int | None]
    arguments: int | None
    comments: frozenset[int]
    literals: frozenset[int]
    strings: dict[int, bytes]
    paths: frozenset[int]
    keywords: frozenset[bytes]
    operators: frozenset[bytes]
    gated: frozenset[int]


@functools.cache
def table(language: str) -> Table | None:
    """Return the table of the language with the canonical name *language*, if it has one."""
    constructs = rules.constructs(language)
    return None if constructs is None else _table(constructs, grammars.grammar(language))


def _table(constructs: Constructs, grammar: tree_sitter.Language) -> Table:
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
    weights = _weights(constructs, grammar)
    words = {kind for kind in seen if kind and (kind[0].isalpha() or kind[0] == "_")}
    return Table(
        constructs=constructs,
        kinds=kinds,
        leaves=ids(constructs.leaves).union(tokens),
        functions=ids(constructs.functions),
        types=ids(constructs.types),
        weights=dict.fromkeys(kinds, 0) | weights,
        short_weights=dict.fromkeys(kinds, 0) | _weights(constructs, grammar, is_short=True),
        counted=frozenset(weights),
        sometimes={n: ask for kind, ask in constructs.sometimes.items() for n in ids([kind])},
        only_if={n: ask for kind, ask in constructs.only_if.items() for n in ids([kind])},
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
        jumps=ids(constructs.jumps),
        calls=fields({kind: field or None for kind, field in constructs.calls.items()}),
        arguments=_field_id(grammar, constructs.arguments),
        comments=ids(constructs.comments),
        literals=ids(constructs.literals),
        strings={n: mark for kind, mark in constructs.strings.items() for n in ids([kind])},
        paths=ids(constructs.paths),
        keywords=frozenset(word.encode() for word in words - {*constructs.words}),
        operators=frozenset(token.encode() for token in seen - words if token),
        gated=ids(constructs.shortcut.gated if constructs.shortcut else ()),
    )


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


def _field_id(grammar: tree_sitter.Language, field: str | None) -> int | None:
    if field is None:
        return None
    number = grammar.field_id_for_name(field)
    if number is None:
        raise LookupError(f"The grammar has no field {field!r}.")
    return number


def _weights(
    constructs: Constructs, grammar: tree_sitter.Language, *, is_short: bool = False
) -> dict[int, int]:
    """Return what each kind counts for; a shortcut counts tokens and calls in the text instead."""
    counted: list[tuple[int, Iterable[str]]] = [
        (CYCLOMATIC, constructs.decisions),
        (LOGICAL, constructs.logical),
        (CONDITIONS, constructs.conditions),
        (2 * NO_CONDITIONS, constructs.brackets),
        (NO_CONDITIONS, constructs.no_conditions),
        (-ASSIGNMENTS, constructs.no_assignments),
    ]
    shortcut = constructs.shortcut
    if is_short and shortcut is not None:
        counted.append((ASSIGNMENTS, shortcut.assignments))
    else:
        counted.append((ASSIGNMENTS, constructs.assignments))
        counted.append((BRANCHES, (*constructs.branches, *constructs.calls)))
        counted.append((CONDITIONS, constructs.comparisons))
    weights: dict[int, int] = {}
    for weight, kinds in counted:
        for number in (number for kind in kinds for number in kind_ids(grammar, kind)):
            weights[number] = weights.get(number, 0) + weight
    return weights
