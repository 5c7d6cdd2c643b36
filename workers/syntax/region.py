"""One part of a tree that is being walked."""

from tree_sitter import Node, TreeCursor

from workers.syntax.source import Source
from workers.syntax.spec import Access, Place, Scope
from workers.syntax.table import Entry


class Region:
    """All that is below one node, or of that only what has signs from the byte *at* to *end*.

    *depth*: how many levels below that node the cursor stands. *wrapper*: the outermost of the wrappers
    that follow each other directly down to *wrapper_depth*. *access*: what was said of the members that
    follow. *lead*: what the first of several definitions shares its line with. *place*: where the
    definition stands that is being read.
    """

    __slots__ = (
        "access",
        "at",
        "cursor",
        "depth",
        "end",
        "entries",
        "lead",
        "place",
        "scope",
        "wrapper",
        "wrapper_depth",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - once for each symbol with an inside
        self,
        node: Node,
        source: Source,
        scope: Scope,
        entries: dict[int, Entry],
        at: int = -1,
        end: int = -1,
    ) -> None:
        self.cursor: TreeCursor = node.walk()
        self.place = Place(source, scope)
        self.scope = scope
        self.entries = entries
        self.at = at
        self.end = end
        self.depth = 0
        self.access: Access | None = None
        self.lead: Node | None = None
        self.wrapper: Node | None = None
        self.wrapper_depth = -1

    def begin(self) -> bool:
        """Go to the first node; False: there is none."""
        self.depth = 1
        return self.cursor.goto_first_child()

    def climb(self) -> bool:
        """Go to the next node after all that is around the cursor has ended; False: that is everything."""
        cursor = self.cursor
        while self.depth > 1 and cursor.goto_parent():
            self.depth -= 1
            if cursor.goto_next_sibling():
                return True
        return False

    def wrap(self, node: Node) -> None:
        """Remember that *node*, where the cursor stands, wraps what is directly in it."""
        if self.wrapper is None or self.wrapper_depth != self.depth - 1:
            self.wrapper = node
        self.wrapper_depth = self.depth

    def outer(self, node: Node) -> Node:
        """Return the wrapper directly around *node*, or else *node*; a wrapper wraps but once."""
        wrapper, self.wrapper = self.wrapper, None
        return node if wrapper is None or self.wrapper_depth != self.depth - 1 else wrapper
