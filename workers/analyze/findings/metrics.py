"""Numbers that are above their thresholds; 0, or none given, means never."""

from collections.abc import Iterator

from protocol.tools.code_analyze import Thresholds
from protocol.tools.code_metrics import Severity
from protocol.tools.code_rules import RULES, SEVERITIES
from protocol.tools.places import Range
from workers.analyze.findings.hit import Hit
from workers.analyze.model import FileMetrics

_MUCH = 2
"""So many times its threshold makes a number one step more severe."""


def above_thresholds(metrics: FileMetrics, thresholds: Thresholds) -> Iterator[Hit]:
    """Yield what is too long, too complex and so on."""
    code, last = metrics.lines.code, max(1, metrics.lines.total)
    if thresholds.file_lines and code > thresholds.file_lines:
        yield _above("long-file", code, thresholds.file_lines, Range(1, 1, last, 1), "")
    most = thresholds
    for function in metrics.functions:
        numbers = (
            ("too-long", function.lines.code, most.function_lines),
            ("too-complex", function.cyclomatic, most.cyclomatic),
            ("hard-to-follow", function.cognitive, most.cognitive),
            ("too-many-parameters", function.parameters, most.parameters),
            ("deep-nesting", function.nesting, most.nesting),
        )
        for rule, value, limit in numbers:
            if limit and value > limit:
                yield _above(rule, value, limit, function.range, function.qualified_name)


def _above(rule: str, value: int, most: int, place: Range, symbol: str) -> Hit:
    message = RULES[rule].sentence.format(value=value, most=most)
    return Hit(rule, place, message, _severity(rule, value, most), symbol, key="")


def _severity(rule: str, value: int, most: int) -> Severity:
    step = SEVERITIES.index(RULES[rule].severity)
    return SEVERITIES[step + 1] if value > _MUCH * most else SEVERITIES[step]
