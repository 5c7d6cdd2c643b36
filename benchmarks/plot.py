"""Pictures of a run of the benchmarks; needs matplotlib (the `bench` dependency group)."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]

_OURS, _OTHERS = "#c44e52", "#4c72b0"
_POOLS = {"server": "toolcrew over stdio", "executor": "ProcessPoolExecutor"}
_GRID = {"visible": True, "which": "both", "alpha": 0.25}


def draw_load(
    label: str, latency_curve: Sequence[float], throughput: Sequence[float], file: Path
) -> None:
    """Write the picture of one load test: how long calls took, how many were answered as time went by."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    _draw_latency(axes[0], latency_curve)
    _draw_throughput(axes[1], throughput)
    figure.suptitle(label)
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def draw_run(figures: Figures, files: Sequence[Path]) -> None:
    """Write one picture of everything that was measured into each of *files*, in the format of its name."""
    drawn = [(draw, figures[name]) for name, draw in _PANELS if name in figures]
    if not drawn:
        return
    pyplot = _pyplot()
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    size = (5.4 * columns, 4.2 * rows)
    figure, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for (draw, found), axis in zip(drawn, axes.flat, strict=False):
        draw(axis, found)
    for axis in axes.flat[len(drawn) :]:
        axis.set_axis_off()
    for file in files:
        metadata = {"Date": None} if file.suffix == ".svg" else {}
        figure.savefig(file, dpi=90, metadata=metadata)
    pyplot.close(figure)


def _pyplot() -> Any:
    import matplotlib as mpl  # noqa: PLC0415 - only whoever wants a picture needs it

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "toolcrew"  # the same figures make the same file
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: a third of the size
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    return plt


# --- one load test


def _draw_latency(axes: Any, curve: Sequence[float]) -> None:
    """Draw milliseconds by percentile, stretched towards 100 %."""
    last = max(1, len(curve) - 1)
    tail = [max(1 - index / last, 1 / (2 * last)) for index in range(len(curve))]
    axes.plot([1 / share for share in tail], [seconds * 1e3 for seconds in curve])
    axes.set(xscale="log", yscale="log", xlabel="percentile", ylabel="latency, ms")
    axes.set_xticks([1, 2, 10, 100, 1000], ["0", "50", "90", "99", "99.9"])
    axes.grid(**_GRID)


def _draw_throughput(axes: Any, throughput: Sequence[float]) -> None:
    axes.plot([100 * (part + 0.5) / len(throughput) for part in range(len(throughput))], throughput)
    axes.set(xlabel="% of the run", ylabel="answers per second", ylim=(0, None))
    axes.grid(**_GRID)


# --- a run of all


def _bars(
    axes: Any, title: str, unit: str, values: Mapping[str, float], *, is_linear: bool = False
) -> None:
    """Draw one bar for each name, ours in another colour, with its value beside it."""
    names = list(values)
    heights = [values[name] for name in names]
    colours = [_OURS if _is_ours(name) else _OTHERS for name in names]
    bars = axes.barh(names, heights, color=colours)
    axes.bar_label(bars, [f" {_short(height)}" for height in heights], fontsize=8)
    axes.invert_yaxis()
    axes.set(title=title, xlabel=unit)
    if not is_linear:
        axes.set(xlabel=f"{unit}, log scale", xscale="log")
        axes.set_xlim(min(heights) / 3, max(heights) * 6)
    else:
        axes.margins(x=0.25)


def _lines(axes: Any, title: str, labels: tuple[str, str], curves: Mapping[str, Any]) -> None:
    """Draw one line for each name, its points as pairs; ours are thicker."""
    for name, points in curves.items():
        width = 2.4 if _is_ours(name) else 1.0
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name, linewidth=width)
    axes.set(title=title, xlabel=labels[0], ylabel=labels[1], xscale="log", yscale="log")
    axes.grid(**_GRID)
    _legend(axes)


def _legend(axes: Any) -> None:
    """Put the legend below, where it hides nothing."""
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncol=2, frameon=False)


