"""One source's bytes to everything that `code_parse` says of it."""

from typing import NamedTuple

from protocol.tools.code_parse import Options, ParsedFile
from protocol.tools.files import Item
from workers.items import item
from workers.parse.outline_text import outline_items
from workers.parse.text import symbol_line, tree_line
from workers.syntax.budget import Budget
from workers.syntax.lines import count_lines
from workers.syntax.outline import MOST_SYMBOLS, outline
from workers.syntax.parsing import parse
from workers.syntax.problems import MOST_PROBLEMS, problems
from workers.syntax.source import Source
from workers.syntax.tree_view import MOST_NODES, tree_view


class Parsed(NamedTuple):
    """A file without its rows, its rows, and whether there was more than a piece may hold."""

    file: ParsedFile
    items: list[Item]
    is_cut: bool


def parse_file(
    path: str | None, language: str, data: bytes, options: Options, budget: Budget
) -> Parsed:
    """Parse *data* and collect what *options* ask for.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    tree, source = parse(data, language, budget), Source(data)
    is_counted = options.detail in ("summary", "tree")
    found = outline(tree, source, language, budget, counts_only=is_counted)
    errors, error_count = problems(tree, source, language, budget)
    for inner in found.embedded:
        more, count = problems(inner.tree, inner.source, inner.language, budget)
        errors, error_count = [*errors, *more][:MOST_PROBLEMS], error_count + count
    items: list[Item] = []
    if options.detail == "symbols":
        items = [item(symbol_line(row), row.symbol) for row in found.rows]
    elif options.detail == "outline":
        items = outline_items(found.rows, options.depth)
    elif options.detail == "tree":
        nodes = tree_view(tree, source, options.depth)
        items = [item(tree_line(node), node) for node in nodes]
    file = ParsedFile(
        path=path,
        language=language,
        lines=count_lines(tree, source, language, budget),
        nodes=tree.root_node.descendant_count,
        symbol_count=found.symbol_count,
        import_count=found.import_count,
        error_count=error_count,
        export_count=found.export_count,
        imports=found.imports if options.detail == "symbols" else [],
        exports=found.exports if options.detail == "symbols" else [],
        errors=errors,
    )
    return Parsed(file, items, _is_cut(file, items, options))


def _is_cut(file: ParsedFile, items: list[Item], options: Options) -> bool:
    if options.detail == "symbols":
        kept = (len(items), len(file.imports), len(file.exports))
        return kept != (file.symbol_count, file.import_count, file.export_count)
    if options.detail == "outline":
        return file.symbol_count > MOST_SYMBOLS
    return len(items) >= MOST_NODES
