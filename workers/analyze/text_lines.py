"""Analyses as lines for a model: short, the line range first."""

from protocol.tools.code_analyzed import AnalyzedFile, FunctionRow, Measured, TypeRow
from protocol.tools.places import Range
from workers.analyze.model import FileMetrics


def headline(file: AnalyzedFile, metrics: FileMetrics) -> str:
    """Return a file's own line: path, language, and the sums."""
    parts = [file.path or "snippet", file.language, _plural(metrics.lines.code, "line of code")]
    if metrics.cyclomatic is not None:
        parts.append(_plural(file.function_count, "function"))
        parts += _numbers(file)
    if file.symbol_count is not None:
        parts.append(_plural(file.symbol_count, "symbol"))
    if file.error_count:
        parts.append(_plural(file.error_count, "syntax error"))
    return " · ".join(parts)


def function_line(row: FunctionRow) -> str:
    """Return one function: `  12-40 App.start · cyclomatic 4 · cognitive 6 · 20 lines`."""
    return _line(row.range, row.qualified_name, row)


def type_line(row: TypeRow) -> str:
    """Return one type: `  12-40 class App · 5 functions · cyclomatic 14`."""
    return _line(
        row.range, f"{row.kind} {row.qualified_name} · {_plural(row.functions, 'function')}", row
    )


def _line(place: Range, name: str, row: FunctionRow | TypeRow) -> str:
    lines = [_plural(row.lines.code, "line")] if row.lines else []
    return " · ".join([f"  {_span(place)} {name}", *_numbers(row), *lines])


def _numbers(row: Measured) -> list[str]:
    named = {"cyclomatic": row.cyclomatic, "cognitive": row.cognitive, "nesting": row.nesting}
    parts = [f"{name} {value}" for name, value in named.items() if value is not None]
    if row.maintainability is not None:
        parts.append(f"maintainability {row.maintainability.index:.0f}")
    return parts


def _plural(count: int, noun: str) -> str:
    """Return a count with its noun, whose first word takes the ending."""
    word, of, rest = noun.partition(" of ")
    return f"{count:,} {word}{'' if count == 1 else 's'}{of}{rest}"


def _span(place: Range) -> str:
    first, last = place.start_line, place.end_line
    return f"{first}" if first == last else f"{first}-{last}"
