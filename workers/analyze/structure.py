"""What the kept nodes make of a source: its functions and types, its nesting, its decisions.

The increments are those of "Cognitive Complexity" by G. Ann Campbell (SonarSource), version 1.7,
appendix B; parentheses do not part a sequence of logical operators, a negation in front of them does.

Rule 1: nodes come in document order; what is open is in frames, closed by where their nodes end.
Rule 2: what is above a node is asked of one route that goes through the tree once.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import compress, count

from tree_sitter import Node, Tree

from workers.analyze.definitions import Definitions
from workers.analyze.nesting import Frame, Nesting
from workers.analyze.route import Route
from workers.analyze.table import CYCLOMATIC, LOGICAL, Table, part_of, table
from workers.analyze.units import Unit, UnitKind
from workers.analyze.walk import Marks
from workers.syntax.budget import Budget
from workers.syntax.spec import TYPES

_CHECK_EVERY = 512
_MOST_LEVELS = 1_000
"""A function so many levels down in one definition has no name of its own."""

_LONGEST_RECEIVER = 500

_NOTHING = b" \t\r\n\f\v\0"
"""What may stand between an `else` and its `if`; comments are zeros."""

Action = Callable[["Structure", Node, int, int], None]
"""Takes a node, its kind, and its place among the marks."""


class Structure:
    """Goes through the *marks* of one source; *plain* is its text without comments and literals."""

    def __init__(
        self, tree: Tree, marks: Marks, plain: bytes, rules: Table, definitions: Definitions
    ) -> None:
        self._marks = marks
        self._plain = plain
        self._rules = rules
        self._definitions = definitions
        self._route = Route(tree)
        self._else_end = -1
        self._sequenced: set[int] = set()
        self._nesting = Nesting(tree.root_node, len(plain), marks)

    def find(self, budget: Budget) -> Nesting:
        """Go through all marks.

        Raises:
            CallRefused: the budget is spent.
            JobCancelled: nobody waits any more.
        """
        nodes, kinds, starts, _ = self._marks
        nesting, frames, asked = self._nesting, self._nesting.frames, self._rules.asked
        actions = _actions_of(self._rules.language)
        for done, index in enumerate(compress(count(), map(actions.__contains__, kinds))):
            if not done % _CHECK_EVERY:
                budget.check()
            start, kind = starts[index], kinds[index]
            while frames[-1].end <= start:
                nesting.leave()
            if kind not in asked or self._is_so(nodes[index], kind):
                actions[kind](self, nodes[index], kind, index)
        nesting.end()
        return nesting

    def _is_so(self, node: Node, kind: int) -> bool:
        """Ask what only a closer look can tell, and count what is a decision only sometimes."""
        rules, unit = self._rules, self._nesting.unit
        if (kind in rules.only_if and not rules.only_if[kind](node)) or (
            kind in rules.only_in and self._around(node).kind_id not in rules.only_in[kind]
        ):
            unit.counts += LOGICAL * (kind in rules.logical) - rules.weights[kind]
            return False
        if kind in rules.blocks:
            unit.counts += LOGICAL * self._lines_in(node)
        if kind in rules.sometimes and rules.sometimes[kind](node, self._around(node)):
            unit.counts += CYCLOMATIC
        return True

    def _lines_in(self, block: Node) -> int:
        """Return how many statements of *block* are not counted one by one."""
        uncounted = self._rules.uncounted
        parts = block.named_children
        return sum(each.kind_id not in uncounted and not each.is_extra for each in parts)

    def _around(self, node: Node) -> Node:
        """Return the parent of *node*."""
        path = self._route.path
        return path[-2] if self._route.to(node) and len(path) > 1 else path[-1]

    def unit(self, node: Node, kind: UnitKind, index: int) -> bool:
        """Begin the function or type that *node* is; False: it is none, or has no name."""
        nesting = self._nesting
        around, path = nesting.unit, self._route.path
        if not self._route.to(node) or len(path) - around.depth > _MOST_LEVELS:
            return False
        defined = self._definitions.at(path[around.depth + 1 :], around.scope)
        if defined is None or (defined.kind in TYPES) != (kind == "type"):
            return False
        unit = Unit(kind, node, around)
        unit.defined = defined
        unit.start, unit.end = defined.outer.start_byte, defined.outer.end_byte
        unit.level, unit.depth = nesting.level(node.start_byte), len(path) - 1
        unit.receiver = self._receiver(unit.start)
        nesting.begin(unit, index)
        return True

    def _receiver(self, start: int) -> bytes:
        """Return what the method that begins at *start* calls itself."""
        receiver = self._rules.constructs.receiver
        named = (
            re.match(receiver, self._plain[start : start + _LONGEST_RECEIVER]) if receiver else None
        )
        return named[1] if named else b""

    def function(self, node: Node, kind: int, index: int) -> None:
        """Begin a function, or, if it has no name, one more level of the function around."""
        if not self.unit(node, "function", index):
            self.closure(node, kind, index)

    def closure(self, node: Node, _kind: int, _index: int) -> None:
        """Begin one more level of the function around."""
        start = node.start_byte
        level = self._nesting.level(start)
        self._open(node, level, level + 1, start)

    def type(self, node: Node, _kind: int, index: int) -> None:
        """Begin a type."""
        self.unit(node, "type", index)

    def structure(self, node: Node, kind: int, _index: int) -> None:
        """+1 and +1 for each level around, unless it continues what an `else` has counted."""
        nesting, start = self._nesting, node.start_byte
        begin = _start(node, self._rules.structures[kind])
        if kind in self._rules.ifs and self._continues(start):
            frame = nesting.frames[-1]
            self._open(node, frame.outer, frame.level, begin)
            return
        level, unit = nesting.level(start), nesting.unit
        unit.cognitive += 1 + level
        unit.increments += 1
        unit.nesting = max(unit.nesting, level + 1)
        self._open(node, level, level + 1, begin)

    def clause(self, node: Node, kind: int, _index: int) -> None:
        """A clause stands in the structure that it continues, and what is in it is as deep."""
        unit, frame = self._nesting.unit, self._nesting.frames[-1]
        level = frame.level + (self._around(node).id != frame.node)
        unit.cognitive += 1
        unit.nesting = max(unit.nesting, level)
        self._open(node, level - 1, level, _start(node, self._rules.clauses[kind]))

    def otherwise(self, node: Node, _kind: int, _index: int) -> None:
        """+1, with the `if` that may follow."""
        self._nesting.unit.cognitive += 1
        self._else_end = node.end_byte

    def _continues(self, start: int) -> bool:
        """Tell whether an `else` stands right in front of the byte *start*."""
        end, self._else_end = self._else_end, -1
        return end >= 0 and not self._plain[end:start].strip(_NOTHING)

    def jump(self, node: Node, _kind: int, _index: int) -> None:
        """+1 for a jump to a label."""
        labels, behind = self._rules.constructs.labels, node.children
        if not node.is_named:
            after = self._route.after(node)
            behind = [] if after is None else [after]
        self._nesting.unit.cognitive += not labels or any(each.type in labels for each in behind)

    def and_or(self, node: Node, kind: int, _index: int) -> None:
        """Count each run of like operators in an expression once, in the order of the text."""
        unit = self._nesting.unit
        if kind in self._rules.infix:
            weight = self._rules.infix[kind].get(self._text(node), 0)
            unit.counts += weight
            if weight != CYCLOMATIC:
                return
        if node.start_byte in self._sequenced or not self._route.to(node):
            return
        previous: object = None
        for at, operator in self._operators(self._top()):
            self._sequenced.add(at)
            unit.cognitive += operator != previous
            previous = operator

    def _text(self, node: Node) -> bytes:
        return self._plain[node.start_byte : node.end_byte]

    def _operator(self, node: Node) -> int | bytes | None:
        """Return what tells this logical operator from the others; None: it is none."""
        kind, infix = node.kind_id, self._rules.infix
        if kind in self._rules.and_or:
            return kind
        if kind in infix and infix[kind].get(text := self._text(node)) == CYCLOMATIC:
            return text
        return None

    def _top(self) -> Node:
        """Return the whole expression that the operator at the end of the route is a part of."""
        path = self._route.path
        at = len(path) - 1
        while at and self._is_sequence(path[at - 1]):
            at -= 1
        return path[at]

    def _is_sequence(self, node: Node) -> bool:
        """Tell whether it is made of logical operators, or nothing but brackets around something."""
        if node.kind_id not in self._rules.sequences:
            return node.kind_id in self._rules.chains
        parts = node.children
        return parts[0].type == "(" or any(self._operator(each) is not None for each in parts)

    def _operators(self, top: Node) -> Iterator[tuple[int, int | bytes]]:
        """Yield the logical operators of an expression, in the order of the text, and where they stand."""
        todo = [top]
        while todo:
            node = todo.pop()
            operator = self._operator(node)
            if operator is not None:
                yield node.start_byte, operator
            elif self._is_sequence(node):
                todo += reversed(node.children)

    def _open(self, node: Node, outer: int, level: int, body: int) -> None:
        self._nesting.frames.append(Frame(node.end_byte, outer, level, body, node.id))


@functools.cache
def _actions_of(language: str) -> dict[int, Action]:
    """Return what to do at each kind of node that is more than counted."""
    rules = table(language)
    assert rules is not None
    layers: tuple[tuple[Iterable[int], Action], ...] = (
        (rules.asked, _nothing),
        (rules.jumps, Structure.jump),
        (rules.clauses, Structure.clause),
        (rules.structures, Structure.structure),
        (rules.otherwise, Structure.otherwise),
        (rules.and_or, Structure.and_or),
        (rules.infix, Structure.and_or),
        (rules.types, Structure.type),
        (rules.functions, Structure.function),
        (rules.closures, Structure.closure),
    )
    return {kind: action for kinds, action in layers for kind in kinds}


def _nothing(_structure: Structure, _node: Node, _kind: int, _index: int) -> None:
    """What was asked of the node is all."""


def _start(node: Node, part: int | None) -> int:
    """Return where the *part* of *node* begins, or, without it, where *node* does."""
    found = part_of(node, part)
    return node.start_byte if found is None else found.start_byte
