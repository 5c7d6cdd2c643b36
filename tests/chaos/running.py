"""Runs trials, each in a process of its own, and sees to it that nothing of them is left."""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

import msgspec

from chaos.report import Findings
from chaos.trial import Form, Trial
from support.toolcrew import MARK, running

TESTS = Path(__file__).parents[1]
TIMEOUTS_S: Mapping[Form, float] = {"short": 90.0, "long": 280.0}
_LAST_WORDS = 4000


def run(trial: Trial, form: Form) -> Findings:
    """Run one trial to its end; a trial that breaks down is a promise broken."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return _run(trial, form, folder)


def _run(trial: Trial, form: Form, folder: str) -> Findings:
    mark = uuid.uuid4().hex
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "TMPDIR": folder, MARK: mark}
    command = [sys.executable, "-P", "-m", "chaos.alone", trial.name, form]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            output, log = process.communicate(timeout=TIMEOUTS_S[form])
        except subprocess.TimeoutExpired:
            process.kill()
            output, log = process.communicate()
    left = [repr(one) for one in running(mark)]
    if process.returncode != 0:
        last_words = log[-_LAST_WORDS:].decode(errors="replace")
        return Findings(violations=[f"exit status {process.returncode}: {last_words}", *left])
    findings = msgspec.json.decode(output, type=Findings)
    findings.violations += [f"left alive: {one}" for one in left]
    return findings
