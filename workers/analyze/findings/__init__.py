"""What in a source is worth a look, and why. The rules themselves stand in `protocol.tools.code_rules`."""

from workers.analyze.findings.find import MOST_FINDINGS, findings
from workers.analyze.findings.rows import finding_items

__all__ = ["MOST_FINDINGS", "finding_items", "findings"]
