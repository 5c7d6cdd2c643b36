"""Benchmarks are scripts that share modules: what their folder holds is found as they find it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
