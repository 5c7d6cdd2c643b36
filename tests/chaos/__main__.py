"""`python -P -m chaos`: run the trials in their long form, print what came of them, and judge it.

The exit status is 1 if any verdict is "fail".
"""

import argparse
import sys
import time
from pathlib import Path

import msgspec

from chaos.programme import BY_NAME, TRIALS
from chaos.report import judge
from chaos.running import run
from chaos.table import Result, table
from chaos.trial import Form, Trial


def main() -> int:
    """Do what the command line says."""
    arguments = _arguments()
    trials = [BY_NAME[name] for name in arguments.names] or TRIALS
    results = [_run(trial, "short" if arguments.short else "long") for trial in trials]
    sys.stdout.write(table(results))
    path = Path(arguments.json)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    return 1 if any(result.has_failed() for result in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description="Try to break the crew.")
    parser.add_argument("names", nargs="*", choices=[[], *BY_NAME], help="these trials alone")
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--json", default="build/chaos.json", help="where the figures go")
    return parser.parse_args()


def _run(trial: Trial, form: Form) -> Result:
    sys.stderr.write(f"{trial.number:2} {trial.name} ...")
    sys.stderr.flush()
    start = time.monotonic()
    findings = run(trial, form)
    result = Result(
        number=trial.number,
        name=trial.name,
        done=trial.done,
        seconds=time.monotonic() - start,
        findings=findings,
        judgements=judge(findings, trial.bars, with_times=True),
    )
    sys.stderr.write(f" {result.verdict()} ({result.seconds:.0f} s)\n")
    return result


if __name__ == "__main__":
    sys.exit(main())
