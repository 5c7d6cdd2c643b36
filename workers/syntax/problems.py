"""Syntax errors, said as a compiler would say them."""

from collections.abc import Sequence

from tree_sitter import Node, Point, Tree

from protocol.tools.code_parse import SyntaxProblem
from workers.syntax.budget import Budget
from workers.syntax.complaints import complaint, misspelt
from workers.syntax.failures import Failure, failures
from workers.syntax.nodes import preorder
from workers.syntax.source import Source, shorten

MOST_PROBLEMS = 20
MOST_EXPLAINED = 3
"""For so many the parser is asked what it expected; what is wrong behind them mostly comes of them."""

_MOST_LINE = 120
_MOST_TOKEN = 40
_MOST_CHILDREN = 1_000
_MOST_LOOKED_AT = 20_000
_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSING = {opening: closing for closing, opening in _PAIRS.items()}


def problems(
    tree: Tree, source: Source, language: str, budget: Budget
) -> tuple[list[SyntaxProblem], int]:
    """Return the first places where the grammar could not follow, and how many there are in all.

    What lies inside such a place is guesswork of the parser, and is not counted again; nor is what it
    put in to go on, on a line that has an error already.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    nodes, count = wrong_nodes(tree, budget)
    if not nodes:
        return [], 0
    errors = [each for each in nodes[:MOST_EXPLAINED] if each.is_error]
    failed = failures(tree, errors, source.data, language)
    reader = _Problems(failed, source, language)
    return [reader.problem(each) for each in nodes], count


def wrong_nodes(tree: Tree, budget: Budget) -> tuple[list[Node], int]:
    """Return the first nodes that stand for errors, and how many there are.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    if not tree.root_node.has_error:
        return [], 0
    found, count, error_row = list[Node](), 0, -1
    for visited, (_, node, _) in enumerate(preorder(tree, _may_hold_problems)):
        if not visited & 0x3FF:
            budget.check()
        if node.is_error or (node.is_missing and node.start_point[0] != error_row):
            count += 1
            error_row = node.end_point[0] if node.is_error else error_row
            if count <= MOST_PROBLEMS:
                found.append(node)
    return found, count


def _may_hold_problems(node: Node, _depth: int) -> bool:
    return node.has_error and not node.is_error


class _Problems:
    """Puts into words what is wrong at nodes, one after the other."""

    def __init__(self, failed: Sequence[Failure], source: Source, language: str) -> None:
        self._failed = list(reversed(failed))
        self._source = source
        self._language = language

    def problem(self, node: Node) -> SyntaxProblem:
        """Say what is wrong at *node*, which stands behind those asked for before."""
        if node.is_missing:
            wanted, byte = node.type, node.start_byte
            meant = misspelt(byte, self._source.data, self._language) if wanted in ";," else None
            if meant is not None:
                return self._said(meant.byte, byte, node.start_point, meant.message, None)
            quoted = wanted if node.is_named else f"'{wanted}'"
            return self._at(node, f"missing {quoted.replace('_', ' ')}", wanted)
        opener = _unclosed(node, self._source.data)
        failure = self._failure_in(node)
        said = None if failure is None else complaint(failure, self._source, self._language)
        if opener is not None and (said is None or "string" not in said.message):
            return self._at(opener, f"'{opener.type}' was never closed")
        if said is None:
            return self._at(node, _complaint(node, self._source))
        known = (node.start_byte, node.start_point)
        return self._said(said.byte, *known, said.message, said.expected)

    def _failure_in(self, node: Node) -> Failure | None:
        """Return the first failure that *node* came of; a failure is where the last good token ends."""
        failed, data = self._failed, self._source.data
        while failed:
            byte = failed[-1].byte
            if byte > node.end_byte:
                return None
            found = failed.pop()
            if byte >= node.start_byte or not data[byte : node.start_byte].strip():
                return found
        return None

    def _at(self, node: Node, message: str, expected: str | None = None) -> SyntaxProblem:
        return self._said(node.start_byte, node.start_byte, node.start_point, message, expected)

    def _said(
        self, byte: int, known: int, point: Point, message: str, expected: str | None
    ) -> SyntaxProblem:
        if byte < known:
            known, point = 0, Point(0, 0)
        place = self._source.range_between(byte, byte, known, point)
        return SyntaxProblem(
            line=place.start_line,
            column=place.start_column,
            message=message,
            expected=expected,
            text=self._source.line_text(byte, _MOST_LINE),
        )


def _complaint(node: Node, source: Source) -> str:
    end = min(node.end_byte, node.start_byte + 4 * _MOST_TOKEN)
    line = source.slice(node.start_byte, end).strip().partition("\n")[0].strip()
    if not line:
        return "unexpected end of input" if node.end_byte == len(source.data) else "invalid syntax"
    at = shorten(line, _MOST_TOKEN)
    return f"unexpected '{at}'" if node.child_count <= 1 else f"invalid syntax near '{at}'"


def _unclosed(node: Node, data: bytes) -> Node | None:
    """Return the innermost bracket among the children of *node* that was never closed."""
    opened: list[Node] = []
    for _, each, _ in preorder(node, lambda _, depth: depth == 0):
        if each.type in _CLOSING and not each.is_named:
            opened.append(each)
        elif opened and _PAIRS.get(each.type) == opened[-1].type:
            opened.pop()
        if len(opened) > _MOST_CHILDREN:
            break
    return opened[-1] if opened and not _is_closed(opened[-1], data) else None


def _is_closed(opener: Node, data: bytes) -> bool:
    """Tell whether as many brackets close as open behind *opener*, as far as one needs to look."""
    opening, closing = opener.type.encode(), _CLOSING[opener.type].encode()
    at, depth = opener.start_byte + 1, 1
    end = min(len(data), at + _MOST_LOOKED_AT)
    while depth:
        close = data.find(closing, at, end)
        if close < 0:
            return False
        depth += data.count(opening, at, close) - 1
        at = close + 1
    return True
