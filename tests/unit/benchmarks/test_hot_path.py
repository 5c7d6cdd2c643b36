"""A cached call and a job cost no more instructions, calls and memory than is written in `hot_path.json`."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hot_path import COMMITTED, Cost, Costs, committed, python_version, regressions

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
CALL = Cost(instructions=300, calls=20, peak_bytes=1_000)


@pytest.mark.skipif(
    python_version() not in committed(),
    reason=f"{COMMITTED.name} has no figures of this Python: python benchmarks/hot_path.py --update",
)
def test_the_hot_path_costs_no_more_than_is_written_down(tmp_path: Path) -> None:
    """Counted in a process of its own, where nothing else traces."""
    file = tmp_path / "costs.json"
    bare = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}

    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "hot_path.py"), "--json", str(file)],
        env=bare,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = msgspec.json.decode(file.read_bytes(), type=Costs)
    worse = regressions(committed()[python_version()], found)
    assert worse == [], "if this is meant: python benchmarks/hot_path.py --update"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (CALL, []),
        (Cost(instructions=305, calls=20.3, peak_bytes=0), []),
        (
            Cost(instructions=330, calls=20, peak_bytes=1_000),
            ["call: 330 instructions instead of 300 (+10.0%)"],
        ),
        (
            Cost(instructions=1, calls=22, peak_bytes=2_000),
            [
                "call: 22 calls instead of 20 (+10.0%)",
                "call: 2000 peak_bytes instead of 1000 (+100.0%)",
            ],
        ),
    ],
)
def test_what_costs_clearly_more_is_named(found: Cost, said: list[str]) -> None:
    assert regressions({"call": CALL}, {"call": found}) == said
