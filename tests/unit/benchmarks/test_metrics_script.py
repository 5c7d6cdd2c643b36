"""The benchmark of metrics says for each language of a folder what measuring costs beside parsing."""

from pathlib import Path

from metrics import Figures, Options, measure
from report import render


def test_each_language_with_all_metrics_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(a):\n    return a and 1\n" * 200)
    (tmp_path / "b.js").write_text("function f(a) { return a && 1 }\n" * 200)
    (tmp_path / "c.json").write_text("{}")

    report = measure(Options(folder=str(tmp_path), rounds=1))

    figures: list[Figures] = report.figures
    assert [(each.language, each.files, each.functions) for each in figures] == [
        ("javascript", 1, 200),
        ("python", 1, 200),
    ]
    assert all(0 < each.ratio() < 1 for each in figures)
    assert "| python" in render(report.tables[0])


def test_no_more_files_of_a_language_are_read_than_asked_for(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.py").write_text("def f():\n    pass\n" * 100)

    report = measure(Options(folder=str(tmp_path), rounds=1, limit=2))

    assert [each.files for each in report.figures] == [2]
