"""The structured answer of `code_analyze` as a table on a terminal, drawn by rich if that is installed."""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO, cast, get_args

from protocol.tools.code_analyze import OF_FILES, Detail
from protocol.tools.code_analyze_columns import Column, columns
from protocol.tools.code_metrics import Metric

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_FAILURES = 5
_LEAST_WIDTH = 8

Answer = Mapping[str, Any]


def can_draw(tool: str) -> bool:
    """Tell whether there is a table for this tool's answers, and rich to draw it."""
    return tool == "code_analyze" and importlib.util.find_spec("rich") is not None


def draw(answer: Answer, arguments: Mapping[str, Any], out: TextIO) -> None:
    """Write the tables of *answer*, which *arguments* have led to, to *out*."""
    from rich.console import Console  # noqa: PLC0415 - an extra, and slow to import

    console = Console(file=out, highlight=False, markup=False, emoji=False)
    for part in _parts(answer, detail_of(arguments), arguments.get("metrics")):
        console.print(part)


def detail_of(arguments: Mapping[str, Any]) -> Detail:
    """Return what was asked for."""
    if any(name.startswith("compare_") for name in arguments):
        return "changes"
    detail = arguments.get("detail")
    return cast("Detail", detail) if detail in get_args(Detail) else "functions"


def _parts(
    answer: Answer, detail: Detail, metrics: Sequence[Metric] | None
) -> "Iterator[RenderableType]":
    from rich.text import Text  # noqa: PLC0415 - an extra, and slow to import

    shown = columns(detail, metrics)
    yield Text(_totals(answer["totals"]), style="bold")
    if field := OF_FILES.get(detail):
        for file in answer["files"]:
            yield _table(shown, file.get(field, []), title=file.get("path") or "snippet")
    else:
        yield _table(shown, answer["files" if detail in OF_FILES else detail])
    for outcome in ("failed", "skipped"):
        for failure in answer[outcome][:_MOST_FAILURES]:
            yield Text(f"{outcome}: {_clean(failure['path'] or 'snippet')}: {failure['message']}")
    if answer.get("hint"):
        yield Text(_clean(answer["hint"]), style="dim")


def _table(
    shown: Sequence[Column], rows: Sequence[dict[str, Any]], title: str | None = None
) -> "RenderableType":
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - an extra, and slow to import
    from rich.table import Table  # noqa: PLC0415

    table = Table(
        title=None if title is None else _clean(title),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in shown:
        table.add_column(
            column.title,
            justify="left" if column.is_word else "right",
            overflow="fold",
            no_wrap=not column.is_word,
            min_width=_LEAST_WIDTH if column.is_word else None,
        )
    for row in rows:
        table.add_row(*(_clean(column.cell(row)) for column in shown))
    return table


def _totals(totals: Mapping[str, Any]) -> str:
    said = [f"{totals['files']:,} files", f"{totals['code']:,} lines of code"]
    said += [f"{totals[name]:,} {name}" for name in ("functions", "findings") if totals.get(name)]
    said += [f"{name} {totals[name]:,}" for name in ("cyclomatic", "cognitive")]
    return " · ".join(said)


def _clean(text: str) -> str:
    """Return *text* without what would do something to a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
