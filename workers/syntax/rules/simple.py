"""Small pieces of which the tables of the long tail are made."""

from collections.abc import Iterator

from tree_sitter import Node

from protocol.tools.code_parse import Import
from workers.syntax.nodes import child, field, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import ImportsOf, NameOf, NodeOf

_MOST_CLAUSES = 1_000


def named(*kinds: str) -> NameOf:
    """Find the first child of one of *kinds*."""
    return lambda node, _source: child(node, *kinds)


def inner_name(*path: str) -> NameOf:
    """Find the first child of the first kind, in that the first child of the second, and so on."""

    def find(node: Node, _source: Source) -> Node | None:
        found: Node | None = node
        for kind in path:
            found = child(found, kind)
        return found

    return find


def before(*kinds: str) -> NodeOf:
    """Stop in front of the first child of one of *kinds*."""
    return lambda node: child(node, *kinds)


def importing(*kinds: str) -> ImportsOf:
    """Import what the children of *kinds*, or the field `name`, say without their quotes."""

    def read(node: Node, source: Source) -> list[Import]:
        found = [each for each in node.named_children if each.type in kinds]
        return [imported(each, node, source) for each in found]

    return read


def imported(module: Node, node: Node, source: Source) -> Import:
    """Return the import of *module* by *node*."""
    return Import(module=unquoted(module, source), line=node.start_point[0] + 1)


def first_word(node: Node, source: Source, name: str = "name") -> bytes:
    """Return the text of the field *name*, in bytes, for comparisons."""
    found = field(node, name)
    return b"" if found is None else source.data[found.start_byte : found.end_byte]


def clauses(node: Node, kind: str) -> Iterator[Node]:
    """Yield the next siblings of *kind* for as long as there are such, and comments between them."""
    after = node.next_named_sibling
    for _ in range(_MOST_CLAUSES):
        while after is not None and "comment" in after.type:
            after = after.next_named_sibling
        if after is None or after.type != kind:
            return
        yield after
        after = after.next_named_sibling
