"""One number for each measure that functions, types and files can be ranked by."""

from collections.abc import Callable
from typing import Final

from protocol.tools.code_metrics import Measure
from workers.analyze.model import FileMetrics, FunctionMetrics, TypeMetrics

Measured = FunctionMetrics | TypeMetrics | FileMetrics

_VALUES: Final[dict[Measure, Callable[[Measured], float | None]]] = {
    "cognitive": lambda each: each.cognitive,
    "cyclomatic": lambda each: each.cyclomatic,
    "lines": lambda each: each.lines.code,
    "nesting": lambda each: each.nesting,
    "parameters": lambda each: getattr(each, "parameters", None),
    "volume": lambda each: each.halstead.volume if each.halstead else None,
    "abc": lambda each: each.abc.magnitude if each.abc else None,
    "fan_in": lambda each: getattr(each, "fan_in", None),
    "fan_out": lambda each: getattr(each, "fan_out", None),
    "maintainability": lambda each: each.maintainability.index if each.maintainability else None,
}

LOWEST_FIRST: Final[frozenset[Measure]] = frozenset({"maintainability"})
"""Measures of which less is worse."""


def value_of(each: Measured, measure: Measure) -> float | None:
    """Return the *measure* of one function, type or file; None where it has no such thing."""
    return _VALUES[measure](each)


def badness(value: float, measure: Measure) -> float:
    """Return a number that is the higher the worse *value* is, and no less than 0."""
    return max(0.0, 100.0 - value) if measure in LOWEST_FIRST else value
