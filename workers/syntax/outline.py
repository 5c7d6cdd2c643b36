"""The guided walk: symbols and imports of one tree, without looking where none can be.

Rule 1: only nodes that the language's `Spec` names are looked into; most are never touched.
Rule 2: nothing here recurses, so code nested ten thousand deep is only code.
Rule 3: everything is counted, but only so many rows are kept.
"""

import itertools

import msgspec
from tree_sitter import Node, Tree, TreeCursor

from protocol.tools.code_parse import Import, Symbol, SymbolKind
from workers.syntax.budget import Budget
from workers.syntax.remarks import Remarks
from workers.syntax.signs import Signs
from workers.syntax.source import Source, on_one_line, shorten
from workers.syntax.spec import CALLABLES, TYPES, Definition, Place, Scope
from workers.syntax.table import INSIDE, Entry, Table, table

MOST_SYMBOLS = 10_000
MOST_IMPORTS = 2_000
MOST_IMPORTED_NAMES = 500
MOST_NESTED = 40
_MOST_NAME = 200
_MOST_DOCSTRING = 300


class Row(msgspec.Struct, frozen=True):
    """A symbol, and how many symbols are around it."""

    level: int
    symbol: Symbol


class Outline(msgspec.Struct):
    """What a walk found. The counts are right even where the lists were cut."""

    rows: list[Row]
    imports: list[Import]
    symbol_count: int = 0
    import_count: int = 0


