"""Pictures of a run of the benchmarks; needs matplotlib (the `bench` dependency group)."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]

_OURS, _OTHERS = "#c44e52", "#4c72b0"
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
    drawn = [draw for draw in _PANELS if draw in figures]
    if not drawn:
        return
    pyplot = _pyplot()
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    size = (5.2 * columns, 3.8 * rows)
    figure, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for name, axis in zip(drawn, axes.flat, strict=False):
        _PANELS[name](axis, figures[name])
    for axis in axes.flat[len(drawn) :]:
        axis.set_axis_off()
    for file in files:
        figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _pyplot() -> Any:
    import matplotlib as mpl  # noqa: PLC0415 - only whoever wants a picture needs it

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "toolcrew"  # the same figures make the same file
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


def _bars(axes: Any, title: str, unit: str, values: Mapping[str, float]) -> None:
    """Draw one bar for each name, the first one ours, with its value beside it."""
    names = list(values)
    heights = [values[name] for name in names]
    colours = [_OURS if name.lower().startswith("toolcrew") else _OTHERS for name in names]
    bars = axes.barh(names, heights, color=colours)
    axes.bar_label(bars, [f" {height:,.4g}" for height in heights], fontsize=8)
    axes.invert_yaxis()
    axes.set(title=title, xlabel=f"{unit} (log scale)", xscale="log")
    axes.margins(x=0.25)


def _lines(axes: Any, title: str, labels: tuple[str, str], curves: Mapping[str, Any]) -> None:
    """Draw one line for each name, its points as pairs."""
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name)
    axes.set(title=title, xlabel=labels[0], ylabel=labels[1], xscale="log", yscale="log")
    axes.grid(**_GRID)
    axes.legend(fontsize=7)


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
    _bars(axes, "Memory of all processes, idle", "MiB, shared pages once", values)


def _dispatch(axes: Any, figures: Any) -> None:
    for one in figures:
        if one["turns"]:
            points = [(int(many), speed) for many, speed in one["per_second"].items()]
            axes.plot(*zip(*points, strict=True), marker="o", label=one["pool"])
    axes.set(title="Minimal jobs, 2 workers", xlabel="jobs waiting", ylabel="jobs/s", xscale="log")
    axes.set_ylim(0)
    axes.grid(**_GRID)
    axes.legend(fontsize=7)


def _growth(axes: Any, figures: Any) -> None:
    curves = {
        f"{one['name']}, by {what}": [(p["amount"], p["per_second"]) for p in one["points"]]
        for what, key in (("keys", "keys"), ("in flight", "in_flight"))
        for one in figures[key]
    }
    _lines(axes, "Growth", ("keys asked for, or calls in flight", "calls/s"), curves)


def _payload(axes: Any, figures: Any) -> None:
    curves: dict[str, list[tuple[float, float]]] = {}
    for one in figures:
        speed = (one["sent"] + one["received"]) / 1e6 / one["seconds"]
        curves.setdefault(f"{one['server']}: {one['what']}", []).append((one["megabytes"], speed))
    _lines(axes, "Large calls", ("MB", "MB/s"), curves)


def _folder(axes: Any, figures: Any) -> None:
    values = {
        f"{one['folder']}: {each['name']}".replace("server", "toolcrew"): each["totals"]["files"]
        / each["seconds"]
        for one in figures[:1]
        for each in one["passes"]
    }
    short = {name.partition(": ")[2]: value for name, value in values.items()}
    _bars(axes, f"Folder: {figures[0]['folder']}", "files/s", short)


def _soak(axes: Any, figures: Any) -> None:
    minutes = [part["minute"] for part in figures["parts"]]
    axes.plot(minutes, [part["per_second"] for part in figures["parts"]], color=_OURS)
    axes.set(title="Soak", xlabel="minutes", ylabel="calls/s")
    axes.set_ylim(0)
    memory = axes.twinx()
    memory.plot(minutes, [part["tree_rss"] / 2**20 for part in figures["parts"]], color=_OTHERS)
    memory.set(ylabel="RSS of all, MiB")
    memory.set_ylim(0)
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
    axes.legend(fontsize=7)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


_PANELS: Mapping[str, Callable[[Any, Any], None]] = {
    "latency": _latency,
    "load": _load,
    "dispatch": _dispatch,
    "start_up": _start_up,
    "memory": _memory,
    "folder": _folder,
    "growth": _growth,
    "payload": _payload,
    "soak": _soak,
}
