"""`python -P -m chaos.alone NAME FORM`: run one trial in this process, which it may do anything to.

The findings are written to stdout as JSON; everything else goes to stderr.
"""

import asyncio
import inspect
import os
import sys
from typing import cast

import msgspec

from chaos.programme import BY_NAME
from chaos.report import Findings
from chaos.trial import Form


def main() -> None:
    """Run the trial named on the command line."""
    name, form = sys.argv[1:3]
    result = os.dup(1)
    os.dup2(2, 1)
    trial = BY_NAME[name]
    findings = trial.scenario(**trial.parameters(cast("Form", form)))
    if not isinstance(findings, Findings):
        assert inspect.iscoroutine(findings)
        findings = asyncio.run(findings)
    os.write(result, msgspec.json.encode(findings))


if __name__ == "__main__":
    main()
