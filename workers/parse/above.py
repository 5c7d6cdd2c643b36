"""What stands right above a definition and belongs to it: comments, and attributes between them."""

from tree_sitter import Node, Tree

from workers.syntax.table import Table, table

_MOST_ABOVE = 500


def first_line_above(tree: Tree, data: bytes, language: str, start: int) -> int:
    """Return where the comments begin that stand right above the line at *start*, or *start* itself."""
    rules = table(language)
    for _ in range(_MOST_ABOVE):
        node = _above(tree, data, rules, start)
        if node is None:
            return start
        start = data.rfind(b"\n", 0, node.start_byte) + 1
    return start


def _above(tree: Tree, data: bytes, rules: Table, start: int) -> Node | None:
    """Return the comment or attribute that ends on the line before *start* and begins its own line."""
    line_start = data.rfind(b"\n", 0, max(start - 1, 0)) + 1
    line = data[line_start : start - 1].rstrip() if start else b""
    if not line:
        return None
    last = line_start + len(line)
    node = tree.root_node.descendant_for_byte_range(last - 1, last)
    while node is not None:
        if _belongs(node, rules) and node.end_byte <= start:
            before = data[data.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
            return None if before.strip() else node
        node = node.parent
    return None


def _belongs(node: Node, rules: Table) -> bool:
    entry = rules.entries.get(node.kind_id)
    return node.kind_id in rules.comments or (entry is not None and entry.is_between)
