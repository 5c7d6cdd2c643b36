"""One source's bytes to its measurements."""

from workers.analyze.line_map import LineMap
from workers.analyze.model import FileMetrics, FunctionMetrics, Lines
from workers.analyze.rollup import roll_up
from workers.analyze.table import CYCLOMATIC, FIELD_BITS, LOGICAL, Table, table
from workers.analyze.units import Unit
from workers.analyze.walk import Walk
from workers.syntax.budget import Budget
from workers.syntax.lines import count_lines
from workers.syntax.parsing import parse
from workers.syntax.source import Source

_MASK = (1 << FIELD_BITS) - 1


def measure_file(data: bytes, language: str, budget: Budget) -> FileMetrics:
    """Parse *data* and measure it.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    tree, source = parse(data, language, budget), Source(data)
    rules = table(language)
    if rules is None:
        counts = count_lines(tree, source, language, budget)
        lines = Lines(counts.total, counts.code, counts.comment, counts.blank, 0)
        return FileMetrics(language=language, lines=lines, cyclomatic=0, cognitive=0)
    walk = Walk(tree, source, language, rules)
    walk.run(budget)
    return _file(walk, source, language, rules)


def _file(walk: Walk, source: Source, language: str, rules: Table) -> FileMetrics:
    units = walk.units
    counts = sum(unit.counts for unit in units)
    roll_up(units, rules.wrapper_functions)
    lines = LineMap(source.data, walk.comments)
    functions = [_function(unit, source, lines) for unit in units if unit.kind == "function"]
    return FileMetrics(
        language=language,
        lines=_lines(lines, 1, lines.total, count(counts, LOGICAL)),
        cyclomatic=count(counts, CYCLOMATIC) + len(functions),
        cognitive=units[0].cognitive,
        functions=functions,
    )


def _function(unit: Unit, source: Source, lines: LineMap) -> FunctionMetrics:
    defined = unit.defined
    assert defined is not None
    place = source.range_of(defined.outer)
    return FunctionMetrics(
        name=defined.name,
        qualified_name=defined.qualified_name,
        kind=defined.kind,
        range=place,
        lines=_lines(lines, place.start_line, place.end_line, count(unit.counts, LOGICAL)),
        cyclomatic=count(unit.counts, CYCLOMATIC) + 1,
        cognitive=unit.cognitive,
        nesting=unit.nesting,
    )


def _lines(lines: LineMap, first: int, last: int, logical: int) -> Lines:
    counts = lines.count(first, last)
    return Lines(counts.total, counts.code, counts.comment, counts.blank, logical)


def count(counts: int, which: int) -> int:
    """Return one of the counts that are packed in *counts*."""
    return counts // which & _MASK
