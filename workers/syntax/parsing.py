"""Bytes to a syntax tree, within a budget."""

import itertools
import re

import tree_sitter

from workers.syntax import grammars
from workers.syntax.budget import Budget

_PASSED_OVER = {"dockerfile": re.compile(rb"[ \t\r]+(?=\n)"), "make": re.compile(rb"\r(?=\n)")}
"""Bytes at the ends of lines that some grammars take for parts of words."""

_MOST_PASSED_OVER = 5_000
_BEYOND = (1 << 31) - 1

_CHUNK = 8192
"""A lexer that goes back asks again, perhaps for each byte: what it gets must not be the whole rest.

It is also where one can be stopped that reads on and on without telling of progress.
"""


def parse(data: bytes, language: str, budget: Budget) -> tree_sitter.Tree:
    """Parse *data*, which should be UTF-8; bytes that are not become syntax errors.

    Small inputs too: some grammars are quadratic, and only the callback can stop them.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    parser = grammars.parser(language)
    if language in _PASSED_OVER:
        parser.included_ranges = _without(_PASSED_OVER[language], data)

    is_cut = False
    asked = itertools.count(1)

    def read(offset: int, _point: object) -> bytes:
        nonlocal is_cut
        is_cut = is_cut or budget.is_spent()
        return b"" if is_cut else data[offset : offset + _CHUNK]

    def must_stop(_offset: int, _has_error: bool) -> bool:
        # The parser asks every 10 to 20 microseconds: one look in eight saves 2 % of the parse.
        return not next(asked) & 7 and budget.is_spent()

    try:
        tree = parser.parse(read, encoding="utf8", progress_callback=must_stop)
    except ValueError:
        parser.reset()  # or the next source would continue this one
        budget.check()
        raise
    if is_cut:
        budget.check()
    return tree


def _without(passed_over: re.Pattern[bytes], data: bytes) -> list[tree_sitter.Range]:
    """Return what is left to parse; nothing stands for everything. No place moves."""
    ranges: list[tree_sitter.Range] = []
    start, point = 0, tree_sitter.Point(0, 0)
    for match in itertools.islice(passed_over.finditer(data), _MOST_PASSED_OVER):
        end = _moved(point, data, start, match.start())
        ranges.append(tree_sitter.Range(point, end, start, match.start()))
        point = tree_sitter.Point(end.row, end.column + match.end() - match.start())
        start = match.end()
    if ranges:
        last = tree_sitter.Point(_BEYOND, _BEYOND)
        ranges.append(tree_sitter.Range(point, last, start, _BEYOND))
    return ranges


def _moved(point: tree_sitter.Point, data: bytes, start: int, end: int) -> tree_sitter.Point:
    """Return where *end* is, when *start* is at *point*."""
    rows = data.count(b"\n", start, end)
    if rows == 0:
        return tree_sitter.Point(point.row, point.column + end - start)
    return tree_sitter.Point(point.row + rows, end - data.rfind(b"\n", start, end) - 1)
