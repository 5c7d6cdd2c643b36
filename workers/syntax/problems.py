"""Syntax errors, said as a compiler would say them."""

from tree_sitter import Node, Tree

from protocol.tools.code_parse import SyntaxProblem
from workers.syntax.budget import Budget
from workers.syntax.nodes import preorder
from workers.syntax.source import Source, shorten

MOST_PROBLEMS = 20
_MOST_LINE = 120
_MOST_TOKEN = 40
_MOST_CHILDREN = 1_000
_PAIRS = {")": "(", "]": "[", "}": "{"}


def problems(tree: Tree, source: Source, budget: Budget) -> tuple[list[SyntaxProblem], int]:
    """Return the first places where the grammar could not follow, and how many there are in all.

    What lies inside such a place is guesswork of the parser, and is not counted again.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    if not tree.root_node.has_error:
        return [], 0
    first, count = list[SyntaxProblem](), 0
    for visited, (_, node, _) in enumerate(preorder(tree, _may_hold_problems)):
        if not visited & 0x3FF:
            budget.check()
        if node.is_error or node.is_missing:
            count += 1
            if count <= MOST_PROBLEMS:
                first.append(_problem(node, source))
    return first, count


def _may_hold_problems(node: Node, _depth: int) -> bool:
    return node.has_error and not node.is_error


def _problem(node: Node, source: Source) -> SyntaxProblem:
    if node.is_missing:
        wanted = node.type
        quoted = wanted if node.is_named else f"'{wanted}'"
        return _at(node, source, f"missing {quoted.replace('_', ' ')}", wanted)
    opener = _unclosed(node)
    if opener is not None:
        return _at(opener, source, f"'{opener.type}' was never closed")
    return _at(node, source, _complaint(node, source))


def _at(node: Node, source: Source, message: str, expected: str | None = None) -> SyntaxProblem:
    return SyntaxProblem(
        line=node.start_point[0] + 1,
        column=source.column(node.start_byte, node.start_point),
        message=message,
        expected=expected,
        text=source.line_text(node.start_byte, _MOST_LINE),
    )


def _complaint(node: Node, source: Source) -> str:
    end = min(node.end_byte, node.start_byte + 4 * _MOST_TOKEN)
    line = source.slice(node.start_byte, end).strip().partition("\n")[0].strip()
    if not line:
        return "unexpected end of input" if node.end_byte == len(source.data) else "invalid syntax"
    at = shorten(line, _MOST_TOKEN)
    return f"unexpected '{at}'" if node.child_count <= 1 else f"invalid syntax near '{at}'"


def _unclosed(node: Node) -> Node | None:
    """Return the innermost bracket among the children of *node* that was never closed."""
    opened: list[Node] = []
    for _, each, _ in preorder(node, lambda _, depth: depth == 0):
        if each.type in _PAIRS.values() and not each.is_named:
            opened.append(each)
        elif opened and _PAIRS.get(each.type) == opened[-1].type:
            opened.pop()
        if len(opened) > _MOST_CHILDREN:
            break
    return opened[-1] if opened else None
