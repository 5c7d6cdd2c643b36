"""The syntax tree itself, as rows for those who write queries or wonder what the parser saw."""

from tree_sitter import Node, Tree

from protocol.tools.code_parse import TreeNode
from workers.syntax.nodes import preorder
from workers.syntax.source import Source, shorten

MOST_NODES = 20_000
_MOST_TEXT = 60


def tree_view(tree: Tree, source: Source, depth: int) -> list[TreeNode]:
    """Return the first named nodes in document order, *depth* levels down; the root is level 0."""
    rows: list[TreeNode] = []
    for level, node, field in preorder(tree, lambda _, level: level < depth):
        if node.is_named:
            rows.append(_row(level, node, field, source))
        if len(rows) >= MOST_NODES:
            break
    return rows


def _row(level: int, node: Node, field: str | None, source: Source) -> TreeNode:
    return TreeNode(
        depth=level,
        type=node.type,
        range=source.range_of(node),
        field=field,
        text=None if node.named_child_count else _leaf_text(node, source),
    )


def _leaf_text(node: Node, source: Source) -> str:
    end = min(node.end_byte, node.start_byte + 4 * _MOST_TEXT)
    return shorten(" ".join(source.slice(node.start_byte, end).split()), _MOST_TEXT)
