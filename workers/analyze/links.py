"""Who calls whom within one file, as far as names tell.

A bare name means the nearest function of that name around the call; `self.name` and its like the
method of the type around; `Type.name` that of the type. What is called through any other value is
unknown, and so no link: a `close` that closes something else calls itself only in name.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import compress, count

from workers.analyze.nesting import Nesting
from workers.analyze.table import Table
from workers.analyze.targets import LONGEST, Target, target
from workers.analyze.units import Unit
from workers.analyze.walk import Marks

_MOST_NAMESAKES = 20
_SELF = frozenset((b"self", b"this", b"cls", b"$this", b"Self", b"static"))


class Links:
    """The calls between the functions of one file, by their indices; a call to itself is one too."""

    def __init__(self, units: list[Unit], *, has_implicit_self: bool) -> None:
        self._has_implicit_self = has_implicit_self
        self._functions: dict[tuple[str, str], list[int]] = {}
        self._constructors: dict[str, list[int]] = {}
        self._types: dict[str, str] = {}
        self._type_names: set[str] = set()
        self.calls: list[set[int]] = []
        for index, unit in enumerate(units):
            self._add(index, unit)
        names = {name for _, name in self._functions} | self._types.keys()
        self.names = {name.encode() for name in names}

    def resolve(self, units: list[Unit]) -> None:
        """Find out whom the calls in each unit mean."""
        self.calls = [
            {callee for called in unit.calls for callee in self._resolve(called, unit)}
            if unit.kind == "function"
            else set[int]()
            for unit in units
        ]

    def _add(self, index: int, unit: Unit) -> None:
        defined = unit.defined
        if defined is None:
            return
        if unit.kind == "type":
            self._types.setdefault(defined.name, defined.qualified_name)
            self._type_names.add(defined.qualified_name)
        else:
            _append(self._functions.setdefault((defined.parent, defined.name), []), index)
            if defined.kind == "constructor":
                _append(self._constructors.setdefault(defined.parent, []), index)

    def _resolve(self, called: Target, caller: Unit) -> list[int]:
        receiver, name = called[0], called[1].decode("utf-8", "replace")
        if not receiver and called[1] in _SELF:
            return []  # one constructor that calls another
        if not receiver:
            return self._bare(name, caller)
        if receiver in _SELF or receiver == caller.receiver:
            return self._functions.get((_owner(caller), name), [])
        owner = self._types.get(receiver.decode("utf-8", "replace"))
        return [] if owner is None else self._functions.get((owner, name), [])

    def _bare(self, name: str, caller: Unit) -> list[int]:
        for scope in _scopes(caller):
            if scope in self._type_names and not self._has_implicit_self:
                continue
            found = self._functions.get((scope, name))
            if found is not None:
                return found
        built = self._types.get(name)
        return [] if built is None else self._constructors.get(built, [])

    def fan_in(self) -> list[int]:
        """Return for each unit how many other functions call it."""
        counts = [0] * len(self.calls)
        for caller, callees in enumerate(self.calls):
            for callee in callees:
                counts[callee] += callee != caller
        return counts

    def fan_out(self) -> list[int]:
        """Return for each unit how many other functions it calls."""
        return [len(callees - {caller}) for caller, callees in enumerate(self.calls)]

    def recursive(self) -> list[int]:
        """Return the functions in a cycle of calls, of however many functions."""
        return [
            member
            for cycle in _components(self.calls)
            for member in cycle
            if len(cycle) > 1 or member in self.calls[member]
        ]


def link(data: bytes, marks: Marks, nesting: Nesting, rules: Table) -> Links:
    """Find the calls between the functions of one source."""
    units = nesting.units
    links = Links(units, has_implicit_self=rules.constructs.implicit_self)
    names, calls = links.names, rules.calls
    for index in compress(count(), map(calls.__contains__, marks.kinds)):
        start, node, field = marks.starts[index], marks.nodes[index], calls[marks.kinds[index]]
        callee = node.child(0) if field is None else node.child_by_field_id(field)
        if callee is None or (end := callee.end_byte) - start > LONGEST:
            continue
        called = target(data[start:end])
        if called is not None and called[1] in names:
            nesting.owners[bisect_right(nesting.turns, index) - 1].calls.add(called)
    links.resolve(units)
    return links


def _components(calls: list[set[int]]) -> Iterator[list[int]]:
    """Yield what can reach each other (R. Tarjan, 1972, with a stack of its own)."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    for root in range(len(calls)):
        if root in order or not calls[root]:
            continue
        todo = [(root, iter(calls[root]))]
        while todo:
            at, callees = todo[-1]
            if at not in order:
                order[at] = lowest[at] = len(order)
                path.append(at)
                on_path.add(at)
            for callee in callees:
                if callee not in order:
                    todo.append((callee, iter(calls[callee])))
                    break
                if callee in on_path:
                    lowest[at] = min(lowest[at], order[callee])
            else:
                todo.pop()
                if todo:
                    lowest[todo[-1][0]] = min(lowest[todo[-1][0]], lowest[at])
                if lowest[at] == order[at]:
                    yield _popped(path, on_path, at)


def _append(namesakes: list[int], index: int) -> None:
    """Keep some of what one name means; a call to it is not a call to thousands."""
    if len(namesakes) < _MOST_NAMESAKES:
        namesakes.append(index)


def _popped(path: list[int], on_path: set[int], at: int) -> list[int]:
    """Take *at* and what is behind it from *path*."""
    popped: list[int] = []
    while not popped or popped[-1] != at:
        popped.append(path.pop())
    on_path.difference_update(popped)
    return popped


def _owner(caller: Unit) -> str:
    """Return what the method is a member of that *caller* is, or stands in."""
    method = caller.method
    return "" if method.defined is None else method.defined.parent


def _scopes(caller: Unit) -> Iterator[str]:
    """Yield the qualified names of what is around a call, innermost first, and the file's own."""
    scope = "" if caller.defined is None else caller.defined.qualified_name
    while scope:
        yield scope
        scope = scope.rpartition(".")[0]
    yield ""
