"""One symbol by name: where it is, its source with decorators and documentation, and what is beside it."""

import heapq
import re
from collections.abc import Iterator, Sequence

from tree_sitter import Tree

from protocol.tools.code_found import FoundFile, FoundSymbol
from protocol.tools.code_parse import Options
from protocol.tools.files import Item
from protocol.tools.suggest import nearest
from workers.items import item, within_bounds
from workers.parse.above import first_line_above
from workers.parse.answer import Answer
from workers.parse.siblings import Siblings
from workers.parse.source_lines import SourceLines, numbered
from workers.syntax.budget import Budget
from workers.syntax.outline import Row, outline
from workers.syntax.parsing import parse
from workers.syntax.source import Source, shorten

_SEPARATORS = re.compile(r"::|->|[#/\\]")
_WORD = re.compile(r"\w+\Z", re.ASCII)
_NAMED = re.compile(rb"\b[A-Za-z_]\w{2,60}(?=\s*\()|(?<=class )\w+|(?<=struct )\w+|(?<=enum )\w+")
_UNWRITTEN = frozenset({"Companion", "__struct__"})
"""Names that are not written down: of Kotlin's companion objects, and of Elixir's structs."""

_MOST_SOURCES = 5
"""If one name has more definitions in a file than this, they are listed and not shown."""

_MOST_PLACES = 1_000
_MOST_NAME = 60
_PART_LINES = 60
_PART_CHARACTERS = 3_000
_MOST_NEAR = 3
_MOST_SAME = 20


def answer_symbol(
    path: str | None, language: str, data: bytes, options: Options, budget: Budget
) -> Answer:
    """Find the symbol that *options* name in *data*.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    asked = plain_name(options.symbol or "")
    if not may_define(asked, data):
        file = FoundFile(path=path, language=language, match_count=0)
        return Answer(file, [], near=_near(asked, _names_in(data)))
    tree, source = parse(data, language, budget), Source(data)
    rows = outline(tree, source, language, budget).rows
    chosen = chosen_rows(rows, asked)
    file = FoundFile(
        path=path,
        language=language,
        match_count=len(chosen),
        has_errors=tree.root_node.has_error,
    )
    if not chosen:
        near = _near(asked, {row.symbol.qualified_name for row in rows})
        return Answer(file, [], near=near)
    if options.detail == "summary":
        return Answer(file, [])
    writer = _Writer(rows, tree, data, options, language)
    items, is_cut = within_bounds(writer.items(chosen))
    return Answer(file, items, is_cut or writer.is_cut)


def plain_name(asked: str) -> str:
    """Return a name as this project writes it: `Class.method`, whatever stands between in the language."""
    return _SEPARATORS.sub(".", asked.strip().removesuffix("()")).strip(".")


def may_define(asked: str, data: bytes) -> bool:
    """Tell whether *data* can define this name: then its last word stands somewhere in it."""
    word = _WORD.search(asked)
    return word is None or word[0] in _UNWRITTEN or word[0].encode() in data


def chosen_rows(rows: Sequence[Row], asked: str) -> list[int]:
    """Return the numbers of the rows that are called so: in full, or else by the end of their names."""
    names = [plain_name(row.symbol.qualified_name) for row in rows]
    whole = [number for number, name in enumerate(names) if name == asked]
    return whole or [number for number, name in enumerate(names) if name.endswith(f".{asked}")]


def _names_in(data: bytes) -> set[str]:
    """Return names that a source seems to define or call: good enough for a hint, and quick."""
    return {name.decode("utf-8", "replace") for name in _NAMED.findall(data)}


def _near(asked: str, names: set[str]) -> dict[str, float]:
    """Return the names most like *asked*, with how alike they are: their last words, then all of it."""
    last = asked.rpartition(".")[2]
    least, most = 0.5 * len(last), 2 * len(last)
    by_word: dict[str, list[str]] = {}
    for name in sorted(names):
        word = name.rpartition(".")[2]
        if least <= len(word) <= most:
            by_word.setdefault(word, []).append(name)
    scores = {
        shorten(name, 2 * _MOST_NAME): round(_alike(last, word) + _alike(asked, name) / 8, 3)
        for word in nearest(last, by_word, _MOST_NEAR)
        for name in by_word[word][:_MOST_SAME]
    }
    return dict(heapq.nlargest(_MOST_NEAR, scores.items(), key=lambda each: each[1]))


def _alike(one: str, other: str) -> float:
    import difflib  # noqa: PLC0415 - most processes never meet a wrong name

    return difflib.SequenceMatcher(None, one, other).ratio()


class _Writer:
    """Writes the symbols of one source."""

    def __init__(
        self, rows: Sequence[Row], tree: Tree, data: bytes, options: Options, language: str
    ) -> None:
        self.is_cut = False
        self._rows = rows
        self._siblings = Siblings(rows)
        self._tree = tree
        self._data = data
        self._lines = SourceLines(data)
        self._around = options.around
        self._language = language

    def items(self, chosen: list[int]) -> Iterator[Item]:
        """Yield a place for each symbol, with its source if there is only one to be meant."""
        names = {self._rows[number].symbol.qualified_name for number in chosen}
        has_sources = len(names) == 1 and len(chosen) <= _MOST_SOURCES
        self.is_cut |= len(chosen) > _MOST_PLACES
        for number in chosen[:_MOST_PLACES]:
            yield self._place(number)
            if has_sources:
                yield from self._source(self._rows[number])

    def _place(self, number: int) -> Item:
        symbol = self._rows[number].symbol
        beside, inside = self._siblings.beside(number), self._siblings.inside(number)
        row = FoundSymbol(
            qualified_name=symbol.qualified_name,
            kind=symbol.kind,
            range=symbol.range,
            signature=symbol.signature,
            parent=symbol.parent,
            siblings=beside,
            members=inside,
        )
        first, last = symbol.range.start_line, symbol.range.end_line
        said = [f"  {first}-{last} {symbol.kind} {symbol.qualified_name}"]
        if symbol.parent:
            said.append(f"in {symbol.parent}")
        if inside:
            said.append(f"holds {', '.join(inside)}")
        if beside:
            said.append(f"beside {', '.join(beside)}")
        return item(shorten(" · ".join(said), 600), row)

    def _source(self, row: Row) -> Iterator[Item]:
        """Yield the lines of a symbol in parts, so that a page can end between two of them."""
        place = row.symbol.range
        first = first_line_above(
            self._tree, self._data, self._language, self._lines.start_of(place.start_line)
        )
        own = range(self._lines.number_of(first), place.end_line + 1)
        lines = self._lines.between(own.start - self._around, place.end_line + self._around)
        part: list[tuple[int, str]] = []
        size = 0
        for number, text in lines:
            self.is_cut |= self._lines.is_long(number)
            if part and (len(part) == _PART_LINES or size + len(text) > _PART_CHARACTERS):
                yield self._part(row, part, own)
                part, size = [], 0
            part.append((number, text))
            size += len(text) + 1
        if part:
            yield self._part(row, part, own)

    def _part(self, row: Row, lines: list[tuple[int, str]], own: range) -> Item:
        found = FoundSymbol(
            qualified_name=row.symbol.qualified_name,
            source="\n".join(text for _, text in lines),
            source_line=lines[0][0],
        )
        shown = (numbered(number, text, " " if number in own else "~") for number, text in lines)
        return item("\n".join(shown), found, rank=1)
