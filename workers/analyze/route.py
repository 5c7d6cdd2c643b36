"""The way from the root to a node; a node itself would search the whole tree for what is above it."""

from tree_sitter import Node, Tree

from workers.analyze.table import ERROR


class Route:
    """The nodes from the root down to the one that was asked for last; they are asked for in order.

    *path* ends with that node. To go on to the next costs no more than the nodes in between: what
    could not be read is not balanced as other nodes are, so in there it goes from one to the next.
    """

    __slots__ = ("_cursor", "path")

    def __init__(self, tree: Tree) -> None:
        self._cursor = tree.walk()
        self.path = [tree.root_node]

    def to(self, node: Node) -> bool:
        """Go to *node*; False: it takes up no bytes, and is not found."""
        cursor, path, start = self._cursor, self.path, node.start_byte
        while path[-1].end_byte <= start:
            if len(path) > 1 and path[-2].kind_id == ERROR and self._go_along():
                continue
            if not cursor.goto_parent():
                break
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

    def after(self, node: Node) -> Node | None:
        """Go to what stands next to *node* in the same node, and return it."""
        return self.path[-1] if self.to(node) and self._go_along() else None

    def _go_along(self) -> bool:
        if not self._cursor.goto_next_sibling():
            return False
        self.path[-1] = self._cursor.node  # type: ignore[assignment] # a cursor is always somewhere
        return True
