"""A source without its comments, and with a mark in place of each literal and each run of imports.

Line breaks stay, also those inside of what was taken out, so that lines can still be counted.
"""

from typing import Literal, NamedTuple

from tree_sitter import Node, Query, QueryCursor, Tree

from workers.analyze.duplicates.kinds import roles
from workers.syntax.budget import Budget

LITERAL = b"\0"
IMPORT = b"\1"
INNER_BREAK = b"\x7f"
"""A line break inside of a token; it follows the token's mark."""

_NO_MARKS = bytes.maketrans(LITERAL + IMPORT + INNER_BREAK, b"   ")
_MOST_UNWATCHED = 1 << 20


class Plain(NamedTuple):
    """The *code* and what its marks stand for, in order."""

    code: bytes
    literals: list[bytes]
    imports: list[bytes]


_FAR = 1 << 60
_Span = tuple[int, int, str]


def plain(data: bytes, tree: Tree, language: str, budget: Budget) -> Plain:
    """Take *data* apart.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    clean = data.translate(_NO_MARKS) if _has_marks(data) else data
    return _without(clean, _cut(_spans(tree, language, len(data), budget)))


def _has_marks(data: bytes) -> bool:
    return LITERAL in data or IMPORT in data or INNER_BREAK in data


def _spans(tree: Tree, language: str, size: int, budget: Budget) -> list[_Span]:
    """Return what is not plain code, in order; what holds others comes before them.

    Queries of trees with errors can take minutes, and must be watched; others take less than the parse.
    """
    is_sure = size <= _MOST_UNWATCHED and not tree.root_node.has_error
    query = roles(language, is_taken=not is_sure)
    if query is None:
        return []
    found = _found(query, tree) if is_sure else _found_in_time(query, tree, budget)
    budget.check()
    found.sort()
    return [(start, -end, role) for start, end, role in found]


def _found(query: Query, tree: Tree) -> list[_Span]:
    return _ends(QueryCursor(query).captures(tree.root_node))


def _ends(captures: dict[str, list[Node]]) -> list[_Span]:
    """Return where captured nodes start and end, so that what holds others sorts before them."""
    return [
        (node.start_byte, -node.end_byte, role)
        for role, nodes in captures.items()
        for node in nodes
    ]


def _found_in_time(query: Query, tree: Tree, budget: Budget) -> list[_Span]:
    """Take every match out of the hands of the library: it dies (0.26.1) of a callback and results."""
    found: list[_Span] = []

    def take(
        predicate: str,
        args: list[tuple[str, Literal["capture", "string"]]],
        pattern_index: int,
        captures: dict[str, list[Node]],
    ) -> bool:
        del predicate, args, pattern_index
        found.extend(_ends(captures))
        return False

    QueryCursor(query).matches(tree.root_node, take, lambda _: budget.is_spent())
    return found


def _cut(spans: list[_Span]) -> list[_Span]:
    """Return the outermost of *spans*; of a literal with code in it, the pieces around that code."""
    pieces: list[_Span] = []
    around: list[tuple[int, str]] = []  # the ends and roles of what we are in, the outermost first
    at = 0  # of the literal that we are in, so much is in a piece already
    for start, end, role in (*spans, (_FAR, _FAR, "")):
        while around and start >= around[-1][0]:
            last, was = around.pop()
            if was == "literal" and at < last:
                pieces.append((at, last, was))
            at = last
        inside = around[-1][1] if around else "hole"
        if inside == "hole" and role in ("comment", "import"):
            pieces.append((start, end, role))
            around.append((end, role))
        elif inside == "hole" and role == "literal":
            around.append((end, role))
            at = start
        elif inside == "literal" and role == "hole":
            pieces.append((at, start, inside))
            around.append((end, role))
    return pieces


def _without(data: bytes, pieces: list[_Span]) -> Plain:
    code: list[bytes] = []
    literals: list[bytes] = []
    imports: list[bytes] = []
    at = 0
    is_import_open = False  # nothing but blanks and comments since the last import
    for start, end, role in pieces:
        between, text = data[at:start], data[start:end]
        is_import_open = is_import_open and (not between or between.isspace())
        code.append(between)
        breaks = text.count(b"\n")
        if role == "comment":
            code.append(b"\n" * breaks or b" ")
        elif role == "literal":
            literals.append(text)
            code.append(LITERAL + INNER_BREAK * breaks)
        elif is_import_open:
            imports[-1] += b"\n" + text
            code.append(b"\n" * breaks)
        else:
            imports.append(text)
            code.append(IMPORT + b"\n" * breaks)
            is_import_open = True
        at = end
    code.append(data[at:])
    return Plain(b"".join(code), literals, imports)
