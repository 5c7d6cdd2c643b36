"""A parsed file as lines for a model: short, the line range first, nested by indentation."""

from collections.abc import Iterable

from protocol.tools.code_parse import Export, Import, ParsedFile, SyntaxProblem, TreeNode
from protocol.tools.places import Range
from workers.syntax.outline import Row
from workers.syntax.source import shorten

_MOST_IMPORTS = 300
_MOST_EXPORTS = 300


def headline(file: ParsedFile) -> str:
    """Return what a file is about: counts, then its syntax errors, then its imports on one line."""
    counts = [
        file.path or "snippet",
        file.language,
        _plural(file.lines.total, "line"),
        _plural(file.symbol_count, "symbol"),
        _plural(file.import_count, "import"),
    ]
    if file.error_count:
        counts.append(_plural(file.error_count, "syntax error"))
    lines = [" · ".join(counts), *map(_problem_line, file.errors)]
    if file.imports:
        lines.append(_imports_line(file.imports))
    if file.exports:
        lines.append(_exports_line(file.exports))
    return "\n".join(lines)


def short_headline(file: ParsedFile) -> str:
    """Return what an outline says of a file: its path and how long it is."""
    counts = [file.path or "snippet", _plural(file.lines.total, "line")]
    if file.error_count:
        counts.append(_plural(file.error_count, "syntax error"))
    return " · ".join(counts)


def symbol_line(row: Row) -> str:
    """Return one symbol: `  12-40 class App`."""
    symbol = row.symbol
    said = symbol.signature or f"{symbol.kind} {symbol.name}"
    return f"{'  ' * (row.level + 1)}{_span(symbol.range)} {said}"


def tree_line(node: TreeNode) -> str:
    """Return one node of the tree: `    3-5 body: block`."""
    field = f"{node.field}: " if node.field else ""
    leaf = f" {node.text!r}" if node.text else ""
    return f"{'  ' * (node.depth + 1)}{_span(node.range)} {field}{node.type}{leaf}"


def _span(place: Range) -> str:
    first, last = place.start_line, place.end_line
    return f"{first}" if first == last else f"{first}-{last}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _problem_line(problem: SyntaxProblem) -> str:
    return f"  error {problem.line}:{problem.column} {problem.message}"


def _imports_line(imports: Iterable[Import]) -> str:
    modules = ", ".join(dict.fromkeys(each.module for each in imports))
    return f"  imports {shorten(modules, _MOST_IMPORTS)}"


def _exports_line(exports: Iterable[Export]) -> str:
    names = ", ".join(dict.fromkeys(each.name for each in exports))
    return f"  exports {shorten(names, _MOST_EXPORTS)}"
