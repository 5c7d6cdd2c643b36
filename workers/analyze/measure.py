"""One source's bytes to its measurements."""

from tree_sitter import Tree

from workers.analyze.definitions import Definitions
from workers.analyze.model import FileMetrics, Lines
from workers.analyze.parsed import Parsed, parsed
from workers.analyze.place import Place
from workers.analyze.rows import Rows
from workers.analyze.table import Table, table
from workers.analyze.text import Division, Text, divide, find_signs
from workers.analyze.walk import actions_of, walk
from workers.syntax.budget import Budget
from workers.syntax.lines import count_lines
from workers.syntax.source import Source


def measure_file(data: bytes, language: str, budget: Budget) -> FileMetrics:
    """Parse *data* and measure it.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    return measure(parsed(None, language, data, budget))


def measure(one: Parsed) -> FileMetrics:
    """Measure what is parsed already.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    _, language, tree, source, budget = one
    rules = table(language)
    if rules is None:
        counts = count_lines(tree, source, language, budget)
        lines = Lines(counts.total, counts.code, counts.comment, counts.blank, 0)
        return FileMetrics(language=language, lines=lines)
    text, place = _walked(tree, source, language, rules, budget)
    return Rows(place, text, source, language).file()


def _walked(
    tree: Tree, source: Source, language: str, rules: Table, budget: Budget
) -> tuple[Text, Place]:
    """Walk over *tree*, by the language's shortcut if there is one and the source allows it."""
    data, shortcut = source.data, rules.constructs.shortcut
    definitions = Definitions(source, language)
    if shortcut is None or any(mark in data for mark in shortcut.unless):
        place = Place(tree, data, rules, definitions, is_short=False)
        walk(place, actions_of(language, is_short=False), [], budget)
        return divide(data, place.literals, place.comments), place
    division = Division(data, tree.root_node, shortcut, budget)
    text = division.text()
    place = Place(tree, data, rules, definitions, is_short=True)
    place.comments = text.comments
    signs = find_signs(text.plain, shortcut, division.coded)
    walk(place, actions_of(language, is_short=True), signs, budget)
    return text, place
