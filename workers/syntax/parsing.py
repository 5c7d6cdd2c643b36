"""Bytes to a syntax tree, within a budget."""

import tree_sitter

from workers.syntax import grammars
from workers.syntax.budget import Budget


_ONLY_LINE_FEEDS = frozenset({"dockerfile", "make"})
"""Grammars that take a carriage return for a part of a word."""


def parse(data: bytes, language: str, budget: Budget) -> tree_sitter.Tree:
    """Parse *data*, which should be UTF-8; bytes that are not become syntax errors.

    Small inputs too: some grammars are quadratic, and only the callback can stop them.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    parser = grammars.parser(language)
    if language in _ONLY_LINE_FEEDS and b"\r\n" in data:
        # No byte moves, and a line is still continued by what now ends it.
        data = data.replace(b"\\\r\n", b" \\\n").replace(b"\r\n", b" \n")

    def read(offset: int, _point: object) -> bytes:
        return data[offset:]

    def must_stop(_offset: int, _has_error: bool) -> bool:
        return budget.is_spent()

    try:
        return parser.parse(read, encoding="utf8", progress_callback=must_stop)
    except ValueError:
        parser.reset()  # or the next source would continue this one
        budget.check()
        raise
