"""One picture of a load test: how long calls took, and how many were answered as time went by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def draw_load(
    label: str, latency_curve: Sequence[float], throughput: Sequence[float], file: Path
) -> None:
    """Write the picture; needs matplotlib (the `bench` dependency group)."""
    import matplotlib as mpl  # noqa: PLC0415 - only whoever wants a picture needs it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    pyplot: Any = plt
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    _draw_latency(axes[0], latency_curve)
    _draw_throughput(axes[1], throughput)
    figure.suptitle(label)
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _draw_latency(axes: Any, curve: Sequence[float]) -> None:
    """Draw milliseconds by percentile, stretched towards 100 %."""
    last = max(1, len(curve) - 1)
    tail = [max(1 - index / last, 1 / (2 * last)) for index in range(len(curve))]
    axes.plot([1 / share for share in tail], [seconds * 1e3 for seconds in curve])
    axes.set(xscale="log", yscale="log", xlabel="percentile", ylabel="latency, ms")
    axes.set_xticks([1, 2, 10, 100, 1000], ["0", "50", "90", "99", "99.9"])
    axes.grid(visible=True, which="both", alpha=0.3)


def _draw_throughput(axes: Any, throughput: Sequence[float]) -> None:
    axes.plot([100 * (part + 0.5) / len(throughput) for part in range(len(throughput))], throughput)
    axes.set(xlabel="% of the run", ylabel="answers per second", ylim=(0, None))
    axes.grid(visible=True, alpha=0.3)
