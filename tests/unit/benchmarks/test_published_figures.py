"""What the READMEs say of speed is what the committed figures make: nobody has typed it."""

import msgspec
import pytest
from readme import ABOUT, LAST_RUN, PERFORMANCE, README, last_run, performance
from report import Machine, Table
from results_file import PUBLISHED, Results, load, page

MACHINE = Machine(
    cpu="Some CPU",
    cores=2,
    memory_bytes=1 << 30,
    kernel="Linux 6",
    python="CPython 3.11",
    load_average=[0.5, 0.25, 0.0],
)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="nothing has been published yet")
def test_the_readmes_say_what_the_committed_figures_make() -> None:
    """If not: `python benchmarks/readme.py`."""
    results = load(PUBLISHED)

    assert PERFORMANCE.read(README.read_text()) == performance(results).strip()
    assert LAST_RUN.read(ABOUT.read_text()) == last_run(results).strip()


def test_a_page_has_every_table_and_says_what_could_not_be_measured() -> None:
    table = Table(title="Speed", columns=("server", "calls/s"), rows=[("toolcrew", "1/s")])
    results = Results(machine=MACHINE, tables={"latency": [table]}, failures={"soak": "it died"})

    text = page(results)

    assert "Some CPU, 2 cores, 1024.0 MiB, Linux 6, CPython 3.11; short form" in text
    assert "| toolcrew | 1/s     |" in text
    assert "### soak: not measured" in text
    assert "it died" in text


def test_figures_are_read_back_as_they_were_written() -> None:
    results = Results(machine=MACHINE, figures={"soak": {"minutes": 1.5}})

    assert msgspec.json.decode(msgspec.json.encode(results), type=Results) == results


def test_a_run_without_figures_has_a_table_without_rows() -> None:
    assert performance(Results(machine=MACHINE)).startswith("| what | Toolcrew |")
