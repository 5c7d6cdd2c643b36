"""What one definition says of itself: where it stands, its signature, documentation and modifiers."""

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import Symbol, SymbolKind, Visibility
from protocol.tools.places import Range
from workers.syntax.found import MOST_NAME, MOST_SYMBOLS, Outline, Row
from workers.syntax.region import Region
from workers.syntax.remarks import Remarks
from workers.syntax.source import Source, on_one_line, shorten
from workers.syntax.spec import Definition
from workers.syntax.table import Entry, Table

_MOST_DOCSTRING = 300
_MOST_BEFORE = 20
_MOST_NAME_BYTES = 4 * MOST_NAME
_NOWHERE = -1
_NEAR = 500
"""So close to where a definition begins, its text is searched faster than the tree is asked."""


class Reader:
    """Reads the definitions of one source and adds them to *found*.

    The name that was read last stands from the byte `_start` to `_end`; one that is not written out
    stands nowhere. It is kept here because a call with so many arguments costs more than what it does.
    """

    __slots__ = (
        "_data",
        "_docstring",
        "_end",
        "_found",
        "_is_ascii",
        "_name",
        "_named",
        "_remarks",
        "_room",
        "_signatures",
        "_source",
        "_start",
        "_table",
        "_visibility",
    )

    def __init__(
        self, found: Outline, source: Source, root: Node, rules: Table, *, counts_only: bool
    ) -> None:
        self._found = found
        self._room = 0 if counts_only else MOST_SYMBOLS
        self._source = source
        self._data = source.data
        self._is_ascii = source.is_ascii
        self._table = rules
        self._signatures = rules.signatures
        self._visibility = rules.visibility
        self._docstring = rules.docstring
        self._remarks = Remarks(source, root, rules.comments, rules.comment_line, rules.comment_end)
        self._name = ""
        self._named: Node | None = None
        self._start = self._end = _NOWHERE

    def name(self, node: Node, entry: Entry, rule: Definition) -> str:
        """Return the name that *node* defines, and remember where it stands; empty if it has none."""
        found: Node | str | None
        if entry.name_of is None:
            found = node.child_by_field_id(entry.name_field)
        else:
            found = entry.name_of(node, self._source)
        if found is None or isinstance(found, str):
            self._start = _NOWHERE
            self._name = on_one_line(found or rule.unnamed or "", MOST_NAME)
            return self._name
        self._named = found
        self._start = start = found.start_byte
        self._end = end = found.end_byte
        name = self._data[start:end].decode("utf-8", "replace")
        if rule.spell is not None or end - start > MOST_NAME or not name.isidentifier():
            name = self._spelled(name[:_MOST_NAME_BYTES], rule)
        self._name = name
        return name

    def _spelled(self, written: str, rule: Definition) -> str:
        """Return the name that is *written* so, and narrow where it stands to what spells it."""
        name = written if rule.spell is None else rule.spell(written)
        at = -1 if "\N{REPLACEMENT CHARACTER}" in written else written.find(name)
        if name and at >= 0:
            self._start += len(written[:at].encode("utf-8", "replace"))
            self._end = self._start + len(name.encode("utf-8", "replace"))
        return on_one_line(name, MOST_NAME)

    def add(  # noqa: PLR0913, PLR0917 - once for each symbol; packing these costs as much as using them
        self,
        kind: SymbolKind,
        qualified: str,
        parent: str,
        node: Node,
        outer: Node,
        body: Node | None,
        region: Region,
        rule: Definition,
    ) -> None:
        """Add the symbol that *node*, which *outer* wraps, defines in *region*, and what it declares too."""
        found = self._found
        also = () if rule.also is None else rule.also(node, self._source)
        found.symbol_count += 1 + len(also)
        if len(found.rows) >= self._room:
            return
        before = self._between(outer) if self._table.between else []
        start = outer.start_byte
        signature, modifiers, decorators = self._signatures.read(
            self._data, outer, node, body, self._start, before
        )
        access = modifiers.access or rule.access or region.access
        visibility: Visibility | None = None
        if access is not None:
            visibility = None if access == "public" else access
        elif self._visibility is not None and not region.scope.is_local:
            visibility = self._visibility(self._name, kind, region.scope)
        if self._docstring is None:
            is_first = not before and region.lead is None
            said = self._remarks.in_front_of(
                start if is_first else self._first_byte(start, before, region)
            )
        else:
            said = self._docstring(body, self._source)
        place, end = self._source.range_of(outer), outer.end_byte
        if rule.last is not None and (last := rule.last(outer, self._source)) is not None:
            end = last.end_byte
            place = self._source.range_between(start, end, start, outer.start_point)
        symbol = Symbol(
            kind=kind,
            name=self._name,
            qualified_name=qualified,
            range=place,
            name_range=None if self._start < 0 else self._name_range(start, place),
            signature=signature,
            docstring=shorten(said, _MOST_DOCSTRING) if said else None,
            parent=parent or None,
            decorators=decorators,
            visibility=visibility,
            is_async=modifiers.is_async,
            is_static=modifiers.is_static,
            is_abstract=modifiers.is_abstract,
        )
        found.rows.append(Row(region.scope.level, symbol, start, end))
        for named in also:
            if len(found.rows) < self._room:
                self._add_other(symbol, named, region.scope.level, outer, rule)

    def _first_byte(self, start: int, before: list[Node], region: Region) -> int:
        """Return where that begins in front of which a comment speaks of what begins at *start*."""
        if before:
            return before[-1].start_byte
        lead, region.lead = region.lead, None
        if lead is None or b"\n" in self._data[lead.start_byte : start]:
            return start
        return lead.start_byte

    def _add_other(
        self, first: Symbol, named: Node, level: int, outer: Node, rule: Definition
    ) -> None:
        """Add a symbol that differs from *first*, which it is declared with, by name only."""
        self._start, self._end = named.start_byte, named.end_byte
        name = self._spelled(self._source.text(named)[:_MOST_NAME_BYTES], rule)
        place = self._source.range_between(
            self._start, self._end, named.start_byte, named.start_point
        )
        qualified = f"{first.parent}.{name}" if first.parent else name
        symbol = msgspec.structs.replace(
            first, name=name, qualified_name=qualified, name_range=place
        )
        self._found.rows.append(Row(level, symbol, outer.start_byte, outer.end_byte))

    def _name_range(self, first: int, place: Range) -> Range:
        """Return where the name stands; the symbol begins at the byte *first*."""
        start, end = self._start, self._end
        if self._is_ascii and end - first < _NEAR and self._data.find(b"\n", first, end) < 0:
            line, column = place.start_line, place.start_column + start - first
            return Range(line, column, line, column + end - start)
        named = self._named
        assert named is not None
        return self._source.range_between(start, end, named.start_byte, named.start_point)

    def _between(self, outer: Node) -> list[Node]:
        """Return what belongs to *outer* and stands in front of it, last first."""
        found: list[Node] = []
        node = outer.prev_sibling
        between = self._table.between
        while node is not None and node.kind_id in between and len(found) < _MOST_BEFORE:
            found.append(node)
            node = node.prev_sibling
        return found
