"""What a trial has found, and the verdict on it: promises must hold always, times only on a quiet machine.

Pure: nothing here measures.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Figures = dict[str, float]
Verdict = Literal["pass", "fail", "not judged"]


class Findings(msgspec.Struct, kw_only=True):
    """What one trial measured, by name with the unit at its end, and which promises were broken."""

    figures: Figures = {}
    violations: list[str] = []


class Bar(msgspec.Struct, frozen=True):
    """A limit for one figure. One *of_time* says something about this machine too, and is judged apart."""

    figure: str
    limit: float
    is_least: bool = False
    of_time: bool = False

    def __str__(self) -> str:
        return f"{self.figure} {'>=' if self.is_least else '<='} {self.limit:g}"

    def holds(self, figures: Mapping[str, float]) -> bool:
        """Tell whether the figure is there and on the right side."""
        if (value := figures.get(self.figure)) is None:
            return False
        return value >= self.limit if self.is_least else value <= self.limit


def at_most(limit: float, figure: str) -> Bar:
    """Return a bar that must hold always."""
    return Bar(figure, limit)


def at_least(limit: float, figure: str) -> Bar:
    """Return a bar that must hold always."""
    return Bar(figure, limit, is_least=True)


def within(limit: float, figure: str) -> Bar:
    """Return a bar for something that takes its time."""
    return Bar(figure, limit, of_time=True)


def beyond(limit: float, figure: str) -> Bar:
    """Return a bar for a rate."""
    return Bar(figure, limit, is_least=True, of_time=True)


class Judgement(msgspec.Struct, frozen=True):
    """One bar and how it came out."""

    bar: str
    measured: float | None
    verdict: Verdict


def judge(findings: Findings, bars: Sequence[Bar], *, with_times: bool) -> list[Judgement]:
    """Hold *findings* against *bars*; broken promises are one more bar."""
    judgements = [
        Judgement(
            "broken promises <= 0",
            len(findings.violations),
            "fail" if findings.violations else "pass",
        )
    ]
    for bar in bars:
        verdict: Verdict = "pass" if bar.holds(findings.figures) else "fail"
        if bar.of_time and not with_times:
            verdict = "not judged"
        judgements.append(Judgement(str(bar), findings.figures.get(bar.figure), verdict))
    return judgements


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which *share* of *values* lie, by the nearest rank; 0 if there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(name: str, values: Sequence[float]) -> Figures:
    """Return the median, the 99th percentile and the worst of *values*, named after their unit."""
    what, _, unit = name.rpartition("_")
    return {
        f"{what}_p50_{unit}": percentile(values, 0.5),
        f"{what}_p99_{unit}": percentile(values, 0.99),
        f"{what}_max_{unit}": max(values, default=0.0),
    }
