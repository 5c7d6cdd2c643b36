"""The walk that measures: once over the tree, with a look-up for each node and little else for most.

Rule 1: a leaf costs one look-up; what is only counted is appended to one list, in C.
Rule 2: nothing recurses; what is open stands in `_frames`, and is closed when its node is left.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

from tree_sitter import Node, Tree, TreeCursor

from workers.analyze.definitions import Defined, Definitions
from workers.analyze.table import CYCLOMATIC, Table
from workers.analyze.units import Unit
from workers.syntax.budget import Budget
from workers.syntax.source import Source
from workers.syntax.spec import TYPES

Action = Callable[[int], object]


class Frame(NamedTuple):
    """An open node, *depth* levels down in the tree.

    From the byte *body* on what is in it is on *level*, and before on *outer*.
    """

    depth: int
    outer: int
    level: int
    body: int
    unit: Unit | None = None


class Walk:
    """One walk over one tree; afterwards `units` holds what was measured, in document order."""

    def __init__(self, tree: Tree, source: Source, language: str, rules: Table) -> None:
        self._table = rules
        self._cursor = tree.walk()
        self._climber = tree.walk()
        self._definitions = Definitions(source, language)
        self._unit = Unit("file", tree.root_node, 0, 0)
        self.units = [self._unit]
        self.comments: list[tuple[int, int]] = []
        self._frames = [Frame(-1, 0, 0, 0)]
        self._events: list[int] = []
        self._marks = [0]
        self._sequenced: set[int] = set()

    def run(self, budget: Budget) -> None:
        """Walk.

        Raises:
            CallRefused: the budget is spent.
            JobCancelled: nobody waits any more.
        """
        cursor, actions = self._cursor, self._actions()
        into, along, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
        depth = 0
        frames = self._frames
        for visited in itertools.count(1):
            kind = cursor.node.kind_id  # type: ignore[union-attr]
            action = actions[kind]
            if action is not None:
                if not action(kind) and into():
                    depth += 1
                    continue
                if frames[-1].depth == depth:
                    self._leave()
            while not along():
                if not up():
                    return self._finish()
                depth -= 1
                if frames[-1].depth == depth:
                    self._leave()
            if not visited & 0x3FF:
                budget.check()
        return None

    def _actions(self) -> dict[int, Action | None]:
        """Return what to do at each kind of node; None: go on, without a look inside."""
        rules = self._table
        append = self._events.append

        def enter(_kind: int) -> None:
            return None

        def count_leaf(kind: int) -> bool:
            append(kind)
            return True

        actions: dict[int, Action | None] = dict.fromkeys(rules.kinds, enter)
        actions |= dict.fromkeys(rules.leaves)
        actions |= dict.fromkeys(rules.weights, append)
        actions |= dict.fromkeys(rules.leaves & rules.weights.keys(), count_leaf)
        actions |= dict.fromkeys(rules.comments, self._comment)
        actions |= dict.fromkeys(rules.sometimes, self._sometimes)
        actions |= dict.fromkeys(rules.clauses, self._clause)
        actions |= dict.fromkeys(rules.structures, self._structure)
        actions |= dict.fromkeys(rules.and_or, self._and_or)
        actions |= dict.fromkeys(rules.functions, self._function)
        actions |= dict.fromkeys(rules.classes, self._type)
        return actions

    def _node(self) -> Node:
        node = self._cursor.node
        assert node is not None
        return node

    def _climb(self) -> TreeCursor:
        """Return another cursor at the same node; `copy` gives one that crashes the process."""
        self._climber.reset_to(self._cursor)
        return self._climber

    def _around(self) -> Node:
        climber = self._climb()
        climber.goto_parent()
        node = climber.node
        assert node is not None
        return node

    def _level_at(self, start: int) -> int:
        """Return the level of what begins at *start*, a byte of the node that is visited."""
        frame = self._frames[-1]
        return frame.level if start >= frame.body else frame.outer

    def _structure(self, kind: int) -> None:
        self._events.append(kind)
        if kind in self._table.sometimes:
            self._ask(kind)
        node, unit = self._node(), self._unit
        start = node.start_byte
        level = self._level_at(start)
        unit.cognitive += 1 + level
        unit.nested_increments += 1
        unit.nesting = max(unit.nesting, level + 1)
        body = _start(node, self._table.structures[kind])
        self._frames.append(Frame(self._cursor.depth, level, level + 1, body))

    def _clause(self, kind: int) -> None:
        """A clause stands in the structure that it continues, and what is in it is as deep."""
        self._events.append(kind)
        if kind in self._table.sometimes:
            self._ask(kind)
        unit, depth, frame = self._unit, self._cursor.depth, self._frames[-1]
        level = frame.level if frame.depth == depth - 1 else frame.level + 1
        unit.cognitive += 1
        unit.nesting = max(unit.nesting, level)
        body = _start(self._node(), self._table.clauses[kind])
        self._frames.append(Frame(depth, level - 1, level, body))

    def _sometimes(self, kind: int) -> None:
        self._events.append(kind)
        self._ask(kind)

    def _ask(self, kind: int) -> None:
        if self._table.sometimes[kind](self._node(), self._around()):
            self._unit.counts += CYCLOMATIC

    def _and_or(self, kind: int) -> None:
        """Count each run of like operators in an expression once, in the order of the text."""
        self._events.append(kind)
        if self._node().start_byte in self._sequenced:
            return
        top = self._climb()
        while True:
            expression = top.node
            if not top.goto_parent() or top.node.kind_id not in self._table.sequences:  # type: ignore[union-attr]
                break
        previous = None
        for operator in _operators(expression, self._table):  # type: ignore[arg-type]
            self._sequenced.add(operator.start_byte)
            if operator.kind_id != previous:
                self._unit.cognitive += 1
                previous = operator.kind_id

    def _comment(self, _kind: int) -> bool:
        node = self._node()
        self.comments.append((node.start_byte, node.end_byte))
        return True

    def _function(self, kind: int) -> None:
        node, depth = self._node(), self._cursor.depth
        level = self._level_at(node.start_byte)
        defined = self._defined(depth)
        if defined is None:
            self._events.append(kind)
            self._frames.append(Frame(depth, level, level + 1, node.start_byte))
        else:
            self._begin(Unit("function", node, depth, level, self._unit, defined), 0, kind)

    def _type(self, kind: int) -> None:
        depth = self._cursor.depth
        defined = self._defined(depth)
        if defined is None or defined.kind not in TYPES:
            self._events.append(kind)
            return
        node = self._node()
        level = self._level_at(node.start_byte)
        self._begin(Unit("type", node, depth, level, self._unit, defined), level, kind)

    def _defined(self, depth: int) -> Defined | None:
        unit = self._unit
        return self._definitions.at(self._climb(), depth - unit.depth, unit.scope)

    def _begin(self, unit: Unit, level: int, kind: int) -> None:
        self._unit = unit
        self.units.append(unit)
        self._marks.append(len(self._events))
        self._events.append(kind)
        self._frames.append(Frame(unit.depth, unit.level, level, 0, unit))

    def _leave(self) -> None:
        unit = self._frames.pop().unit
        if unit is not None:
            self._settle(unit)
            assert unit.outer is not None
            self._unit = unit.outer

    def _settle(self, unit: Unit) -> None:
        """Take what was counted in *unit* out of the list, so that the rest is its surroundings'."""
        mark = self._marks.pop()
        weight = self._table.weights.get
        unit.counts += sum(weight(kind, 0) for kind in self._events[mark:])
        del self._events[mark:]

    def _finish(self) -> None:
        while self._frames:
            self._leave()
        self._settle(self.units[0])


def _start(node: Node, field: int | None) -> int:
    """Return where the child in *field* begins, or without it where *node* does."""
    child = None if field is None else node.child_by_field_id(field)
    return node.start_byte if child is None else child.start_byte


def _operators(top: Node, rules: Table) -> list[Node]:
    """Return the operators of a boolean expression in the order of the text."""
    found: list[Node] = []
    todo = [top]
    while todo:
        node = todo.pop()
        if node.kind_id in rules.and_or:
            found.append(node)
        elif node is top or node.kind_id in rules.sequences:
            todo += reversed(node.children)
    return found
