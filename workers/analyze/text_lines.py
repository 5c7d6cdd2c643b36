"""Analyses as lines for a model: short, the line range first."""

from protocol.tools.code_analyze import AnalyzedFile, FunctionRow, Measured, TypeRow
from protocol.tools.places import Range
from workers.analyze.model import FileMetrics


def headline(file: AnalyzedFile, metrics: FileMetrics) -> str:
    """Return a file's own line: path, language, and the sums."""
    parts = [file.path or "snippet", file.language, f"{metrics.lines.code:,} lines of code"]
    if metrics.cyclomatic is not None:
        parts.append(f"{file.function_count:,} functions")
        parts += _numbers(file)
    if file.error_count:
        parts.append(f"{file.error_count:,} syntax errors")
    return " · ".join(parts)


def function_line(row: FunctionRow) -> str:
    """Return one function: `  12-40 App.start · cyclomatic 4 · cognitive 6 · 20 lines`."""
    return _line(row.range, row.qualified_name, row)


def type_line(row: TypeRow) -> str:
    """Return one type: `  12-40 class App · 5 functions · cyclomatic 14`."""
    return _line(row.range, f"{row.kind} {row.qualified_name} · {row.functions} functions", row)


def _line(place: Range, name: str, row: FunctionRow | TypeRow) -> str:
    lines = [f"{row.lines.code} lines"] if row.lines else []
    return " · ".join([f"  {_span(place)} {name}", *_numbers(row), *lines])


def _numbers(row: Measured) -> list[str]:
    named = {"cyclomatic": row.cyclomatic, "cognitive": row.cognitive, "nesting": row.nesting}
    parts = [f"{name} {value}" for name, value in named.items() if value is not None]
    if row.maintainability is not None:
        parts.append(f"maintainability {row.maintainability.index:.0f}")
    return parts


def _span(place: Range) -> str:
    first, last = place.start_line, place.end_line
    return f"{first}" if first == last else f"{first}-{last}"
