"""The walk that measures: once over the tree, to keep the nodes that count for something.

Rule 1: most nodes cost one look-up and no more; what the kept ones mean is asked later, of far fewer.
Rule 2: nothing recurses, and the budget is asked every few thousand nodes.
Rule 3: a query of the library would cost as much, come unsorted, and take seconds where a bracket is
never closed: the nodes of an unreadable text stand side by side, and it is quadratic in their number.
"""

from functools import partial
from itertools import accumulate, repeat
from typing import Final, NamedTuple

from tree_sitter import Node, Tree, TreeCursor

from workers.analyze.table import (
    INSIDE,
    KEEP,
    KEEP_STRING,
    KEEP_WHOLE,
    PATH,
    Table,
    part_of,
)
from workers.analyze.targets import LONGEST, target
from workers.syntax.budget import Budget

_CHECK_EVERY: Final = 4096


class Marks(NamedTuple):
    """The nodes that count, in document order, with their kinds and where they begin.

    *sums* are those of the weights of all nodes before each, and, last, of all nodes.
    """

    nodes: list[Node]
    kinds: list[int]
    starts: list[int]
    sums: list[int]


def walk(tree: Tree, data: bytes, rules: Table, budget: Budget) -> Marks:
    """Walk over *tree*, which *data* was parsed to.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    nodes = _kept(tree, data, rules, budget)
    kinds = [node.kind_id for node in nodes]
    starts = [node.start_byte for node in nodes]
    sums = [*accumulate(map(rules.weights.__getitem__, kinds), initial=0)]
    return Marks(nodes, kinds, starts, sums)


def _kept(tree: Tree, data: bytes, rules: Table, budget: Budget) -> list[Node]:
    """Return the nodes that *rules* keep."""
    plan, kept, cursor = rules.plan, list[Node](), tree.walk()
    keep, look = kept.append, partial(_is_looked_into, cursor, data, rules)
    into, along, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    while True:
        budget.check()
        for _ in repeat(None, _CHECK_EVERY):
            node: Node = cursor.node  # type: ignore[assignment] # a cursor is always somewhere
            plans = plan[node.kind_id]
            if plans:
                if plans >= KEEP:
                    keep(node)
                if INSIDE <= plans <= KEEP:
                    if into():
                        continue
                elif plans != KEEP_WHOLE and look(node, plans) and into():
                    continue
            while not along():
                if not up():
                    return kept


def _is_looked_into(cursor: TreeCursor, data: bytes, rules: Table, node: Node, plans: int) -> bool:
    """Tell whether more is in *node* than meets the eye; go past what is to be left out."""
    start, end = node.start_byte, node.end_byte
    if plans == PATH:
        return end - start > LONGEST or target(data[start:end]) is None
    if plans == KEEP_STRING:
        return data.find(rules.strings[node.kind_id], start, end) >= 0
    part = part_of(node, rules.skips[node.kind_id])
    if part is not None:
        cursor.goto_first_child_for_byte(part.start_byte)
    return part is None