def outline(tree: Tree, source: Source, language: str, budget: Budget) -> Outline:
    """Find the symbols and imports of *tree*.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    walk = _Walk(source, table(language))
    walk.run(tree.walk(), budget)
    return walk.found


class _Walk:
    """One walk over one tree. Depths are levels of the tree; scopes are the symbols around."""

    def __init__(self, source: Source, rules: Table) -> None:
        self.found = Outline([], [])
        self._source = source
        self._table = rules
        self._entries = rules.entries
        self._depth = 0
        self._scopes = [Scope("", None, -1)]
        self._remarks = Remarks(source)
        self._signs = Signs(source.data, rules.signs, rules.before_sign)
        self._wrapper: Node | None = None
        self._wrapper_depth = -1

    def run(self, cursor: TreeCursor, budget: Budget) -> None:
        """Visit; descend where that can pay; else move on, until the tree is done.

        This loop is most of what a walk costs: nothing is called for a node not in the table.
        """
        for visited in itertools.count(1):
            node = cursor.node
            assert node is not None
            entry = self._entries.get(node.kind_id)
            if entry is not None:
                if (entry is INSIDE or self._visit(node, entry)) and cursor.goto_first_child():
                    self._depth += 1
                    continue
                self._close()
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return
                self._depth -= 1
                self._close()
            if not visited & 0x3FF:
                budget.check()

    def _visit(self, node: Node, entry: Entry) -> bool:
        """Do what the table says of this node; True means: look inside."""
        if entry.needs_sign and not self._signs.within(node.start_byte, node.end_byte):
            return False
        if entry.is_comment:
            return self._remarks.note(node)
        if entry.imports is not None and (imports := entry.imports(node, self._source)):
            self._add_imports(imports)
            return False
        if entry.is_between:
            return self._remarks.reach_over(node)
        if entry.wraps or (entry.wraps_one and node.named_child_count == 1):
            self._wrap(node)
        elif entry.rule is not None:
            return self._define(node, entry, entry.rule)
        return True

    def _open(self, name: str, kind: SymbolKind) -> None:
        if len(self._scopes) < MOST_NESTED:
            scope = Scope(name, kind, self._depth, kind in TYPES, kind in CALLABLES)
            self._scopes.append(scope)
            self._choose_entries()

    def _close(self) -> None:
        """Leave the scope whose node has just been left, if it is one's."""
        if self._scopes[-1].depth >= self._depth:
            self._scopes.pop()
            self._choose_entries()

    def _add_imports(self, imports: list[Import]) -> None:
        self.found.import_count += len(imports)
        room = MOST_IMPORTS - len(self.found.imports)
        self.found.imports += map(_bounded, imports[:room])

    def _wrap(self, node: Node) -> None:
        """Remember the outermost of wrappers that follow each other directly."""
        if self._wrapper is None or self._wrapper_depth != self._depth - 1:
            self._wrapper = node
        self._wrapper_depth = self._depth

    def _outer(self, node: Node) -> Node:
        """Return the wrapper directly around *node*, or else *node*; a wrapper wraps but once."""
        wrapper, self._wrapper = self._wrapper, None
        return node if wrapper is None or self._wrapper_depth != self._depth - 1 else wrapper

    def _define(self, node: Node, entry: Entry, rule: Definition) -> bool:
        """Add the symbol that *node* defines, unless a closer look shows that it defines none."""
        outer, scope = self._outer(node), self._scopes[-1]
        name = self._name(rule, entry, node)
        kind = self._kind(rule, node, Place(self._source, scope, outer, name)) if name else None
        if kind is None:
            return True
        parent = self._parent(rule, node, scope)
        qualified = f"{parent}.{name}" if parent else name
        also = [] if rule.also is None else rule.also(node, self._source)
        self.found.symbol_count += 1 + len(also)
        if len(self.found.rows) < MOST_SYMBOLS:
            body = self._body(rule, entry, node)
            symbol = Symbol(
                kind=kind,
                name=name,
                qualified_name=qualified,
                range=self._source.range_of(outer),
                signature=self._table.signatures.read(self._source, outer, node, body),
                docstring=self._docstring(body, outer),
                parent=parent or None,
            )
            self.found.rows.append(Row(len(self._scopes) - 1, symbol))
            if also:
                self._add_others(symbol, also)
        if rule.opens:
            self._open(qualified, kind)
        return rule.searched and self._holds_definitions(node)

    def _add_others(self, first: Symbol, names: list[str]) -> None:
        """Add symbols that differ from *first*, which is declared with them, by name only."""
        for name in names[: MOST_SYMBOLS - len(self.found.rows)]:
            short = on_one_line(name, _MOST_NAME)
            qualified = f"{first.parent}.{short}" if first.parent else short
            symbol = msgspec.structs.replace(first, name=short, qualified_name=qualified)
            self.found.rows.append(Row(len(self._scopes) - 1, symbol))

    def _kind(self, rule: Definition, node: Node, place: Place) -> SymbolKind | None:
        if callable(rule.kind):
            return rule.kind(node, place)
        return rule.member if rule.member is not None and place.scope.is_type else rule.kind

    def _parent(self, rule: Definition, node: Node, scope: Scope) -> str:
        owner = None if rule.owner is None else rule.owner(node, self._source)
        if not owner:
            return scope.name
        return shorten(f"{scope.name}.{owner}" if scope.name else owner, _MOST_NAME)

    def _holds_definitions(self, node: Node) -> bool:
        """Tell whether to look into a definition; its own sign, at its start, does not count."""
        is_local = self._scopes[-1].is_local
        return not is_local or self._signs.within(node.start_byte + 1, node.end_byte)

    def _name(self, rule: Definition, entry: Entry, node: Node) -> str:
        if not isinstance(rule.name, str):
            name = rule.name(node, self._source) or ""
        elif entry.name_field is not None and (found := node.child_by_field_id(entry.name_field)):
            name = self._source.text(found)
        else:
            return ""
        return on_one_line(name, _MOST_NAME)

    def _body(self, rule: Definition, entry: Entry, node: Node) -> Node | None:
        if not isinstance(rule.body, str):
            return rule.body(node)
        return None if entry.body_field is None else node.child_by_field_id(entry.body_field)

    def _docstring(self, body: Node | None, outer: Node) -> str | None:
        find = self._table.docstring
        said = self._remarks.in_front_of(outer) if find is None else find(body, self._source)
        return shorten(said, _MOST_DOCSTRING) if said else None

    def _choose_entries(self) -> None:
        """Inside functions fewer nodes count, and the loop should not even ask about the others."""
        local = self._scopes[-1].is_local
        self._entries = self._table.local_entries if local else self._table.entries


def _bounded(found: Import) -> Import:
    """Return *found* with no more and no longer names than any answer should carry."""
    if len(found.module) <= _MOST_NAME and len(found.names) <= MOST_IMPORTED_NAMES:
        return found
    names = found.names[:MOST_IMPORTED_NAMES]
    return msgspec.structs.replace(found, module=shorten(found.module, _MOST_NAME), names=names)
