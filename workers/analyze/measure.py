"""One source's bytes to its measurements."""

from workers.analyze.model import FileMetrics, Lines
from workers.analyze.rows import Rows
from workers.analyze.table import table
from workers.analyze.walk import walk
from workers.syntax.budget import Budget
from workers.syntax.lines import count_lines
from workers.syntax.parsing import parse
from workers.syntax.source import Source


def measure_file(data: bytes, language: str, budget: Budget) -> FileMetrics:
    """Parse *data* and measure it.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    tree, source = parse(data, language, budget), Source(data)
    if table(language) is None:
        counts = count_lines(tree, source, language, budget)
        lines = Lines(counts.total, counts.code, counts.comment, counts.blank, 0)
        return FileMetrics(language=language, lines=lines)
    return Rows(walk(tree, source, language, budget), source, language).file()
