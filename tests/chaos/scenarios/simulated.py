"""Crews that exist only in a simulation, in which far more happens than ever will."""

import time

from chaos.report import Findings
from simulation.run import run


def simulate(*, first_seed: int, worlds: int, steps: int) -> Findings:
    """Let *steps* events happen in each of so many simulated worlds; after each, every rule must hold."""
    start = time.monotonic()
    done = sum(run(seed, steps).steps for seed in range(first_seed, first_seed + worlds))
    seconds = time.monotonic() - start
    return Findings(
        figures={
            "steps": done,
            "steps_missing": max(0, worlds * steps - done),
            "steps_per_s": done / seconds,
        }
    )