def _is_ours(name: str) -> bool:
    return name.lower().startswith("toolcrew")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _latency(axes: Any, figures: Any) -> None:
    values = {one["name"]: one["same_per_second"] for one in figures}
    _bars(axes, "Known answers, 64 in flight", "calls/s", values)


def _start_up(axes: Any, figures: Any) -> None:
    values = {
        one["name"]: 1e3 * _median([start["greeting"] for start in one["starts"]])
        for one in figures
    }
    _bars(axes, "Process start to initialize", "ms", values)


def _memory(axes: Any, figures: Any) -> None:
    values = {
        one["name"]: sum(process["pss"] or process["rss"] for process in one["idle"]) / 2**20
        for one in figures
    }
    title = "Memory of all processes, idle"
    _bars(axes, title, "MiB, shared pages once", values, is_linear=True)


def _dispatch(axes: Any, figures: Any) -> None:
    values = {
        f"{_POOLS.get(one['pool'], one['pool'])}, {int(many):,} waiting": speed
        for one in figures
        for many, speed in one["per_second"].items()
    }
    _bars(axes, "Minimal jobs, 2 workers", "jobs/s", values, is_linear=True)


def _growth_of_keys(axes: Any, figures: Any) -> None:
    _curves(axes, "Growth: different answers asked for", "answers", figures["keys"])
    axes.set_yscale("linear")
    axes.set_ylim(0)


def _growth_in_flight(axes: Any, figures: Any) -> None:
    _curves(axes, "Growth: calls in flight", "calls in flight", figures["in_flight"])


def _curves(axes: Any, title: str, label: str, found: Any) -> None:
    curves = {
        one["name"]: [(point["amount"], point["per_second"]) for point in one["points"]]
        for one in found
    }
    _lines(axes, title, (label, "calls/s"), curves)


def _payload(axes: Any, figures: Any) -> None:
    curves: dict[str, list[tuple[float, float]]] = {}
    for one in figures:
        speed = (one["sent"] + one["received"]) / 1e6 / one["seconds"]
        curves.setdefault(f"{one['server']}: {one['what']}", []).append((one["megabytes"], speed))
    _lines(axes, "Large calls", ("MB", "MB/s"), curves)


def _folder(axes: Any, figures: Any) -> None:
    first = figures[0]
    values = {
        each["name"].replace("server", "toolcrew"): each["totals"]["files"] / each["seconds"]
        for each in first["passes"]
    }
    _bars(axes, f"Folder: {first['folder']}", "files/s", values)


def _soak(axes: Any, figures: Any) -> None:
    minutes = [part["minute"] for part in figures["parts"]]
    axes.plot(minutes, [part["per_second"] for part in figures["parts"]], color=_OURS)
    axes.set(title="Soak", xlabel="minutes", ylim=(0, None))
    axes.set_ylabel("calls/s", color=_OURS)
    memory = axes.twinx()
    memory.plot(minutes, [part["tree_rss"] / 2**20 for part in figures["parts"]], color=_OTHERS)
    memory.set_ylim(0)
    memory.set_ylabel("RSS of all processes, MiB", color=_OTHERS)
    axes.grid(**_GRID)


def _load(axes: Any, figures: Any) -> None:
    for one in figures:
        curve = one["latency_curve"]
        last = max(1, len(curve) - 1)
        tail = [max(1 - index / last, 1 / (2 * last)) for index in range(len(curve))]
        milliseconds = [seconds * 1e3 for seconds in curve]
        axes.plot([1 / share for share in tail], milliseconds, label=one["label"])
    axes.set(title="Latency, 64 in flight", xscale="log", yscale="log", xlabel="percentile")
    axes.set(ylabel="ms")
    axes.set_xticks([1, 2, 10, 100, 1000], ["0", "50", "90", "99", "99.9"])
    axes.grid(**_GRID)
    _legend(axes)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


_PANELS: Sequence[tuple[str, Callable[[Any, Any], None]]] = (
    ("latency", _latency),
    ("load", _load),
    ("dispatch", _dispatch),
    ("start_up", _start_up),
    ("memory", _memory),
    ("folder", _folder),
    ("growth", _growth_of_keys),
    ("growth", _growth_in_flight),
    ("payload", _payload),
    ("soak", _soak),
)
