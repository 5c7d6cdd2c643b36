"""Answers as tables: the columns that were asked for, and nothing that would do something to a terminal."""

import io
from typing import Any, get_args

import pytest

from coordinator.reports import table
from protocol.tools.code_analyze import Detail
from protocol.tools.code_analyze_columns import columns

pytest.importorskip("rich", reason="rich is not installed")


def answer(**members: Any) -> dict[str, Any]:
    totals = {"files": 2, "code": 1234, "functions": 3, "cyclomatic": 7, "cognitive": 5}
    return {"totals": totals, "failed": [], "skipped": [], "hint": None, **members}


def drawn(found: dict[str, Any], arguments: dict[str, Any]) -> str:
    out = io.StringIO()
    table.draw(found, arguments, out)
    return out.getvalue()


FUNCTION = {
    "qualified_name": "App.start",
    "range": {"start_line": 3, "end_line": 9},
    "lines": {"code": 6},
    "cyclomatic": 2,
    "cognitive": 1,
}


def test_functions_stand_under_their_file() -> None:
    text = drawn(answer(files=[{"path": "app.py", "functions": [FUNCTION]}]), {})
    assert "2 files · 1,234 lines of code · 3 functions · cyclomatic 7 · cognitive 5" in text
    assert "app.py" in text
    assert "App.start" in text
    assert "3-9" in text


def test_only_the_metrics_that_were_asked_for_have_columns() -> None:
    text = drawn(
        answer(files=[{"path": "app.py", "functions": [FUNCTION]}]), {"metrics": ["cyclomatic"]}
    )
    assert "Cyclomatic" in text
    assert "Cognitive" not in text.replace("cognitive", "")


def test_failures_and_hints_are_said() -> None:
    failed = [{"path": "a.py", "code": "unreadable", "message": "It cannot be read."}]
    text = drawn(answer(hotspots=[], failed=failed, hint="… 3 more"), {"detail": "hotspots"})
    assert "failed: a.py: It cannot be read." in text
    assert "… 3 more" in text


def test_nothing_in_an_answer_reaches_the_terminal_as_a_command() -> None:
    name = "\x1b[31mred\x07[bold]x[/bold]\n"
    hot = {
        "path": name,
        "line": 1,
        "name": name,
        "measure": "cognitive",
        "value": 1.0,
        "score": 1.0,
    }
    text = drawn(answer(hotspots=[hot]), {"detail": "hotspots"})
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]" in text.replace("\n", "").replace(" ", "") or "[bold" in text


@pytest.mark.parametrize("detail", get_args(Detail))
def test_every_detail_has_columns_with_titles_of_their_own(detail: Detail) -> None:
    titles = [column.title for column in columns(detail)]
    assert titles
    assert len(set(titles)) == len(titles)


def test_what_is_compared_with_leads_to_changes() -> None:
    assert table.detail_of({"compare_revision": "HEAD"}) == "changes"
    assert table.detail_of({"detail": "unused"}) == "unused"
    assert table.detail_of({"detail": "nonsense"}) == "functions"
    assert not table.can_draw("code_parse")
