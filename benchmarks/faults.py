"""What a pool's callers notice when workers die, hang and misbehave: Toolcrew beside other pools."""

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
from fault_pools.figures import Options, Run
from fault_pools.registry import FAULTS, ORPHANS, POOLS
from fault_pools.runner import measure
from fault_pools.table import table_rows
from markers import Block, MarkersMissing
from report import Machine, Table, machine, render, say, size, to_json

_RESULTS = Path(__file__).with_name("results")
_README = Path(__file__).parents[1] / "README.md"
BLOCK = Block("faults")
_REPEATED = {"kill-one"}
"""Faults whose outcome depends so much on the moment that one trial proves little."""

LONG = Options(patience_s=10.0, trials=10, storm_s=20.0, calm_s=5.0, poison_s=30.0)
_NOTES = (
    "Each cell: a coordinator of its own with two workers, called by the same client on one asyncio loop.",
    "What did not happen within {patience:g} s is said never to happen.",
    "Nothing is sent again by the client; a broken pool is made anew at once, and that is counted.",
    "kill -9 of one worker: median of {trials} trials, and the worst where it is far off.",
    "Where a pool knows no deadlines the caller has a timer of its own, and the worker stays lost.",
)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the JSON file holds."""

    machine: Machine
    versions: dict[str, str]
    options: Options
    runs: Sequence[Run]
    seconds: float


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says besides the options."""

    pools: Sequence[str]
    faults: Sequence[str]
    readme: str | None
    from_file: str | None
    json: str


def measure_all(choice: Choice, options: Options) -> Figures:
    """Measure every chosen pool that is installed under every chosen fault, the pools taking turns."""
    here = machine()
    installed = [pool for pool in choice.pools if POOLS[pool].is_installed()]
    runs: list[Run] = []
    start = time.perf_counter()
    for fault in choice.faults:
        for _ in range(options.trials if fault in _REPEATED else 1):
            for pool in installed:
                runs.append(measure(pool, fault, options))
                _tell(runs[-1])
    return Figures(
        machine=here,
        versions=_versions(),
        options=options,
        runs=runs,
        seconds=time.perf_counter() - start,
    )


def to_table(figures: Figures, pools: Sequence[str]) -> Table:
    """Return the comparison of *pools*."""
    options = figures.options
    notes = [note.format(patience=options.patience_s, trials=options.trials) for note in _NOTES]
    titles = {pool: POOLS[pool].title for pool in pools}
    return Table(
        title="When workers die",
        columns=["fault", *titles.values()],
        rows=table_rows(titles, figures.runs, options),
        notes=[*notes, _provenance(figures)],
    )


def _tell(run: Run) -> None:
    say(f"{run.fault} {run.pool}: {run.problem or 'measured'} ({run.seconds:.1f} s)")


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in ("loky", "distributed"):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _provenance(figures: Figures) -> str:
    here = figures.machine
    versions = [f"{package} {number}" for package, number in figures.versions.items()]
    parts = [here.cpu, f"{here.cores} cores", size(here.memory_bytes), here.kernel, here.python]
    load = ", ".join(f"{load:g}" for load in here.load_average)
    return f"{', '.join([*parts, *versions])}; load average before the run {load}."


def _parse() -> tuple[Choice, Options]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="more patience, more trials")
    _add_names(parser, "--pools", POOLS)
    _add_names(parser, "--faults", [*FAULTS, *ORPHANS])
    parser.add_argument("--from", dest="from_file", metavar="JSON", help="measure nothing anew")
    parser.add_argument("--json", metavar="FILE", default=str(_RESULTS / "faults.json"))
    parser.add_argument(
        "--readme", metavar="FILE", nargs="?", const=str(_README), help="put the table there"
    )
    for field in msgspec.structs.fields(Options):
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            type=int if isinstance(field.default, int) else float,
        )
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    base = msgspec.structs.asdict(LONG if given["long"] else Options())
    options = msgspec.convert({name: given.get(name, base[name]) for name in base}, Options)
    return msgspec.convert({"readme": None, "from_file": None} | given, Choice), options


def _add_names(parser: argparse.ArgumentParser, option: str, names: Iterable[str]) -> None:
    known = list(names)
    parser.add_argument(option, nargs="+", choices=known, default=known, metavar="NAME")


def main() -> int:
    """Measure or read, print, write."""
    choice, options = _parse()
    if choice.from_file is None:
        figures = measure_all(choice, options)
        Path(choice.json).parent.mkdir(exist_ok=True)
        Path(choice.json).write_bytes(to_json(figures))
    else:
        figures = msgspec.json.decode(Path(choice.from_file).read_bytes(), type=Figures)
    page = render(to_table(figures, choice.pools))
    print(page)
    Path(choice.json).with_suffix(".md").write_text(page)
    return 0 if choice.readme is None else _put_into(Path(choice.readme), page)


def _put_into(readme: Path, page: str) -> int:
    """Replace the table in *readme*; its own heading is there already."""
    _, _, body = page.partition("\n\n")
    try:
        readme.write_text(BLOCK.replace(readme.read_text(), body))
    except MarkersMissing as error:
        say(f"{readme}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
