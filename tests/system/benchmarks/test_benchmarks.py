"""Every benchmark runs, and what it finds becomes tables, a page, pictures and the figures of a README.

The forms are so short that nothing is said about speed.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import dispatch
import folder
import growth
import latency
import load_test
import memory
import msgspec
import payload
import pytest
import soak
import start_up
from plot import draw_run
from readme import performance
from report import Report, machine, render, to_json
from results_file import Results, page

WORDS = {
    "latency": "known answer, 64 in flight",
    "load": "of the calls new",
    "dispatch": "minimal job through a worker",
    "start_up": "process start to the first byte",
    "memory": "idle RSS, coordinator",
    "folder": "files of",
    "growth": "10 to 100 different answers",
    "payload": "",
    "soak": "minutes of mixed load",
}
"""What the README says of each; of large calls only what is as large as there."""


def _load() -> Report:
    figures = load_test.measure(load_test.Options(seconds=0.1, warmup=0.05, label="toolcrew"))
    return Report(tables=[load_test.table(figures)], figures=[figures])


def _forms(sources: Path) -> Mapping[str, Callable[[], Report]]:
    (sources / "module.py").write_text("def f():\n    return 1\n" * 50)
    return {
        "latency": lambda: latency.measure(
            latency.Options(seconds=0.1, warmup=0.05, rounds=1, peers=False)
        ),
        "load": _load,
        "dispatch": lambda: dispatch.measure(
            dispatch.Options(seconds=0.1, rounds=1, in_flight=(8,), pools=("toolcrew", "executor"))
        ),
        "start_up": lambda: start_up.measure(start_up.Options(rounds=1, peers=False)),
        "memory": lambda: memory.measure(memory.Options(settle=0.1, calls=10, peers=False)),
        "folder": lambda: folder.measure(
            folder.Options(folders=(str(sources),), rounds=1, details=("symbols",))
        ),
        "growth": lambda: growth.measure(
            growth.Options(keys=(10, 100), in_flight=(1, 8), seconds=0.1, rounds=1, peers=False)
        ),
        "payload": lambda: payload.measure(
            payload.Options(sizes=(0.01, 0.1), rounds=1, peers=False)
        ),
        "soak": lambda: soak.measure(soak.Options(minutes=0.01, parts=2, warmup=0.1)),
    }


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    forms = _forms(tmp_path_factory.mktemp("sources"))
    return {name: measure() for name, measure in forms.items()}


@pytest.fixture(scope="module")
def results(reports: dict[str, Report]) -> Results:
    """What the file of such a run holds, read again."""
    written = Results(
        machine=machine(),
        tables={name: report.tables for name, report in reports.items()},
        figures={name: report.figures for name, report in reports.items()},
    )
    return msgspec.json.decode(to_json(written), type=Results)


@pytest.mark.parametrize("name", WORDS)
def test_a_benchmark_has_figures_and_tables_with_rows(
    reports: dict[str, Report], name: str
) -> None:
    report = reports[name]

    assert report.complete
    assert report.figures
    assert all(table.rows and table.notes for table in report.tables)
    for table in report.tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_page_has_every_table(reports: dict[str, Report], results: Results) -> None:
    text = page(results)

    for report in reports.values():
        assert all(render(table) in text for table in report.tables)


def test_the_readme_says_something_of_every_benchmark(results: Results) -> None:
    text = performance(results)

    assert [name for name, words in WORDS.items() if words not in text] == []


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
def test_the_pictures_are_drawn(results: Results, tmp_path: Path) -> None:
    files = [tmp_path / "run.png", tmp_path / "run.svg"]

    draw_run(results.figures, files)

    assert files[0].read_bytes().startswith(b"\x89PNG")
    assert "<svg" in files[1].read_text()
