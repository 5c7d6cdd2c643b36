"""Matches of a query or a pattern as rows: the place, the code, what was captured, the lines around."""

from collections.abc import Iterator

import msgspec

from protocol.tools.code_found import Capture, FoundFile, QueryMatch
from protocol.tools.code_parse import Options
from protocol.tools.files import Item
from workers.items import item, within_bounds
from workers.parse.answer import Answer
from workers.parse.source_lines import SourceLines, numbered
from workers.query.ask import Question
from workers.query.found import Captured, Found, Match
from workers.syntax.budget import Budget
from workers.syntax.source import on_one_line, shorten

_MOST_TEXT = 1_000
_MOST_CAPTURE = 200
_MOST_LINE = 160
_MOST_LINES = 40
"""A match of more lines is shown with its first ones, if lines are shown at all."""


def answer_query(
    path: str | None, question: Question, data: bytes, options: Options, budget: Budget
) -> Answer:
    """Find what *question* asks for in *data*.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    found = question.find(data, budget)
    file = FoundFile(
        path=path,
        language=question.language,
        match_count=found.count,
        has_errors=found.has_errors,
    )
    if options.detail == "summary" or not found.count:
        return Answer(file, [], found.is_partial)
    items, is_cut = within_bounds(_items(found, data, options.around, question.mark))
    is_cut = is_cut or found.is_partial or len(found.matches) < found.count
    return Answer(file, items, is_cut)


def _items(found: Found, data: bytes, around: int, mark: str) -> Iterator[Item]:
    writer = _Writer(data, around, mark)
    return map(writer.item, found.matches)


class _Writer:
    """Writes the matches in one source."""

    def __init__(self, data: bytes, around: int, mark: str) -> None:
        self._data = data
        self._lines = SourceLines(data)
        self._around = around
        self._mark = mark

    def item(self, match: Match) -> Item:
        place = self._lines.range_of(match.start, match.end)
        row = QueryMatch(
            range=place,
            text=self._text(match.start, match.end, _MOST_TEXT),
            captures=[self._capture(each) for each in match.captures],
            pattern=match.pattern,
        )
        if not self._around:
            return item(self._line(match, row), row)
        last = min(place.end_line, place.start_line + _MOST_LINES - 1)
        lines = list(self._lines.between(place.start_line - self._around, last + self._around))
        row = msgspec.structs.replace(
            row,
            context="\n".join(text for _, text in lines),
            context_line=lines[0][0] if lines else None,
        )
        shown = (
            numbered(number, text, ">" if place.start_line <= number <= place.end_line else " ")
            for number, text in lines
        )
        return item("\n".join((self._line(match, row), *shown)), row)

    def _line(self, match: Match, row: QueryMatch) -> str:
        """Return one line about a match: `  12:5 print(a)  $A=a`."""
        place = row.range
        at = f"{place.start_line}:{place.start_column}"
        if place.end_line > place.start_line:
            at += f"-{place.end_line}"
        named = "".join(
            f"  {self._mark}{each.name}={on_one_line(each.text, _MOST_LINE // 2)}"
            for each, where in zip(row.captures, match.captures, strict=True)
            if (where.start, where.end) != (match.start, match.end)
        )
        return f"  {at} {on_one_line(row.text, _MOST_LINE)}{named}"

    def _capture(self, captured: Captured) -> Capture:
        start, end = captured.start, captured.end
        return Capture(
            name=captured.name,
            text=self._text(start, end, _MOST_CAPTURE),
            type=captured.kind or None,
            range=self._lines.range_of(start, end) if end > start else None,
        )

    def _text(self, start: int, end: int, most: int) -> str:
        taken = self._data[start : min(end, start + 4 * most + 1)]
        return shorten(taken.decode("utf-8", "replace"), most)
