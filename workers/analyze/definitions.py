"""Which functions and classes there are, and their names: asked of the same tables as an outline asks.

Rule 1: what a function is, stands in `workers.syntax.rules`, and nowhere in this package.
Rule 2: a node counts as what an outline would list, so what stands where no outline looks has no name.
"""

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import SymbolKind
from workers.syntax.source import Source, on_one_line, shorten
from workers.syntax.spec import CALLABLES, TYPES, Definition, Place, Scope
from workers.syntax.table import Entry, table

_MOST_NAME = 200
_MOST_NESTED = 40
TOP = Scope("", None, -1)


class Defined(msgspec.Struct, frozen=True):
    """One definition: what is qualified by its name stands in *scope*; *outer* is what wraps it."""

    kind: SymbolKind
    name: str
    qualified_name: str
    parent: str
    scope: Scope
    outer: Node


class Definitions:
    """Answers for one source; what is around functions is looked at once."""

    def __init__(self, source: Source, language: str) -> None:
        self._source = source
        self._table = table(language)
        self._known: dict[int, Defined | None] = {}

    def at(self, path: list[Node], scope: Scope) -> Defined | None:
        """Return what the last node of *path* is the body of, or else the type that it defines.

        *path* leads down to it from, but without, the definition that opened *scope*.
        """
        is_searched = scope.is_local
        for index, node in enumerate(path):
            entries = self._table.local_entries if is_searched else self._table.entries
            entry = entries.get(node.kind_id)
            if entry is None:
                if is_searched:
                    continue  # here an outline goes by signs, past nodes that the table does not name
                return None
            is_searched = is_searched or entry.by_signs
            if entry.rule is None:
                continue
            found = self._define(path, index, entry, entry.rule, scope)
            if found is None:
                continue
            if found.kind in CALLABLES or index == len(path) - 1:
                return found
            scope = found.scope
            is_searched = scope.is_local or (entry.rule.by_signs and found.kind not in TYPES)
        return None

    def _define(
        self, path: list[Node], index: int, entry: Entry, rule: Definition, scope: Scope
    ) -> Defined | None:
        node = path[index]
        key = node.id
        if key not in self._known:
            self._known[key] = self._look(path, index, entry, rule, scope)
        return self._known[key]

    def _look(
        self, path: list[Node], index: int, entry: Entry, rule: Definition, scope: Scope
    ) -> Defined | None:
        node = path[index]
        name = self._name(rule, entry, node)
        if not name:
            return None
        outer = self._outer(path, index)
        place = Place(self._source, scope)
        place.outer, place.name = outer, name
        kind = _kind(rule, node, place)
        if kind is None:
            return None
        owner = None if rule.owner is None else rule.owner(node, self._source)
        parent = _parent(scope, owner)
        qualified = f"{parent}.{name}" if parent else name
        inner = scope
        if rule.opens and scope.level < _MOST_NESTED:
            inner = Scope(qualified, kind, scope.level + 1, kind in TYPES, kind in CALLABLES)
        return Defined(kind, name, qualified, parent, inner, outer)

    def _name(self, rule: Definition, entry: Entry, node: Node) -> str:
        if isinstance(rule.name, str):
            found: Node | str | None = node.child_by_field_id(entry.name_field)
        else:
            found = rule.name(node, self._source)
        if isinstance(found, Node):
            found = self._source.text(found)
            found = found if rule.spell is None else rule.spell(found)
        return on_one_line(found or rule.unnamed or "", _MOST_NAME)

    def _outer(self, path: list[Node], index: int) -> Node:
        """Return the outermost of the wrappers directly around."""
        outer = path[index]
        for node in reversed(path[:index]):
            entry = self._table.entries.get(node.kind_id)
            if entry is None or not (
                entry.wraps or (entry.wraps_one and node.named_child_count == 1)
            ):
                return outer
            outer = node
        return outer


def _kind(rule: Definition, node: Node, place: Place) -> SymbolKind | None:
    if callable(rule.kind):
        return rule.kind(node, place)
    return rule.member if rule.member is not None and place.scope.is_type else rule.kind


def _parent(scope: Scope, owner: str | None) -> str:
    if not owner:
        return scope.name
    return shorten(f"{scope.name}.{owner}" if scope.name else owner, _MOST_NAME)
