"""Every trial in its short form: whatever is done to the crew, no promise may be broken.

Times are not judged here, as any machine may be busy: `make chaos` does that, with the long form.
"""

import sys

import pytest

from chaos.programme import TRIALS
from chaos.report import judge
from chaos.running import run
from chaos.trial import Trial


@pytest.mark.skipif(sys.platform != "linux", reason="what is done to the processes is Linux's")
@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_no_promise_is_broken(trial: Trial) -> None:
    findings = run(trial, "short")

    assert findings.violations == []
    failed = [one for one in judge(findings, trial.bars, with_times=False) if one.verdict == "fail"]
    assert failed == []
