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
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    places: dict[int, int] = {}
    for root in graph:
        if root in order:
            continue
        check()
        todo = [(root, iter(graph[root]))]
        while todo:
            at, following = todo[-1]
            if at not in order:
                order[at] = lowest[at] = len(order)
                places[at] = len(path)
                path.append(at)
            for each in following:
                if each not in order:
                    todo.append((each, iter(graph.get(each, ()))))
                    break
                if each in places:
                    lowest[at] = min(lowest[at], order[each])
            else:
                todo.pop()
                if todo:
                    above = todo[-1][0]
                    lowest[above] = min(lowest[above], lowest[at])
                if lowest[at] == order[at]:
                    members = path[places[at] :]
                    del path[places[at] :]
                    for each in members:
                        del places[each]
                    if len(members) > 1 or at in graph.get(at, ()):
                        yield sorted(members)


def shortest_ring(graph: Graph, members: list[int]) -> list[int]:
    """Return the shortest ring among *members* of one component; it begins with its smallest node."""
    inside = frozenset(members)
    best: list[int] = []
    for start in members[:_MOST_STARTS]:
        ring = _ring_through(graph, start, inside, len(best) or len(members) + 1)
        if ring and (not best or len(ring) < len(best)):
            best = ring
        if len(best) <= 2:  # noqa: PLR2004 - no ring of several files is shorter
            if best:
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
