"""A pattern over one source."""

from tree_sitter import Node

from workers.query.candidates import may_match, visit_candidates
from workers.query.found import MOST_CAPTURES, Captured, Found, Match
from workers.query.matcher import Bindings, Matcher
from workers.query.pattern import Pattern
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse


def find_pattern(pattern: Pattern, data: bytes, language: str, budget: Budget) -> Found:
    """Find all that *pattern* matches; a source without its words is not even parsed.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    found = Found([])
    if not may_match(pattern, data):
        return found
    tree = parse(data, language, budget)
    found.has_errors = tree.root_node.has_error
    matcher = Matcher(pattern, data, budget.check)

    def visit(node: Node) -> None:
        bindings = matcher.match(node)
        if bindings is not None:
            found.add(Match(node.start_byte, node.end_byte, _captures(bindings)))

    visit_candidates(tree, pattern, data, budget, visit)
    found.sort()
    return found


def _captures(bindings: Bindings) -> tuple[Captured, ...]:
    return tuple(
        Captured(name, bound.start, bound.end, bound.nodes[0].type if len(bound.nodes) == 1 else "")
        for name, bound in list(bindings.items())[:MOST_CAPTURES]
    )
