"""The walk that measures: once over the tree, with one look-up for each node and no more for most.

Rule 1: a leaf costs one look-up; what is only counted is appended to one list, in C.
Rule 2: nothing recurses; what is open stands in frames, which are closed when their node is left.
Rule 3: a name with dots and a plain string are one leaf, although the tree takes them apart.
"""

import functools
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Final

from tree_sitter import Node

from workers.analyze import flow, text_parts
from workers.analyze.place import Frame, Place
from workers.analyze.table import Table, table
from workers.analyze.targets import SKIP
from workers.analyze.units import Unit, UnitKind
from workers.syntax.budget import Budget
from workers.syntax.spec import TYPES

Action = Callable[[Place, int], int | None]
"""Takes a kind of node; None: look inside; else how many levels further down the cursor now is."""

Actions = dict[int, Action | None]

_CHECK_EVERY: Final = 1024


def enter(_place: Place, _kind: int) -> None:
    """Look inside. The loop knows this action and does not even call it."""


def count(place: Place, kind: int) -> None:
    """Count it, and look inside. The loop knows this action, too."""
    place.events.append(kind)


def gate(_place: Place, _kind: int) -> None:
    """Look inside if a sign is there. The loop knows this action, and the next."""


def count_gate(place: Place, kind: int) -> None:
    """Count it, and look inside if a sign is there."""
    place.events.append(kind)


def walk(place: Place, actions: Actions, signs: list[int], budget: Budget) -> None:
    """Walk over a tree, and count.

    *signs* are the places, in order, for the sake of which gates are passed.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    cursor, floors, append = place.cursor, place.floors, place.events.append
    into, along, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    signs.append(len(place.data) + 1)
    sign = signs[0]
    depth = 0
    while True:
        budget.check()
        for _ in repeat(None, _CHECK_EVERY):
            node: Node = cursor.node  # type: ignore[assignment] # a cursor is always somewhere
            kind = node.kind_id
            action = actions[kind]
            if action is None:
                pass
            elif action is enter or action is count:
                if action is count:
                    append(kind)
                if into():
                    depth += 1
                    continue
            elif action is gate or action is count_gate:
                if action is count_gate:
                    append(kind)
                end = node.end_byte
                if end > sign:
                    start = node.start_byte
                    if sign < start:
                        sign = signs[bisect_left(signs, start)]
                    if sign < end and into():
                        depth += 1
                        continue
            else:
                down = action(place, kind)
                if down is not None:
                    depth += down
                elif into():
                    depth += 1
                    continue
                elif floors[-1] == depth:
                    place.leave()
            while not along():
                if not up():
                    place.settle(place.units[0], len(place.data))
                    return
                depth -= 1
                if floors[-1] == depth:
                    place.leave()


@functools.cache
def actions_of(language: str, *, is_short: bool) -> Actions:
    """Return what to do at each kind of node; None: go on, without a look inside."""
    rules = table(language)
    assert rules is not None
    if is_short:
        return _short(rules)
    layers: tuple[tuple[Iterable[int], Action | None], ...] = (
        (rules.kinds, enter),
        (rules.leaves, None),
        (rules.counted, count),
        (rules.leaves & rules.counted, _leaf),
        (rules.paths, text_parts.path),
        (rules.comments, text_parts.comment),
        (rules.literals, text_parts.literal),
        (rules.strings, text_parts.string),
        (rules.calls, text_parts.call),
        (rules.sometimes, flow.sometimes),
        (rules.jumps, flow.jump),
        (rules.clauses, flow.clause),
        (rules.structures, flow.structure),
        (rules.otherwise, flow.otherwise),
        (rules.and_or, flow.and_or),
        (rules.infix, flow.infix),
        (rules.skips, flow.skip),
        (rules.blocks, flow.block),
        (rules.types, _type),
        (rules.functions, _function),
    )
    actions = {kind: action for kinds, action in layers for kind in kinds}
    for kind, ask in rules.only_if.items():
        actions[kind] = flow.only_if(ask, actions[kind])
    return actions


def _short(rules: Table) -> Actions:
    layers: tuple[tuple[Iterable[int], Action | None], ...] = (
        (rules.kinds, enter),
        (rules.leaves | rules.comments | rules.literals, None),
        (rules.gated, gate),
        (rules.counted, count),
        (rules.counted & rules.gated, count_gate),
        (rules.leaves & rules.counted, _leaf),
        (rules.sometimes, flow.sometimes),
        (rules.jumps, flow.jump),
        (rules.clauses, flow.clause),
        (rules.structures, flow.structure),
        (rules.otherwise, flow.otherwise),
        (rules.and_or, flow.and_or),
        (rules.types, _type),
        (rules.functions, _function),
    )
    return {kind: action for kinds, action in layers for kind in kinds}


def _leaf(place: Place, kind: int) -> int:
    place.events.append(kind)
    return SKIP


def _function(place: Place, kind: int) -> None:
    """Begin a function, or, if it has no name, one more level of the function around."""
    unit = _unit(place, "function")
    if unit is None:
        start = place.node().start_byte
        level = place.level(start)
        place.open(Frame(level, level + 1, start))
    else:
        place.begin(unit)
    place.events.append(kind)


def _type(place: Place, kind: int) -> None:
    unit = _unit(place, "type")
    if unit is not None:
        place.begin(unit)
    place.events.append(kind)


def _unit(place: Place, kind: UnitKind) -> Unit | None:
    depth, around = place.cursor.depth, place.unit
    defined = place.definitions.at(place.climber(), depth - around.depth, around.scope)
    if defined is None or (defined.kind in TYPES) != (kind == "type"):
        return None
    unit = Unit(kind, place.node(), depth, around)
    unit.defined = defined
    unit.start, unit.end = defined.outer.start_byte, defined.outer.end_byte
    unit.level = place.level(unit.node.start_byte)
    unit.comments = len(place.comments)
    receiver = place.rules.constructs.receiver
    if receiver and (named := re.compile(receiver).match(place.data, unit.start)):
        unit.receiver = named[1]
    return unit
