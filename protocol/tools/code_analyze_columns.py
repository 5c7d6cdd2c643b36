"""The columns in which people read what `code_analyze` found, whoever draws the table.

Code: lines of code. MI: the maintainability index.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from protocol.tools.code_analyze import Detail
from protocol.tools.code_metrics import Metric

Row = dict[str, Any]
"""A row of the structured answer, decoded."""


class Column(NamedTuple):
    """One column; *cell* returns what a row has there. *metric*: only where that was asked for."""

    title: str
    cell: Callable[[Row], str]
    is_word: bool = False
    metric: Metric | None = None


def columns(detail: Detail, metrics: Sequence[Metric] | None = None) -> list[Column]:
    """Return the columns of *detail*, without those of metrics other than *metrics*, if there are any."""
    return [
        column
        for column in _COLUMNS[detail]
        if metrics is None or column.metric is None or column.metric in metrics
    ]


def _at(*path: str) -> Callable[[Row], str]:
    """Return what finds the value at a path of keys, as text."""

    def cell(row: Row) -> str:
        inner: Row | None = row
        for key in path[:-1]:
            inner = None if inner is None else inner.get(key)
        return _text(None if inner is None else inner.get(path[-1]))

    return cell


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.1f}".removesuffix(".0")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _lines(row: Row) -> str:
    place = row["range"]
    first, last = place["start_line"], place["end_line"]
    return f"{first}" if first == last else f"{first}-{last}"


def _first_line(row: Row) -> str:
    return str(row["range"]["start_line"])


def _file(row: Row) -> str:
    return row.get("path") or "snippet"


def _function_count(row: Row) -> str:
    return _text(row.get("function_count", 0))


def _share_documented(row: Row) -> str:
    known: dict[str, int] = row.get("documentation") or {}
    of = known.get("documentable", 0)
    return f"{100 * known['documented'] / of:.0f} %" if of else ""


def _place(key: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        there = row[key]
        return f"{there['path'] or 'snippet'}:{there['start_line']}-{there['end_line']}"

    return cell


def _where(row: Row) -> str:
    path, line = row.get("path") or "snippet", row.get("line")
    return path if line is None else f"{path}:{line}"


def _caller(row: Row) -> str:
    return f"{row.get('caller_path') or 'snippet'}:{row['line']} {row['caller']}"


def _callee(row: Row) -> str:
    path, line = row.get("callee_path"), row.get("callee_line")
    return row["callee"] if path is None else f"{path}:{line} {row['callee']}"


def _delta(row: Row) -> str:
    known: dict[str, float] = row.get("delta") or {}
    return ", ".join(f"{name} {value:+g}" for name, value in known.items())


_NUMBERS = (
    Column("Code", _at("lines", "code"), metric="lines"),
    Column("Cyclomatic", _at("cyclomatic"), metric="cyclomatic"),
    Column("Cognitive", _at("cognitive"), metric="cognitive"),
    Column("Nesting", _at("nesting"), metric="nesting"),
    Column("MI", _at("maintainability", "index"), metric="maintainability"),
)

_COLUMNS: dict[Detail, tuple[Column, ...]] = {
    "summary": (
        Column("File", _file, is_word=True),
        Column("Functions", _function_count),
        *_NUMBERS,
        Column("Documented", _share_documented, metric="documentation"),
    ),
    "functions": (
        Column("Lines", _lines),
        Column("Function", _at("qualified_name"), is_word=True),
        *_NUMBERS,
        Column("Params", _at("parameters"), metric="parameters"),
    ),
    "types": (
        Column("Lines", _lines),
        Column("Type", _at("qualified_name"), is_word=True),
        Column("Functions", _at("functions")),
        *_NUMBERS,
    ),
    "findings": (
        Column("Line", _first_line),
        Column("Severity", _at("severity"), is_word=True),
        Column("Rule", _at("rule"), is_word=True),
        Column("Finding", _at("message"), is_word=True),
    ),
    "changes": (
        Column("Line", _at("line")),
        Column("Function", _at("qualified_name"), is_word=True),
        Column("Status", _at("status"), is_word=True),
        Column("Change", _delta, is_word=True),
    ),
    "hotspots": (
        Column("Score", _at("score")),
        Column("Measure", _at("measure"), is_word=True),
        Column("Value", _at("value")),
        Column("Commits", _at("commits")),
        Column("Name", _at("name"), is_word=True),
        Column("Where", _where, is_word=True),
    ),
    "folders": (
        Column("Folder", _at("path"), is_word=True),
        Column("Files", _at("files")),
        Column("Functions", _at("functions")),
        Column("Code", _at("lines", "code")),
        Column("Cyclomatic", _at("cyclomatic")),
        Column("Cognitive", _at("cognitive")),
        Column("MI", _at("maintainability")),
        Column("Documented", _share_documented),
    ),
    "duplicates": (
        Column("Tokens", _at("tokens")),
        Column("Lines", _at("lines")),
        Column("First", _place("first"), is_word=True),
        Column("Second", _place("second"), is_word=True),
    ),
    "calls": (
        Column("Caller", _caller, is_word=True),
        Column("Callee", _callee, is_word=True),
        Column("Calls", _at("count")),
        Column("Certainty", _at("certainty"), is_word=True),
    ),
    "imports": (
        Column("Where", _where, is_word=True),
        Column("Module", _at("module"), is_word=True),
        Column("File", _at("target"), is_word=True),
        Column("In a cycle", _at("in_cycle"), is_word=True),
    ),
    "unused": (
        Column("Where", _where, is_word=True),
        Column("What", _at("what"), is_word=True),
        Column("Name", _at("name"), is_word=True),
        Column("Why", _at("reason"), is_word=True),
    ),
}


def markdown_header(shown: Sequence[Column]) -> str:
    """Return the head of a table in Markdown: its titles, and how its columns stand."""
    titles = " | ".join(column.title for column in shown)
    rules = " | ".join("---" if column.is_word else "---:" for column in shown)
    return f"| {titles} |\n| {rules} |"
