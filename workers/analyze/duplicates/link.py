"""Copied code, within and across files: the facts of one file, and the rows that those of all files make.

What is left out of the comparison stands in `stream` and `kinds`, what a clone is in `clones`.

Rule: data and prose repeat themselves by nature, so among code they are not compared; alone they are.
"""

from array import array
from collections import defaultdict

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_links import Duplicate, Overview, Stretch
from protocol.tools.files import Combined, Facts
from workers.analyze.combining import combined, stopper
from workers.analyze.duplicates.clones import Clone, find_clones
from workers.analyze.duplicates.kinds import NO_CODE, has_tables
from workers.analyze.duplicates.places import Places, count_lines_of_code
from workers.analyze.duplicates.plain import plain
from workers.analyze.duplicates.stream import Stream, hashes_of, stream_of, tokens_in
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext

_MOST = 5000

_decode = msgspec.json.Decoder(Stream).decode


def facts(one: Parsed, metrics: FileMetrics, options: Options) -> Stream:
    """Return the tokens of one file: the same whatever `min_tokens` is."""
    del metrics, options
    bare = plain(one.source.data, one.tree, one.language, one.budget)
    return stream_of(bare, has_tables=has_tables(one.language))


def combine(files: list[Facts], options: Options, context: JobContext) -> Combined:
    """Return the clones, the largest first; the order of *files* changes nothing."""
    check = stopper(context)
    compared = _compared(files)
    sources = _Sources(sorted(compared, key=lambda each: each.path or ""))
    tokens: list[array[int]] = []
    for index in range(len(compared)):
        check()
        tokens.append(sources.tokens(index))
    clones = find_clones(tokens, options.min_tokens, check)
    overview = sources.overview(clones, _notes(files, compared))
    rows = sorted(map(sources.row, clones), key=_order)
    text = _headline(overview, sources.line_count())
    return combined(rows, _line, _MOST, text=text, overview=overview)


def _compared(files: list[Facts]) -> list[Facts]:
    """Return those that hold code, or all if none does."""
    return [each for each in files if each.language not in NO_CODE] or files


def _notes(files: list[Facts], compared: list[Facts]) -> list[str]:
    left_out = len(files) - len(compared)
    if not left_out:
        return []
    what = _counted(left_out, "file")
    return [f"{what} of data or prose not compared with code; give only such files to compare them"]


class _Sources:
    """All sources, by their number."""

    def __init__(self, files: list[Facts]) -> None:
        self._files = files
        self._places: dict[int, Places] = {}
        self._line_count = 0

    def tokens(self, index: int) -> "array[int]":
        """Return the hashes of the tokens of one source."""
        stream = _decode(self._files[index].facts)
        self._line_count += count_lines_of_code(stream.text)
        return array("I", map(hashes_of(stream).__getitem__, tokens_in(stream.text)))

    def line_count(self) -> int:
        """Return how many lines hold tokens, in all sources that were asked for."""
        return self._line_count

    def row(self, clone: Clone) -> Duplicate:
        """Return what is said of *clone*."""
        first = self._stretch(clone.first, clone.first_at, clone.tokens)
        second = self._stretch(clone.second, clone.second_at, clone.tokens)
        lines = second.end_line - second.start_line + 1
        return Duplicate(tokens=clone.tokens, lines=lines, first=first, second=second)

    def overview(self, clones: list[Clone], notes: list[str]) -> Overview:
        """Return what is said of all *clones* together."""
        stretches: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        for tokens, first, first_at, second, second_at in clones:
            stretches[first].add((first_at, first_at + tokens))
            stretches[second].add((second_at, second_at + tokens))
        lines = sum(self._of(index).count(each) for index, each in stretches.items())
        percent = 100 * lines / self._line_count if self._line_count else 0.0
        return Overview(
            duplicated_lines=lines,
            duplicated_percent=round(percent, 1),
            duplicate_count=len(clones),
            notes=notes,
        )

    def _stretch(self, index: int, at: int, tokens: int) -> Stretch:
        start, end = self._of(index).lines(at, tokens)
        return Stretch(path=self._files[index].path, start_line=start, end_line=end)

    def _of(self, index: int) -> Places:
        if index not in self._places:
            self._places[index] = Places(_decode(self._files[index].facts).text)
        return self._places[index]


def _order(row: Duplicate) -> tuple[int, str, int, str, int]:
    first, second = row.first, row.second
    return (
        -row.tokens,
        first.path or "",
        first.start_line,
        second.path or "",
        second.start_line,
    )


def _headline(overview: Overview, lines: int) -> str:
    duplicates = _counted(overview.duplicate_count or 0, "duplicate")
    share = f"{overview.duplicated_lines:,} of {_counted(lines, 'line')} of code"
    first = f"{duplicates} · {share} ({overview.duplicated_percent:g} %)"
    return "\n".join([first, *overview.notes])


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _line(row: Duplicate) -> str:
    """Return one row: `  120 tokens, 14 lines  coordinator/app.py:12-25 = coordinator/serve.py:40-53`."""
    first, second = _where(row.first), _where(row.second)
    return f"{row.tokens:>6,} tokens, {_counted(row.lines, 'line')}  {first} = {second}"


def _where(stretch: Stretch) -> str:
    last = "" if stretch.end_line == stretch.start_line else f"-{stretch.end_line}"
    return f"{stretch.path or 'snippet'}:{stretch.start_line}{last}"
