"""How near `code_parse` comes to the parser alone: raw parse time over that of everything, in one process.

Every file is parsed by plain tree-sitter and by `code_parse` (read, parse, symbols, imports, syntax
errors, line counts, encoding), one after the other, in CPU time. Only files that both take are counted.
"""

import argparse
import os
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import tree_sitter
from own_tool import OwnTool
from report import Report, Table, publish

from protocol.tools.files import Source
from protocol.tools.languages import LANGUAGES
from workers.syntax import grammars


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """*folders* by language; *most_files* of each, evenly spread; the best of *rounds* counts."""

    folders: dict[str, str]
    most_files: int = 400
    rounds: int = 3
    json: str | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds for one corpus."""

    language: str
    files: int
    size: int
    raw_s: float
    whole_s: float


def measure(options: Options) -> Report:
    """Measure each corpus."""
    figures = [_corpus(*each, options) for each in options.folders.items()]
    return Report(tables=[_table(figures)], figures=figures)


def _corpus(language: str, folder: str, options: Options) -> Figures:
    files = list(_files(language, folder, options.most_files))
    own, parser = OwnTool(folder), tree_sitter.Parser(grammars.grammar(language))
    raw = [float("inf")] * len(files)
    whole = [float("inf")] * len(files)
    size = sum(path.stat().st_size for path in files)
    for _ in range(options.rounds):
        for number, path in enumerate(files):
            data = path.read_bytes()
            start = time.process_time()
            parser.parse(data)
            between = time.process_time()
            source = Source(path=str(path), language=language, named=True)
            own.run([source])
            end = time.process_time()
            raw[number] = min(raw[number], between - start)
            whole[number] = min(whole[number], end - between)
    return Figures(
        language=language, files=len(files), size=size, raw_s=sum(raw), whole_s=sum(whole)
    )


def _files(language: str, folder: str, most: int) -> Iterator[Path]:
    """Yield files of *language* below *folder*, evenly spread if there are too many."""
    ends = LANGUAGES[language].extensions
    found = [
        Path(parent, name)
        for parent, folders, names in os.walk(folder)
        if folders.sort() is None
        for name in sorted(names)
        if name.endswith(ends) and ".min." not in name
    ]
    fit = [path for path in found if 0 < path.stat().st_size < 1 << 20]
    yield from fit[:: max(1, len(fit) // most)][:most]


def _table(figures: Sequence[Figures]) -> Table:
    rows = [
        (
            each.language,
            f"{each.files:,}",
            f"{each.size / 1e6:.1f} MB",
            f"{each.raw_s:.2f} s",
            f"{each.whole_s:.2f} s",
            f"{each.raw_s / each.whole_s:.3f}" if each.whole_s else "-",
        )
        for each in figures
    ]
    return Table(
        title="code_parse beside the parser alone, CPU time in one process",
        columns=("language", "files", "size", "raw parse", "code_parse", "ratio"),
        rows=rows,
        notes=[
            "Ratio: raw tree-sitter parse over read + parse + symbols + imports + errors + lines + encode.",
            "Each file in turn by both; for each the best of the rounds.",
        ],
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--corpus",
        action="append",
        default=[],
        metavar="LANGUAGE=FOLDER",
        help="may be given several times (default: python=the standard library)",
    )
    parser.add_argument("--files", type=int, default=Options(folders={}).most_files)
    parser.add_argument("--rounds", type=int, default=Options(folders={}).rounds)
    parser.add_argument("--json", metavar="FILE", help="write all figures to this file too")
    said = parser.parse_args()
    folders = dict(each.split("=", 1) for each in said.corpus)
    options = Options(
        folders=folders or {"python": sysconfig.get_paths()["stdlib"]},
        most_files=said.files,
        rounds=said.rounds,
        json=said.json,
    )
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
