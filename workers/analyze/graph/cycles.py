"""Rings in a graph of files.

What can reach each other is found with R. Tarjan, "Depth-first search and linear graph algorithms"
(1972), with a stack of its own; the shortest ring among it by searching breadth first.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

_MOST_STARTS = 60
"""Of so many members of a large component the shortest ring is searched; others are hardly shorter."""

Graph = Mapping[int, Sequence[int]]


def no_stop() -> None:
    """Go on."""


def components(graph: Graph, check: Callable[[], None] = no_stop) -> Iterator[list[int]]:
    """Yield the nodes that reach each other, and those alone that lead to themselves, each sorted."""
    search = _Search(graph)
    for root in graph:
        if root not in search.order:
            check()
            for members in search.from_root(root):
                if len(members) > 1 or members[0] in graph.get(members[0], ()):
                    yield sorted(members)


class _Search:
    """A search in depth: *order* is when each node was met, `lowest` the earliest on the path it reaches."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.order: dict[int, int] = {}
        self._lowest: dict[int, int] = {}
        self._path: list[int] = []
        self._places: dict[int, int] = {}

    def from_root(self, root: int) -> Iterator[list[int]]:
        """Yield the components that are found from *root*."""
        lowest, places = self._lowest, self._places
        todo = [(root, self._meet(root))]
        while todo:
            at, following = todo[-1]
            for each in following:
                if each not in self.order:
                    todo.append((each, self._meet(each)))
                    break
                if each in places:
                    lowest[at] = min(lowest[at], self.order[each])
            else:
                todo.pop()
                if todo:
                    above = todo[-1][0]
                    lowest[above] = min(lowest[above], lowest[at])
                if lowest[at] == self.order[at]:
                    yield self._close(at)

    def _meet(self, node: int) -> Iterator[int]:
        self.order[node] = self._lowest[node] = len(self.order)
        self._places[node] = len(self._path)
        self._path.append(node)
        return iter(self._graph.get(node, ()))

    def _close(self, node: int) -> list[int]:
        """Take what reaches *node* and is reached from it off the path."""
        start = self._places[node]
        members = self._path[start:]
        del self._path[start:]
        for each in members:
            del self._places[each]
        return members


def shortest_ring(graph: Graph, members: list[int]) -> list[int]:
    """Return the shortest ring among *members* of one component; it begins with its smallest node."""
    inside = frozenset(members)
    best: list[int] = []
    for start in members[:_MOST_STARTS]:
        ring = _ring_through(graph, start, inside, len(best) or len(members) + 1)
        if ring and (not best or len(ring) < len(best)):
            best = ring
        if len(best) == 1:
            break
    lowest = best.index(min(best))
    return best[lowest:] + best[:lowest]


def _ring_through(graph: Graph, start: int, inside: frozenset[int], most: int) -> list[int]:
    """Return the shortest way from *start* back to it, if it is shorter than *most*."""
    before: dict[int, int] = {}
    todo = deque([(start, 1)])
    while todo:
        at, length = todo.popleft()
        if length >= most:
            return []
        for each in graph.get(at, ()):
            if each == start:
                ring = [at]
                while ring[-1] != start:
                    ring.append(before[ring[-1]])
                return ring[::-1]
            if each in inside and each not in before:
                before[each] = at
                todo.append((each, length + 1))
    return []
