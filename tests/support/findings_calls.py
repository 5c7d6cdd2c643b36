"""Findings of code that a test holds, without processes."""

from typing import Any

from protocol.tools.code_analyze import Options, Thresholds
from protocol.tools.code_metrics import Finding
from workers.analyze.findings import findings
from workers.analyze.measure import measure
from workers.analyze.parsed import parsed
from workers.syntax.budget import Budget

STRICT = Thresholds(
    function_lines=3, file_lines=8, cyclomatic=2, cognitive=2, parameters=2, nesting=1
)


def find(code: str | bytes, language: str = "python", **options: Any) -> list[Finding]:
    """Return the findings of *code*; no thresholds are in force unless they are given."""
    data = code.encode() if isinstance(code, str) else code
    one = parsed(None, language, data, Budget(60))
    return findings(one, measure(one), Options(detail="findings", **options))


def rules_of(code: str | bytes, language: str = "python", **options: Any) -> list[str]:
    """Return the rules of the findings, in their order."""
    return [each.rule for each in find(code, language, **options)]
