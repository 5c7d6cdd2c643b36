"""What one run of all benchmarks found, as the JSON file holds it: tables, figures, the machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from report import Machine, Table, render, size, to_json

FOLDER = Path(__file__).with_name("results")
LATEST = FOLDER / "latest.json"
"""The last run on this machine; it is in no repository."""
PUBLISHED = FOLDER / "published.json"
"""What the READMEs are made from."""


class Results(msgspec.Struct, kw_only=True):
    """One run. *form* is short or long; *failures* says why a benchmark has no figures."""

    machine: Machine
    form: str = "short"
    versions: dict[str, str] = {}
    seconds: float = 0.0
    tables: dict[str, Sequence[Table]] = {}
    figures: dict[str, Any] = {}
    failures: dict[str, str] = {}


def load(file: Path) -> Results:
    """Read a file that `save` has written."""
    return msgspec.json.decode(file.read_bytes(), type=Results)


def save(results: Results, file: Path) -> None:
    """Write all there is to know of a run."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(to_json(results))


def provenance(results: Results) -> str:
    """Return where and when: the machine, what else it did, the peers' versions."""
    here = results.machine
    load_average = ", ".join(f"{load:g}" for load in here.load_average)
    versions = [f"{name} {version}" for name, version in results.versions.items()]
    parts = [here.cpu, f"{here.cores} cores", size(here.memory_bytes), here.kernel, here.python]
    return (
        f"{', '.join([*parts, *versions])}; {results.form} form, {results.seconds:.0f} s; "
        f"load average before the run {load_average}."
    )


def page(results: Results) -> str:
    """Return everything as Markdown, from the third level of headings on."""
    parts = [
        provenance(results),
        "Other work on the machine moves the absolute figures: compare the ratios.\n",
    ]
    for name in [*results.tables, *results.failures]:
        parts += [render(table) for table in results.tables.get(name, ())]
        if name in results.failures:
            parts.append(f"### {name}: not measured\n\n```\n{results.failures[name]}\n```\n")
    return "\n".join(parts)
