"""What stands right above a definition and belongs to it: comments, and attributes between them."""

import functools

from tree_sitter import Node, Tree

from workers.syntax import grammars, rules

_MOST_ABOVE = 500


def first_line_above(tree: Tree, data: bytes, language: str, start: int) -> int:
    """Return where the comments begin that stand right above the line at *start*, or *start* itself."""
    kinds = _kinds(language)
    for _ in range(_MOST_ABOVE):
        node = _above(tree, data, kinds, start)
        if node is None:
            break
        start = data.rfind(b"\n", 0, node.start_byte) + 1
    return start


def _above(tree: Tree, data: bytes, kinds: frozenset[int], start: int) -> Node | None:
    """Return the comment or attribute that ends on the line before *start* and begins its own line."""
    line_start = data.rfind(b"\n", 0, max(start - 1, 0)) + 1
    line = data[line_start : start - 1].rstrip() if start else b""
    if not line:
        return None
    last = line_start + len(line)
    node = tree.root_node.descendant_for_byte_range(last - 1, last)
    while node is not None:
        if node.kind_id in kinds and node.end_byte <= start:
            before = data[data.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
            return None if before.strip() else node
        node = node.parent
    return None


@functools.cache
def _kinds(language: str) -> frozenset[int]:
    spec, grammar = rules.spec(language), grammars.grammar(language)
    return frozenset(grammars.kind_id(grammar, kind) for kind in (*spec.comments, *spec.between))
