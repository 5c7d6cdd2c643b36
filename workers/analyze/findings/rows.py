"""Findings as rows of an answer: `  12 empty-catch minor: The error is dropped... · App.start`."""

from protocol.tools.code_metrics import Finding
from protocol.tools.files import Item
from workers.items import item


def finding_items(found: list[Finding]) -> list[Item]:
    """Return a row for each finding."""
    return [item(finding_line(each), each) for each in found]


def finding_line(found: Finding) -> str:
    """Return a finding as a line for a model; the line where it begins comes first."""
    where = f" · {found.symbol}" if found.symbol else ""
    line, rule = found.range.start_line, found.rule
    return f"  {line} {rule} {found.severity}: {found.message}{where}"
