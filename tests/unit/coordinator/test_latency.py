"""A sketch of durations says nearly what all of them together would say."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.observe.latency import LatencySketch
from protocol.tools.admin_get_metrics import Latency

seconds = st.floats(1e-6, 100)


def sketch_of(durations: list[float]) -> LatencySketch:
    sketch = LatencySketch()
    for duration in durations:
        sketch.record(duration)
    return sketch


@given(st.lists(seconds, min_size=1, max_size=60), st.integers(1, 60))
def test_the_count_and_the_longest_are_exact(durations: list[float], repeats: int) -> None:
    found = sketch_of(durations * repeats).summary()

    assert found.count == len(durations) * repeats
    assert abs(found.max_ms - max(durations) * 1e3) <= 1e-4


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [50, 1000, 5000])
def test_quantiles_are_near_the_true_ones(seed: int, count: int) -> None:
    """At most two hundredths of all durations lie between an estimate and the truth."""
    random = Random(seed)
    durations = sorted(random.lognormvariate(-5, 1.5) for _ in range(count))
    found = sketch_of(random.sample(durations, count)).summary()

    for quantile, estimate in ((0.5, found.p50_ms), (0.95, found.p95_ms), (0.99, found.p99_ms)):
        low = durations[max(0, int((quantile - 0.02) * count) - 1)]
        high = durations[min(count - 1, int((quantile + 0.02) * count) + 1)]
        assert low * 1e3 - 1e-4 <= estimate <= high * 1e3 + 1e-4


@given(st.lists(seconds, min_size=1, max_size=60))
def test_quantiles_are_in_order(durations: list[float]) -> None:
    found = sketch_of(durations).summary()

    assert 0 <= found.p50_ms <= found.p95_ms <= found.p99_ms <= found.max_ms


def test_nothing_recorded_is_all_zeros() -> None:
    assert LatencySketch().summary() == Latency(count=0, p50_ms=0, p95_ms=0, p99_ms=0, max_ms=0)


def test_asking_changes_nothing() -> None:
    sketch = sketch_of([0.001, 0.002, 0.003])

    assert sketch.summary() == sketch.summary()
    sketch.record(0.004)
    assert sketch.summary().count == 4
    assert sketch.summary().max_ms == 4.0


def test_memory_does_not_grow_with_the_durations() -> None:
    sketch = sketch_of([number / 1e6 for number in range(50_000)])

    assert len(sketch._buffer) < 1024  # pyright: ignore[reportPrivateUsage]
    assert sketch.summary().count == 50_000
