"""The guided walk: it visits a tree without looking where no definition can be.

Rule 1: only nodes that the language's `Spec` names are looked into; most are never touched.
Rule 2: inside functions and expressions it goes straight to where signs of definitions are.
Rule 3: nothing here recurses, so code nested ten thousand deep is only code.
Rule 4: everything is counted, but only so many rows are kept.

What runs for each symbol is written out rather than called: a call costs as much as ten bytes of parsing.
"""

import itertools

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import SymbolKind
from workers.syntax.budget import Budget
from workers.syntax.found import MOST_NAME, Outline
from workers.syntax.reader import Reader
from workers.syntax.region import Region
from workers.syntax.signs import Signs
from workers.syntax.source import Source, shorten
from workers.syntax.spec import CALLABLES, FLAT, TYPES, Definition, Scope, TextOf
from workers.syntax.table import INSIDE, Entry, Table

MOST_NESTED = 40

_INNER_MODULES: frozenset[SymbolKind | None] = frozenset({"module", "namespace"})
"""What these export is no export of the file."""


class Walk:
    """One walk over one tree: a stack of regions, of which the last is being walked."""

    def __init__(self, root: Node, source: Source, rules: Table, *, counts_only: bool) -> None:
        self.found = Outline([], [], [])
        self._source = source
        self._table = rules
        self._reader = Reader(self.found, source, root, rules, counts_only=counts_only)
        self._signs = Signs(source.data, rules.signs, rules.before_sign, rules.no_sign)
        self._regions = [Region(root, source, Scope("", None, 0), rules.entries)]

    def run(self, budget: Budget) -> None:
        """Walk until no region is left."""
        regions = self._regions
        for number in itertools.count():
            if not regions:
                return
            region = regions[-1]
            if region.at < 0:
                self._visit_all(region, budget)
            else:
                self._follow_signs(region)
            if not number & 0xF:
                budget.check()

    def _visit_all(self, region: Region, budget: Budget) -> None:
        """Visit; descend where that can pay; stop when a region is opened in this one, or it ends.

        This loop is most of what a walk costs: nothing is called for a node not in the table.
        """
        cursor, entries, regions = region.cursor, region.entries, self._regions
        opened = len(regions)
        if region.depth == 0 and not region.begin():
            regions.pop()
            return
        for visited in itertools.count(1):
            node = cursor.node
            assert node is not None
            entry = entries.get(node.kind_id)
            if entry is not None:
                if entry is INSIDE:
                    is_inside = True
                elif entry.only_defines and region.wrapper is None:
                    is_inside = self._define(region, node, entry, node) is not False
                else:
                    is_inside = self._visit(region, node, entry)
                if is_inside and cursor.goto_first_child():
                    region.depth += 1
                    continue
            if not cursor.goto_next_sibling() and not region.climb():
                del regions[opened - 1]
                return
            if len(regions) != opened:
                return
            if not visited & 0x3FF:
                budget.check()

    def _visit(self, region: Region, node: Node, entry: Entry) -> bool:
        """Do what the table says of this node; True means: look inside."""
        if entry.exports is not None and region.scope.kind not in _INNER_MODULES:
            self.found.add_exports(entry.exports(node, self._source))
        if entry.imports is not None and (imports := entry.imports(node, self._source)):
            self.found.add_imports(imports)
            return False
        if entry.access is not None:
            region.access = entry.access(node, self._source) or region.access
        if entry.rule is not None:
            is_inside = self._define(region, node, entry, region.outer(node))
            if is_inside is not None:
                return is_inside
        if entry.by_signs:
            self._open_by_signs(region, node)
            return False
        if entry.wraps or (entry.wraps_one and node.named_child_count == 1):
            region.wrap(node)
        elif entry.wraps_one:
            region.lead = node
        return True

    def _follow_signs(self, region: Region) -> None:
        """Go from sign to sign; stop when a region is opened at one, or when there are no more."""
        cursor, regions = region.cursor, self._regions
        opened = len(regions)
        while (at := self._signs.next(region.at)) < region.end:
            node = cursor.node
            assert node is not None
            while node.end_byte <= at and cursor.goto_parent():
                node = cursor.node
                assert node is not None
            region.at = at + 1
            self._descend(region, node, at)
            if len(regions) != opened:
                return
        regions.pop()

    def _descend(self, region: Region, node: Node, at: int) -> None:
        """Go from *node* down to the byte *at*, until something on the way is what the sign is of."""
        cursor, entries = region.cursor, region.entries
        entry = entries.get(node.kind_id)
        wrapper = node if entry is not None and entry.wraps else None
        while cursor.goto_first_child_for_byte(at) is not None:
            child = cursor.node
            if child is None or child.start_byte > at:
                return
            entry = entries.get(child.kind_id)
            if entry is None or entry is INSIDE:
                wrapper = None
            elif self._is_found(region, child, entry, wrapper or child):
                region.at = max(child.end_byte, region.at)
                return
            elif entry.wraps or (entry.wraps_one and child.named_child_count == 1):
                wrapper = wrapper or child
            else:
                wrapper = None

    def _is_found(self, region: Region, node: Node, entry: Entry, outer: Node) -> bool:
        """Tell whether *node* was an import or a symbol, which then has been added."""
        if entry.exports is not None:
            self.found.add_exports(entry.exports(node, self._source))
        if entry.imports is not None and (imports := entry.imports(node, self._source)):
            self.found.add_imports(imports)
            return True
        return entry.rule is not None and self._define(region, node, entry, outer) is not None

    def _define(self, region: Region, node: Node, entry: Entry, outer: Node) -> bool | None:
        """Add the symbol that *node* defines, and tell whether to look inside now.

        None: a closer look shows that it defines no symbol.
        """
        rule, scope = entry.rule, region.scope
        assert rule is not None
        name = self._reader.name(node, entry, rule)
        if not name:
            return None
        kind = entry.kind
        if entry.kind_of is not None:
            place = region.place
            place.outer, place.name = outer, name
            kind = entry.kind_of(node, place)
        elif scope.is_type and rule.member is not None:
            kind = rule.member
        if kind is None:
            return None
        parent = scope.name if rule.owner is None else self._owner(rule.owner, node, scope)
        qualified = f"{parent}.{name}" if parent else name
        if entry.body_field:
            body = node.child_by_field_id(entry.body_field)
        else:
            body = None if entry.body_of is None else entry.body_of(node)
        self._reader.add(kind, qualified, parent, node, outer, body, region, rule)
        if rule.promotes is not None:
            for promoted in rule.promotes(node, self._source):
                self._define(region, promoted, self._table.entries[promoted.kind_id], promoted)
        if rule.opens and rule.searched:
            self._open(node, kind, qualified, body, rule, scope)
            return False
        return rule.searched

    def _owner(self, owner_of: TextOf, node: Node, scope: Scope) -> str:
        owner = owner_of(node, self._source)
        if not owner:
            return scope.name
        return shorten(f"{scope.name}.{owner}" if scope.name else owner, MOST_NAME)

    def _open(  # noqa: PLR0913, PLR0917 - once for each symbol; packing these costs as much as using them
        self,
        node: Node,
        kind: SymbolKind,
        qualified: str,
        body: Node | None,
        rule: Definition,
        scope: Scope,
    ) -> None:
        """Open what is inside a definition, if something can be there."""
        at = end = -1
        is_local = kind in CALLABLES or (rule.by_signs and kind not in TYPES)
        if is_local:
            end = node.end_byte
            at = self._signs.next(node.start_byte + 1 if body is None else body.start_byte)
            if at >= end:
                return
        elif body is None and kind in FLAT:
            return
        if scope.level < MOST_NESTED:
            scope = Scope(qualified, kind, scope.level + 1, kind in TYPES, is_local)
        entries = self._table.local_entries if is_local else self._table.entries
        region = Region(node, self._source, scope, entries, at, end)
        if rule.grants is not None:
            region.access = rule.grants(node, self._source)
        self._regions.append(region)

    def _open_by_signs(self, region: Region, node: Node) -> None:
        """Open an expression in the scope of *region*, if it shows signs of definitions."""
        at, end = self._signs.next(node.start_byte), node.end_byte
        if at < end:
            scope = region.scope
            if not scope.is_local:
                scope = msgspec.structs.replace(scope, is_local=True)
            entries = self._table.local_entries
            self._regions.append(Region(node, self._source, scope, entries, at, end))
