"""Whether a node is what a pattern asks for, by the rules that ast-grep calls smart.

A goal's kind must be the node's. Of a goal's children each must be matched by one of the node's, in
order; what is left over may only be punctuation, keywords or comments, except at the end: a pattern
without `else` also finds an `if` that has one. A metavariable that is said twice must stand for the same
code twice, layout and comments aside.

An ellipsis takes as few nodes as it can, as `*` does where file names are matched; what it has taken is
not reconsidered once the list that it stands in has matched.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from tree_sitter import Node

from workers.query.pattern import Goal, Pattern
from workers.syntax.nodes import preorder

_CHECK_EVERY = 0xFF


class Bound(NamedTuple):
    """The code that a metavariable stands for: one node, or a run of neighbours, perhaps none."""

    start: int
    end: int
    nodes: Sequence[Node]


Bindings = dict[str, Bound]


class _Ellipsis(NamedTuple):
    """The last ellipsis of a list: the goal after it, its first node, and what was bound before."""

    name: str
    goal_at: int
    start: int
    mark: int


class Matcher:
    """Matches one pattern against nodes of one source; *check* is called now and then, and may raise."""

    def __init__(self, pattern: Pattern, data: bytes, check: Callable[[], None]) -> None:
        self._tops = {top.kind: top for top in pattern.tops}
        self._is_case_free = pattern.is_case_free
        self._data = data
        self._check = check
        self._steps = 0
        self._bindings: Bindings = {}
        self._order: list[str] = []

    def match(self, node: Node) -> Bindings | None:
        """Return what the metavariables stand for, if *node* matches."""
        self._bindings, self._order = {}, []
        top = self._tops.get(node.kind_id)
        return self._bindings if top is not None and self._matches(top, node) else None

    def _matches(self, goal: Goal, node: Node) -> bool:
        """Goals are nested so deep and no deeper, however deep the source is (see `MOST_DEPTH`)."""
        self._step()
        if goal.variable is not None:
            return node.is_named and self._bind(goal.variable.name, (node,))
        if goal.kind != node.kind_id:
            return False
        if goal.children:
            nodes = [each for each in node.children if not each.is_extra]
            return self._match_list(goal.children, nodes)
        return not goal.is_named or self._has_text(node, goal.text)

    def _has_text(self, node: Node, text: bytes) -> bool:
        found = self._data[node.start_byte : node.end_byte]
        return found == text or (self._is_case_free and found.lower() == text.lower())

    def _match_list(self, goals: tuple[Goal, ...], nodes: list[Node]) -> bool:
        """Match neighbours. On a mismatch the last ellipsis takes one more: *resumed* is behind it."""
        at = goal_at = resumed = 0
        ellipsis: _Ellipsis | None = None
        while goal_at < len(goals):
            variable = goals[goal_at].variable
            if variable is not None and variable.is_many:
                if ellipsis and not self._bind(ellipsis.name, nodes[ellipsis.start : resumed]):
                    return False
                goal_at, resumed = goal_at + 1, at
                ellipsis = _Ellipsis(variable.name, goal_at, at, len(self._order))
                continue
            if ellipsis and goal_at == ellipsis.goal_at:
                resumed = at
            if at >= len(nodes):
                return False
            mark = len(self._order)
            if self._matches(goals[goal_at], nodes[at]):
                at, goal_at = at + 1, goal_at + 1
            elif not nodes[at].is_named:
                self._undo(mark)
                at += 1
            elif ellipsis:
                self._undo(ellipsis.mark)
                at, goal_at = resumed + 1, ellipsis.goal_at
            else:
                return False
        if ellipsis is None:
            return True
        end = len(nodes) if ellipsis.goal_at == len(goals) else resumed
        return self._bind(ellipsis.name, nodes[ellipsis.start : end])

    def _bind(self, name: str, nodes: Sequence[Node]) -> bool:
        """Let *name* stand for *nodes*, unless it stands for something else already."""
        if not name:
            return True
        new = _bound(nodes)
        old = self._bindings.get(name)
        if old is not None:
            return self._is_same(old, new)
        self._bindings[name] = new
        self._order.append(name)
        return True

    def _undo(self, mark: int) -> None:
        while len(self._order) > mark:
            del self._bindings[self._order.pop()]

    def _is_same(self, old: Bound, new: Bound) -> bool:
        if self._data[old.start : old.end] == self._data[new.start : new.end]:
            return True
        pairs = zip_longest(self._words(old), self._words(new))
        return all(one == other for one, other in pairs)

    def _words(self, bound: Bound) -> Iterator[tuple[int, bytes]]:
        """Yield the leaves without comments: what is left is the code, whatever its layout."""
        for top in bound.nodes:
            for _, node, _ in preorder(top, lambda node, _: not node.is_extra):
                self._step()
                if not node.child_count and not node.is_extra:
                    yield node.kind_id, self._data[node.start_byte : node.end_byte]

    def _step(self) -> None:
        self._steps += 1
        if not self._steps & _CHECK_EVERY:
            self._check()


def _bound(nodes: Sequence[Node]) -> Bound:
    """Leave out the punctuation at either end of a run."""
    first, last = 0, len(nodes)
    while first < last and not nodes[first].is_named:
        first += 1
    while first < last and not nodes[last - 1].is_named:
        last -= 1
    kept = nodes[first:last]
    return Bound(kept[0].start_byte, kept[-1].end_byte, kept) if kept else Bound(0, 0, ())
