"""One source as the checks see it: text that is searched, and a tree that is asked.

Rule 1: the text proposes, the tree decides. A pattern finds the few places that may matter, and only
those are looked up, so that no check visits the tree.
Rule 2: every look-up is paid for out of the budget.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator

from tree_sitter import Node, Point

from protocol.tools.places import Range
from workers.analyze.parsed import Parsed
from workers.syntax.table import table

_MOST_OF_LINE = 400
_CHECK_EVERY = 512
_MANY = 16


class Scene:
    """Answers about one source."""

    def __init__(self, one: Parsed) -> None:
        self.language = one.language
        self.data = one.source.data
        self.root = one.tree.root_node
        self.budget = one.budget
        self.comments = table(one.language).comments
        self._source = one.source
        self._cursor = one.tree.walk()
        self._children: dict[int, tuple[list[Node], list[int]]] = {}
        self._starts: list[int] = []

    def path(self, byte: int) -> list[Node]:
        """Return the nodes in which *byte* stands, the outermost first.

        It is found from the top: in the tree of what cannot be read, to ask for a parent takes milliseconds.
        """
        self.budget.check()
        self._cursor.reset(self.root)
        node: Node | None = self.root
        path: list[Node] = []
        while node is not None and node.start_byte <= byte:
            path.append(node)
            if not len(path) % _CHECK_EVERY:
                self.budget.check()
            node = self._child_at(node, byte)
        return path

    def _child_at(self, node: Node, byte: int) -> Node | None:
        """Go on to the child that goes beyond *byte*; of many children, a list is kept to search in.

        The node's own `first_child_for_byte` must not be used: where there is none, it ends the process.
        """
        cursor = self._cursor
        if node.child_count <= _MANY:
            return None if cursor.goto_first_child_for_byte(byte) is None else cursor.node
        known = self._children.get(node.id)
        if known is None:
            children = node.children
            known = self._children[node.id] = (children, [each.end_byte for each in children])
        at = bisect_right(known[1], byte)
        if at == len(known[0]):
            return None
        cursor.reset(known[0][at])
        return known[0][at]

    def node_at(self, start: int, kinds: Collection[str]) -> Node | None:
        """Return the innermost node of one of *kinds* that begins at *start*."""
        for node in reversed(self.path(start)):
            if node.start_byte != start:
                return None
            if node.is_named and node.type in kinds:
                return node
        return None

    def nodes(self, pattern: re.Pattern[bytes], kinds: Collection[str]) -> Iterator[Node]:
        """Yield the nodes of one of *kinds* that begin where *pattern* matches."""
        for match in pattern.finditer(self.data):
            node = self.node_at(match.start(), kinds)
            if node is not None:
                yield node

    def comment_at(self, byte: int) -> Node | None:
        """Return the comment in which *byte* stands."""
        known = (node for node in reversed(self.path(byte)) if node.kind_id in self.comments)
        return next(known, None)

    def is_comment(self, node: Node) -> bool:
        """Tell whether *node* is a comment."""
        return node.kind_id in self.comments

    def after(self, node: Node) -> Node | None:
        """Return the next sibling of *node* that is no comment."""
        following = node.next_named_sibling
        while following is not None and following.kind_id in self.comments:
            following = following.next_named_sibling
        return following

    def bytes_of(self, node: Node) -> bytes:
        """Return the text of *node*."""
        return self.data[node.start_byte : node.end_byte]

    def text(self, node: Node) -> str:
        """Return the text of *node*."""
        return self._source.text(node)

    def slice(self, start: int, end: int) -> str:
        """Return the text between two bytes."""
        return self._source.slice(start, end)

    def place(self, node: Node) -> Range:
        """Return where *node* stands."""
        return self._source.range_of(node)

    def between(self, start: int, end: int) -> Range:
        """Return the range of the bytes from *start* to *end*."""
        line = self.line(start)
        point = Point(line - 1, start - self._starts[line - 1])
        return self._source.range_between(start, end, start, point)

    def line(self, byte: int) -> int:
        """Return the number of the line in which *byte* stands."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in re.finditer(rb"\n", self.data))]
        return bisect_right(self._starts, byte)

    def line_text(self, number: int) -> str:
        """Return the text of one line as far as it is not too long, each run of blanks as one space."""
        self.line(0)
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.data)
        return " ".join(self.slice(start, min(end, start + _MOST_OF_LINE)).split())
