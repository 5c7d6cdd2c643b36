"""`code_analyze`: what is shown of each file, and of all of them together."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.code_analyze import CONTRACT, OF_FILES, Arguments, Detail
from protocol.tools.code_metrics import Documentation, Metric
from support.code_analyze_calls import analyzed, analyzed_text, merged, pieces_of

SIMPLE = "def plain():\n    return 1\n"
HARD = '''\
class Sorter:
    """Sorts."""

    def sort(self, rows, key=None):
        for row in rows:
            if row and key:
                while row:
                    row = key(row)
        return rows

    def name(self):
        return "sorter"
'''
FILES = {"pkg/simple.py": SIMPLE, "pkg/deep/hard.py": HARD, "notes.md": "# Notes\n\ntext\n"}


def plan_error(**asked: Any) -> str:
    assert CONTRACT.plan is not None
    with pytest.raises(CallRefused) as refused:
        CONTRACT.plan(Arguments(path=".", **asked))
    assert refused.value.code == "invalid_arguments"
    return str(refused.value)


# --- of each file


def test_functions_have_every_metric() -> None:
    files = analyzed(FILES).files
    (sort, name) = next(file for file in files if file.path == "pkg/deep/hard.py").functions
    assert (sort.qualified_name, sort.kind, sort.parameters) == ("Sorter.sort", "method", 2)
    assert (sort.cyclomatic, sort.cognitive, sort.nesting) == (5, 7, 3)
    assert sort.lines is not None
    assert sort.lines.code == 6
    assert (name.cyclomatic, name.cognitive, name.nesting) == (1, 0, 0)
    for row in (sort, name):
        assert None not in (row.halstead, row.maintainability, row.abc, row.fan_in, row.documented)


def test_types_have_theirs() -> None:
    files = analyzed(FILES, detail="types").files
    (sorter,) = next(file for file in files if file.path == "pkg/deep/hard.py").types
    assert (sorter.qualified_name, sorter.kind, sorter.functions) == ("Sorter", "class", 2)
    assert sorter.documentation == Documentation(1, 3)


@pytest.mark.parametrize("metric", get_args(Metric))
def test_only_the_metrics_that_were_asked_for_are_shown(metric: Metric) -> None:
    answer = msgspec.json.decode(
        merged(FILES, Arguments(path=".", metrics=[metric])).structured, type=dict[str, Any]
    )
    rows = [row for file in answer["files"] for row in file.get("functions", [])]
    named = {
        "fan": {"fan_in", "fan_out"},
        "documentation": {"documented"},
    }.get(metric, {metric})
    assert rows
    for row in rows:
        assert set(row) == {"kind", "qualified_name", "range"} | named


def test_a_language_without_rules_has_lines_and_says_so() -> None:
    notes = next(file for file in analyzed(FILES).files if file.path == "notes.md")
    python = next(file for file in analyzed(FILES).files if file.path == "pkg/simple.py")
    assert notes.metrics == ["lines"]
    assert notes.symbol_count == 1
    assert python.symbol_count is None
    assert notes.cyclomatic is None
    assert list(python.metrics) == list(get_args(Metric))


def test_no_source_has_more_rows_than_a_message_may_carry() -> None:
    source = "\n".join(f"def function_number_{number}(): pass" for number in range(20_000))
    (piece,) = pieces_of({"a.py": source}, Arguments(path="."))
    assert piece.cut
    assert 5_000 < len(piece.items) < 20_000
    assert piece.totals["functions"] == 20_000


def test_totals_are_those_of_all_files_whatever_is_shown() -> None:
    whole = analyzed(FILES).totals
    assert (whole.files, whole.functions, whole.types) == (3, 3, 1)
    assert whole.cyclomatic == 1 + 5 + 1
    for detail in ("summary", "types", "folders", "hotspots"):
        assert analyzed(FILES, detail=detail, limit=1).totals == whole


# --- of all files together


def test_hot_spots_are_the_worst_of_all_files_the_worst_first() -> None:
    spots = analyzed(FILES, detail="hotspots").hotspots
    assert [(spot.path, spot.name, spot.line, spot.value) for spot in spots] == [
        ("pkg/deep/hard.py", "Sorter.sort", 4, 7.0)
    ]
    by_lines = analyzed(FILES, detail="hotspots", measure="lines").hotspots
    assert [spot.value for spot in by_lines] == [6.0, 2.0, 2.0]
    files = analyzed(FILES, detail="hotspots", measure="cyclomatic", of="files").hotspots
    assert [(spot.path, spot.name, spot.value) for spot in files] == [
        ("pkg/deep/hard.py", None, 6.0),
        ("pkg/simple.py", None, 1.0),
    ]


def test_the_least_maintainable_comes_first() -> None:
    spots = analyzed(FILES, detail="hotspots", measure="maintainability").hotspots
    values = [spot.value for spot in spots]
    assert values == sorted(values)
    assert spots[0].name == "Sorter.sort"


def test_churn_weighs_what_is_complex() -> None:
    files = {"a.py": HARD, "b.py": HARD.replace("while row", "if row")}
    commits = {"b.py": 9, "a.py": 1}
    spots = analyzed(files, detail="hotspots", churn_days=90, commits=commits).hotspots
    assert [(spot.path, spot.commits, spot.score) for spot in spots] == [
        ("b.py", 9, 63.0),
        ("a.py", 1, 7.0),
    ]


def test_what_nobody_has_touched_is_no_hot_spot_of_churn() -> None:
    assert analyzed(FILES, detail="hotspots", churn_days=90, commits={}).hotspots == []


def test_folders_add_up_what_is_below_them() -> None:
    rows = {row.path: row for row in analyzed(FILES, detail="folders").folders}
    assert list(rows) == [".", "pkg", "pkg/deep"]
    assert (rows["."].files, rows["pkg"].files, rows["pkg/deep"].files) == (3, 2, 1)
    assert rows["pkg"].functions == 3
    assert rows["pkg"].cyclomatic == 7
    assert rows["pkg"].nesting == 3
    assert rows["pkg/deep"].documentation == Documentation(1, 3)
    assert rows["."].lines.code == rows["pkg"].lines.code + 2


def test_folders_around_everything_are_left_out() -> None:
    files = {"a/b/c/one.py": SIMPLE, "a/b/d/two.py": SIMPLE}
    rows = analyzed(files, detail="folders").folders
    assert [row.path for row in rows] == ["a/b", "a/b/c", "a/b/d"]


@given(st.permutations(list(FILES)), st.sampled_from(["hotspots", "folders"]))
def test_the_order_of_the_listing_changes_nothing_that_is_ranked(
    order: list[str], detail: Detail
) -> None:
    shuffled = analyzed({path: FILES[path] for path in order}, detail=detail)
    assert getattr(shuffled, detail) == getattr(analyzed(FILES, detail=detail), detail)


@pytest.mark.parametrize("detail", [each for each in get_args(Detail) if each not in OF_FILES])
def test_one_page_after_the_other_gives_all_rows(detail: Detail) -> None:
    whole = getattr(analyzed(FILES, detail=detail), detail)
    rows: list[object] = []
    cursor = None
    for _ in range(len(whole) + 1):
        page = analyzed(FILES, detail=detail, limit=1, cursor=cursor)
        rows += getattr(page, detail)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert rows == whole


def test_facts_do_not_travel_where_rows_do() -> None:
    arguments = Arguments(path=".", detail="hotspots")
    for piece in pieces_of(FILES, arguments):
        assert piece.items == []
        assert bytes(piece.head) == b"{}"


# --- as text


def test_markdown_has_a_table_for_each_file() -> None:
    text = analyzed_text({"a|b.py": HARD}, format="markdown")
    assert "| Lines | Function | Code |" in text
    assert "| 4-9 | Sorter.sort | 6 | 5 | 7 | 3 |" in text


def test_markdown_has_one_table_for_all_files() -> None:
    text = analyzed_text(FILES, format="markdown", detail="summary")
    assert text.count("| --- |") == 1
    assert "\n| pkg/deep/hard.py | 2 | 10 |" in text
    spots = analyzed_text(FILES, format="markdown", detail="hotspots")
    assert "| 7 | cognitive | 7 |  | Sorter.sort | pkg/deep/hard.py:4 |" in spots


def test_nothing_in_a_name_is_taken_for_markdown() -> None:
    path = "a|b_*x*`<i>.py"
    text = analyzed_text({path: SIMPLE, "b.py": ""}, format="markdown", detail="summary")
    assert r"a\|b\_\*x\*\`\<i\>.py" in text


# --- what is refused


def test_what_excludes_each_other_is_said() -> None:
    assert "give one of" in plan_error(compare_code="", compare_revision="HEAD")
    assert "leave out detail=types" in plan_error(compare_code="", detail="types")
    assert "needs what to compare with" in plan_error(detail="changes")
    assert "`churn_days` needs detail=hotspots" in plan_error(churn_days=3)


def test_what_is_compared_with_says_what_is_wanted() -> None:
    assert CONTRACT.plan is not None
    plan = CONTRACT.plan(Arguments(code="x", compare_code="y"))
    assert plan.items_field == "changes"
