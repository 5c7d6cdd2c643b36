"""An outline for a model: one short line for each symbol, and how much each matters."""

from protocol.tools.code_parse import Symbol, SymbolKind
from protocol.tools.files import Item
from workers.items import item
from workers.syntax.outline import Row
from workers.syntax.source import shorten

_MOST_LINE = 120

_SHAPES: frozenset[SymbolKind] = frozenset(
    {
        "class",
        "constructor",
        "enum",
        "function",
        "interface",
        "macro",
        "method",
        "module",
        "namespace",
        "property",
        "struct",
        "table",
        "trait",
        "type",
        "view",
        "heading",
    }
)
"""Symbols that give a program its shape; the others are what it is filled with."""

_SHORT: dict[SymbolKind, str] = {
    "constant": "const",
    "constructor": "ctor",
    "enum_member": "",
    "function": "fn",
    "interface": "iface",
    "heading": "",
    "key": "",
    "method": "fn",
    "namespace": "ns",
    "property": "prop",
    "variable": "var",
}
"""Kinds where there is no signature to tell them."""

_HIDDEN = 2
"""Something that is not public counts as if it were so many levels further in."""


def outline_items(rows: list[Row], depth: int) -> list[Item]:
    """Return the lines for the symbols on the first *depth* levels; none matters more than its parent."""
    items: list[Item] = []
    around: list[int] = []
    for row in rows:
        if row.level >= depth:
            continue
        del around[row.level :]
        rank = max([_rank(row), *around])
        around.append(rank)
        line = outline_line(row)
        items.append(item(line, line, rank))
    return items


def outline_line(row: Row) -> str:
    """Return one symbol: `  12-40 class App(Base)`."""
    symbol = row.symbol
    place = symbol.range
    first, last = place.start_line, place.end_line
    lines = f"{first}" if first == last else f"{first}-{last}"
    return f"{'  ' * (row.level + 1)}{lines} {shorten(_said(symbol), _MOST_LINE)}"


def _said(symbol: Symbol) -> str:
    return symbol.signature or f"{_SHORT.get(symbol.kind, symbol.kind)} {symbol.name}".strip()


def _rank(row: Row) -> int:
    symbol = row.symbol
    is_hidden = symbol.visibility is not None
    return row.level + (0 if symbol.kind in _SHAPES else 1) + _HIDDEN * is_hidden
