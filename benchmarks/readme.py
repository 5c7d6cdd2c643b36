"""The figures in the READMEs, made from `results/published.json`: nobody types them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import dispatch
import folder
import growth
import latency
import memory
import msgspec
import payload
import soak
import start_up
from dispatch_pools import ENTRANTS
from load_test import Figures as LoadFigures
from markers import Block
from plot import draw_run
from report import Table, duration, rate, ratio, render, size
from results_file import PUBLISHED, Results, load, page, provenance

_HERE = Path(__file__).parent
README = _HERE.parent / "README.md"
ABOUT = _HERE / "README.md"
PERFORMANCE = Block("performance")
LAST_RUN = Block("last-run")

_Row = tuple[str, str, str]
_Found = TypeVar("_Found")


def performance(results: Results) -> str:
    """Return the table of the README: what, Toolcrew, and what was measured beside it."""
    rows = [
        row
        for name, of in _ROWS.items()
        if name in results.figures
        for row in of(results.figures[name])
    ]
    table = Table(
        title="",
        columns=("what", "Toolcrew", "beside it, in the same run"),
        rows=rows,
        notes=[
            "Known answer: `code_parse` of a snippet from the cache; the others echo 200 characters.",
            "Floor: a bare loop that reads, decodes, looks up in a dict and writes.",
            provenance(results),
        ],
    )
    return render(table).partition("\n\n")[2]


def last_run(results: Results) -> str:
    """Return everything that was measured."""
    return f"![All figures of the run](results/published.svg)\n\n{page(results)}"


def publish(results: Results) -> None:
    """Put both into their places, and the pictures beside the figures."""
    README.write_text(PERFORMANCE.replace(README.read_text(), performance(results)))
    ABOUT.write_text(LAST_RUN.replace(ABOUT.read_text(), last_run(results)))
    if find_spec("matplotlib"):
        draw_run(results.figures, [PUBLISHED.with_suffix(".svg"), PUBLISHED.with_suffix(".png")])


# --- rows, by benchmark


def _latency(found: Any) -> Iterator[_Row]:
    ours, *others = _read(found, list[latency.Figures])
    yield (
        "known answer, 64 in flight",
        rate(ours.same_per_second),
        _list((one.name, rate(one.same_per_second)) for one in others),
    )
    yield (
        "known answer, one in flight, p50",
        duration(ours.same_p50),
        _list((one.name, duration(one.same_p50)) for one in others),
    )
    yield (
        "CPU per known answer",
        duration(ours.same_cpu),
        _list((one.name, duration(one.same_cpu)) for one in others),
    )
    yield ("1 KB of Python parsed anew, 64 in flight", rate(ours.fresh_per_second), "")


def _load(found: Any) -> Iterator[_Row]:
    for run in _read(found, list[LoadFigures])[-1:]:
        share = f"{run.distinct:.0%} of the calls new, 64 in flight"
        yield share, rate(run.load.per_second), f"p99 {duration(run.load.latency.p99)}"


def _dispatch(found: Any) -> Iterator[_Row]:
    ours, *others = _read(found, list[dispatch.Figures])
    others = [one for one in others if one.turns]
    names = [ENTRANTS[one.pool].title for one in others]
    yield (
        "minimal job through a worker, p50",
        duration(ours.p50),
        _list(zip(names, (duration(one.p50) for one in others), strict=True)),
    )
    for size_ in ours.per_second:
        speeds = (rate(one.per_second[size_]) for one in others)
        yield (
            f"minimal jobs through two workers, {size_:,} waiting",
            rate(ours.per_second[size_]),
            _list(zip(names, speeds, strict=True)),
        )


def _start_up(found: Any) -> Iterator[_Row]:
    ours, *others = _read(found, list[start_up.Figures])
    yield (
        "process start to the first byte of `initialize`",
        duration(_median(ours.greetings())),
        _list((one.name, duration(_median(one.greetings()))) for one in others),
    )
    yield (
        "process start to the first result, a real parse",
        duration(_median(ours.calls())),
        _list((one.name, duration(_median(one.calls()))) for one in others),
    )


def _memory(found: Any) -> Iterator[_Row]:
    ours, *others = _read(found, list[memory.Figures])
    rest = [(one.name, size(one.idle[0].rss)) for one in others]
    yield "idle RSS, coordinator", size(ours.idle[0].rss), _list(rest)
    for when, processes in (("idle", ours.idle), ("after some load", ours.warm)):
        workers = [one.private for one in processes if one.role == "worker" and one.private]
        if workers:
            yield f"{when}, a worker beyond the shared pages", size(max(workers)), ""


def _folder(found: Any) -> Iterator[_Row]:
    for one in _read(found, list[folder.Figures]):
        by_name = {each.name: each for each in one.passes}
        cold, warm = by_name["server, symbols, cold"], by_name["server, symbols, warm"]
        loop = by_name["loop, symbols"]
        files = f"{cold.totals.files:,} files of {one.folder}"
        yield (
            f"{files}, cold",
            rate(cold.per_second()),
            f"{ratio(cold.per_second(), loop.per_second())} a single-process loop that does the same work",
        )
        again = ratio(warm.per_second(), cold.per_second())
        yield f"{files}, again", rate(warm.per_second()), f"{again} the cold run"


def _growth(found: Any) -> Iterator[_Row]:
    figures = _read(found, growth.Figures)
    for what, curve in (
        ("different answers asked for", figures.keys[0]),
        ("calls in flight", figures.in_flight[0]),
    ):
        points = [point for point in curve.points if point.amount > 1]
        speeds = [point.per_second for point in points]
        yield (
            f"{points[0].amount:,} to {points[-1].amount:,} {what}",
            f"{rate(min(speeds))} to {rate(max(speeds))}",
            f"the last is {ratio(speeds[-1], speeds[0])} the first",
        )


def _payload(found: Any) -> Iterator[_Row]:
    figures = _read(found, list[payload.Transfer])
    wanted = [one for one in figures if one.megabytes == 5.0]
    others = [
        (one.server, f"echo {one.speed():.0f} MB/s") for one in wanted if one.server != "toolcrew"
    ]
    for one in wanted:
        if one.server == "toolcrew" and one.what.endswith(("known answer", "200 KB")):
            megabytes = f"{(one.sent + one.received) / 1e6:.1f} MB"
            yield f"{one.what}, {megabytes}", f"{one.speed():.0f} MB/s", _list(others)
            others = []


def _soak(found: Any) -> Iterator[_Row]:
    one = _read(found, soak.Figures)
    yield (
        f"{one.minutes:.2g} minutes of mixed load, trend of calls/s",
        f"{one.calls.change:+.1%}",
        f"RSS of all processes {one.tree_rss.change:+.1%}, CPU per call {one.cpu.change:+.1%}",
    )


_ROWS: dict[str, Callable[[Any], Iterator[_Row]]] = {
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


def _read(found: Any, as_type: type[_Found]) -> _Found:
    """Return what JSON has made of figures as figures again: the keys of its objects are texts."""
    return msgspec.convert(found, as_type, strict=False)


def _list(named: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in named)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def main() -> int:
    """Make the READMEs anew from the file that is there."""
    publish(load(PUBLISHED))
    return 0


if __name__ == "__main__":
    sys.exit(main())
