"""The outline of one source: its symbols, imports and exports."""

from tree_sitter import Tree

from workers.syntax.budget import Budget
from workers.syntax.embedded import Embedded, embedded
from workers.syntax.found import MOST_IMPORTED_NAMES, MOST_SYMBOLS, Outline, Row
from workers.syntax.source import Source
from workers.syntax.table import table
from workers.syntax.walk import Walk

__all__ = ["MOST_IMPORTED_NAMES", "MOST_SYMBOLS", "Outline", "Row", "outline"]


def outline(
    tree: Tree, source: Source, language: str, budget: Budget, *, counts_only: bool = False
) -> Outline:
    """Find the symbols, imports and exports of *tree*; *counts_only* keeps no symbols.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    walk = Walk(tree.root_node, source, table(language), counts_only=counts_only)
    walk.run(budget)
    for inner in embedded(tree, source, language, budget):
        walk.found.add_embedded(inner, _embedded(inner, budget, counts_only=counts_only))
    return walk.found


def _embedded(inner: Embedded, budget: Budget, *, counts_only: bool) -> Outline:
    return outline(inner.tree, inner.source, inner.language, budget, counts_only=counts_only)
