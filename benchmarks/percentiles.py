"""Percentiles of measured durations."""

import math
from collections.abc import Sequence

import msgspec

POINTS = (50.0, 90.0, 95.0, 99.0, 99.9)


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles in seconds."""

    p50: float
    p90: float
    p95: float
    p99: float
    p99_9: float
    maximum: float


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that *percent* of the *ordered* values do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def latency(ordered: Sequence[float]) -> Latency:
    """Summarise *ordered* durations; all zero when there are none."""
    p50, p90, p95, p99, p99_9 = (percentile(ordered or [0.0], point) for point in POINTS)
    maximum = ordered[-1] if ordered else 0.0
    return Latency(p50=p50, p90=p90, p95=p95, p99=p99, p99_9=p99_9, maximum=maximum)
