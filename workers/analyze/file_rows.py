"""Measurements as rows of an answer: with the metrics that were asked for, and no others."""

from typing import Any

from protocol.tools.code_analyze import Options
from protocol.tools.code_analyzed import AnalyzedFile, FunctionRow, TypeRow
from protocol.tools.code_metrics import ALL_METRICS, Metric
from protocol.tools.files import Item
from workers.analyze.measure import metrics_of
from workers.analyze.model import FileMetrics, FunctionMetrics, TypeMetrics
from workers.analyze.parsed import Parsed
from workers.analyze.text_lines import function_line, type_line
from workers.items import item
from workers.syntax.outline import outline

_FIELDS: dict[Metric, tuple[str, ...]] = {
    "lines": ("lines",),
    "parameters": ("parameters",),
    "nesting": ("nesting",),
    "cyclomatic": ("cyclomatic",),
    "cognitive": ("cognitive",),
    "halstead": ("halstead",),
    "maintainability": ("maintainability",),
    "abc": ("abc",),
    "fan": ("fan_in", "fan_out"),
    "documentation": ("documentation", "documented"),
}


def function_items(metrics: FileMetrics, options: Options) -> list[Item]:
    """Return a row for each function, in document order."""
    names = ("kind", "qualified_name", "range", *_names(options))
    rows = (FunctionRow(**_chosen(each, names)) for each in metrics.functions)
    return [item(function_line(row), row) for row in rows]


def type_items(metrics: FileMetrics, options: Options) -> list[Item]:
    """Return a row for each type, in document order."""
    names = ("kind", "qualified_name", "range", "functions", *_names(options))
    rows = (TypeRow(**_chosen(each, names)) for each in metrics.types)
    return [item(type_line(row), row) for row in rows]


def analyzed_file(
    one: Parsed, metrics: FileMetrics, options: Options, error_count: int, findings: int
) -> AnalyzedFile:
    """Return what is said of a file as a whole."""
    return AnalyzedFile(
        path=one.path,
        language=one.language,
        metrics=list(metrics_of(one.language)),
        function_count=len(metrics.functions),
        type_count=len(metrics.types),
        finding_count=findings,
        error_count=error_count,
        symbol_count=_symbol_count(one) if metrics.cyclomatic is None else None,
        **_chosen(metrics, _names(options)),
    )


def _symbol_count(one: Parsed) -> int:
    """Count what a language has that has no functions to measure."""
    return outline(one.tree, one.source, one.language, one.budget, counts_only=True).symbol_count


def _names(options: Options) -> tuple[str, ...]:
    wanted = ALL_METRICS if options.metrics is None else options.metrics
    return tuple(name for metric in wanted for name in _FIELDS[metric])


def _chosen(
    measured: FunctionMetrics | TypeMetrics | FileMetrics, names: tuple[str, ...]
) -> dict[str, Any]:
    known = measured.__struct_fields__
    return {name: getattr(measured, name) for name in names if name in known}
