"""One source, parsed: what every part of an analysis works on."""

from typing import NamedTuple

from tree_sitter import Tree

from workers.syntax.budget import Budget
from workers.syntax.parsing import parse
from workers.syntax.source import Source


class Parsed(NamedTuple):
    """A source with its tree; *path* is None for a snippet. Whatever looks at it keeps to *budget*."""

    path: str | None
    language: str
    tree: Tree
    source: Source
    budget: Budget


def parsed(path: str | None, language: str, data: bytes, budget: Budget) -> Parsed:
    """Parse *data*.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    return Parsed(path, language, parse(data, language, budget), Source(data), budget)
