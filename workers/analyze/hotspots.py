"""The worst functions, types or files by one measure, over all files."""

import heapq
from collections.abc import Iterator

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_analyzed import HotSpot
from protocol.tools.files import Combined, Facts
from workers.analyze.combining import combined
from workers.analyze.measures import badness, value_of
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext

_MOST = 5000
"""So many are ranked, whether they are of one file or of all."""


class _Spot(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str | None
    line: int | None
    value: float


_decode = msgspec.json.Decoder(list[_Spot]).decode


def facts(one: Parsed, metrics: FileMetrics, options: Options) -> list[_Spot]:
    """Return the worst of one file."""
    del one
    spots = list(_spots(metrics, options))
    return heapq.nlargest(_MOST, spots, key=lambda each: _score(each, options, 1))


def combine(files: list[Facts], options: Options, context: JobContext) -> Combined:
    """Return the worst of all files, the worst first; equals stay in the order of the listing."""
    del context
    ranked: list[HotSpot] = []
    for file in files:
        commits = options.commits.get(file.path or "", 0) if options.churn_days else None
        for spot in _decode(file.facts):
            score = _score(spot, options, 1 if commits is None else commits)
            if score > 0:
                ranked.append(
                    HotSpot(
                        path=file.path,
                        name=spot.name,
                        line=spot.line,
                        measure=options.measure,
                        value=spot.value,
                        commits=commits,
                        score=round(score, 2),
                    )
                )
    return combined(sorted(ranked, key=lambda each: -each.score), _line, _MOST)


def _spots(metrics: FileMetrics, options: Options) -> Iterator[_Spot]:
    if options.of == "files":
        value = value_of(metrics, options.measure)
        if value is not None:
            yield _Spot(None, None, round(value, 2))
        return
    for each in metrics.functions if options.of == "functions" else metrics.types:
        value = value_of(each, options.measure)
        if value is not None:
            yield _Spot(each.qualified_name, each.range.start_line, round(value, 2))


def _score(spot: _Spot, options: Options, commits: int) -> float:
    return badness(spot.value, options.measure) * commits


def _line(spot: HotSpot) -> str:
    """Return one row: `  42 cognitive  coordinator/app.py:12 App.start`."""
    where = spot.path or "snippet"
    name = f":{spot.line} {spot.name}" if spot.name else ""
    churn = f" x {spot.commits} commits = {spot.score:g}" if spot.commits is not None else ""
    return f"{spot.value:>7g} {spot.measure}{churn}  {where}{name}"
