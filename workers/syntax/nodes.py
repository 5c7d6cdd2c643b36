"""Small questions to syntax trees that several languages ask."""

from collections.abc import Callable, Iterator

from tree_sitter import Node, Tree

from workers.syntax.source import Source


def preorder(
    top: Node | Tree, into: Callable[[Node, int], bool]
) -> Iterator[tuple[int, Node, str | None]]:
    """Yield depth, node and field of *top* and what is below it, in document order.

    *into* says, given a node and its depth, whether to look below it. Depth costs no Python stack.
    """
    cursor = top.walk()
    depth = 0
    while (node := cursor.node) is not None:
        yield depth, node, cursor.field_name
        if into(node, depth) and cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1


def field(node: Node | None, *names: str) -> Node | None:
    """Follow the fields *names* from *node*, one after the other."""
    for name in names:
        if node is None:
            return None
        node = node.child_by_field_name(name)
    return node


def child(node: Node | None, *kinds: str) -> Node | None:
    """Return the first named child of *node* that is of one of *kinds*."""
    if node is not None:
        for each in node.named_children:
            if each.type in kinds:
                return each
    return None


def children(node: Node | None, *kinds: str) -> Iterator[Node]:
    """Yield the named children of *node* that are of one of *kinds*."""
    if node is not None:
        yield from (each for each in node.named_children if each.type in kinds)


def text(node: Node | None, source: Source) -> str | None:
    """Return the text of *node*, if there is a node."""
    return None if node is None else source.text(node)


def whole(node: Node, _source: Source) -> Node:
    """Find the name of a node that is nothing but a name."""
    return node


def nothing(_node: Node) -> Node | None:
    """Find no body: the signature is the whole definition."""
    return None


def unquoted(node: Node | None, source: Source) -> str:
    """Return the text of *node* without the quotes around it."""
    return "" if node is None else source.text(node).strip("\"'`<>")


def if_long(node: Node | None) -> Node | None:
    """Return *node* if it takes several lines: then a signature does better without it."""
    if node is None or node.start_point[0] == node.end_point[0]:
        return None
    return node


def body_or_end(node: Node) -> Node | None:
    """Return the body, or where there is none, the `end` that closes *node*."""
    last = node.child(node.child_count - 1)
    return field(node, "body") or (last if last.type == "end" else None)


def tokens_before(node: Node | None, start: int, source: Source) -> frozenset[bytes]:
    """Return the words between the offset *start* and *node*, such as modifiers."""
    return frozenset(source.data[start : node.start_byte].split()) if node else frozenset()


def bare(name: str) -> str:
    """Return a name without the quotes around it."""
    return name.strip("\"'`<>")


def dotted(name: str) -> str:
    """Return a name with `::` between its parts as a dotted one."""
    return name.replace("::", ".")
