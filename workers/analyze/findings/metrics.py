"""Numbers that are above their thresholds; 0, or none given, means never."""

from collections.abc import Iterator

from protocol.tools.code_analyze import Thresholds
from protocol.tools.code_metrics import Severity
from protocol.tools.code_rules import RULES, SEVERITIES
from protocol.tools.places import Range
from workers.analyze.findings.hit import Hit
from workers.analyze.model import FileMetrics, FunctionMetrics

_MUCH = 2
"""So many times its threshold makes a number one step more severe."""


def above_thresholds(metrics: FileMetrics, thresholds: Thresholds) -> Iterator[Hit]:
    """Yield what is too long, too complex and so on."""
    code, last = metrics.lines.code, max(1, metrics.lines.total)
    yield from _above("long-file", code, thresholds.file_lines, Range(1, 1, last, 1), "")
    for function in metrics.functions:
        yield from _of_function(function, thresholds)


def _of_function(function: FunctionMetrics, thresholds: Thresholds) -> Iterator[Hit]:
    numbers = (
        ("too-long", function.lines.code, thresholds.function_lines),
        ("too-complex", function.cyclomatic, thresholds.cyclomatic),
        ("hard-to-follow", function.cognitive, thresholds.cognitive),
        ("too-many-parameters", function.parameters, thresholds.parameters),
        ("deep-nesting", function.nesting, thresholds.nesting),
    )
    for rule, value, most in numbers:
        yield from _above(rule, value, most, function.range, function.qualified_name)


def _above(rule: str, value: int, most: int | None, place: Range, symbol: str) -> Iterator[Hit]:
    if most and value > most:
        message = RULES[rule].sentence.format(value=value, most=most)
        yield Hit(rule, place, message, _severity(rule, value, most), symbol, key="")


def _severity(rule: str, value: int, most: int) -> Severity:
    step = SEVERITIES.index(RULES[rule].severity)
    return SEVERITIES[step + 1] if value > _MUCH * most else SEVERITIES[step]
