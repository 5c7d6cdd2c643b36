"""One source's bytes to its measurements."""

from protocol.tools.code_metrics import ALL_METRICS, Lines, Metric
from workers.analyze.definitions import Definitions
from workers.analyze.links import link
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed, parsed
from workers.analyze.rows import Rows
from workers.analyze.rules import constructs
from workers.analyze.structure import Structure
from workers.analyze.table import table
from workers.analyze.text import divide
from workers.analyze.walk import walk
from workers.syntax.budget import Budget
from workers.syntax.lines import count_lines


def metrics_of(language: str) -> tuple[Metric, ...]:
    """Return which metrics the language with the canonical name *language* has."""
    return ("lines",) if constructs(language) is None else ALL_METRICS


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
        return measure_lines(one)
    marks = walk(tree, source.data, rules, budget)
    text = divide(source.data, marks, rules)
    structure = Structure(tree, marks, text.plain, rules, Definitions(source, language))
    nesting = structure.find(budget)
    links = link(source.data, marks, nesting, rules)
    budget.check()
    return Rows(nesting.units, links, text, source, rules).file(budget)


def measure_lines(one: Parsed) -> FileMetrics:
    """Count the lines of what is parsed already, and measure nothing else.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    counts = count_lines(one.tree, one.source, one.language, one.budget)
    lines = Lines(counts.total, counts.code, counts.comment, counts.blank, 0)
    return FileMetrics(language=one.language, lines=lines)
