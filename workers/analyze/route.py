"""The way from the root to a node; a node itself would search the whole tree for what is above it."""

from tree_sitter import Node, Tree


class Route:
    """The nodes from the root down to the one that was asked for last; they are asked for in order.

    *path* ends with that node. To go on to the next costs no more than the nodes in between.
    """

    __slots__ = ("_cursor", "path")

    def __init__(self, tree: Tree) -> None:
        self._cursor = tree.walk()
        self.path = [tree.root_node]

    def to(self, node: Node) -> bool:
        """Go to *node*; False: it takes up no bytes, and is not found."""
        cursor, path, start = self._cursor, self.path, node.start_byte
        while path[-1].end_byte <= start and cursor.goto_parent():
            path.pop()
        while path[-1] != node:
            if cursor.goto_first_child_for_byte(start) is None:
                return False
            below: Node = cursor.node  # type: ignore[assignment] # a cursor is always somewhere
            if below.start_byte > start:
                cursor.goto_parent()
                return False
            path.append(below)
        return True
