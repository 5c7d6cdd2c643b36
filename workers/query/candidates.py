"""The nodes that a pattern may match, without a look at the rest of the tree.

A visit of every node from Python costs half as much as the parse. But each match holds the pattern's
words letter for letter, and finding bytes costs next to nothing: so a cursor is guided to the places
where the rarest word stands, and what lies on its way there are the candidates. Only for a pattern
without words, or with words that stand everywhere, the library's own query engine looks at all nodes.
"""

import functools
from collections.abc import Callable, Iterator

import tree_sitter
from tree_sitter import Node, QueryCursor, Tree

from workers.query.pattern import Pattern
from workers.syntax.budget import Budget

_NODES_PER_PLACE = 40
"""Going to one place costs about as much as the query engine takes for so many nodes."""

_CHECK_EVERY = 0x3F


def may_match(pattern: Pattern, data: bytes) -> bool:
    """Tell whether *data* holds all the words of *pattern*; if not, it need not be parsed."""
    if pattern.is_case_free:
        data = data.lower()
        return all(word.lower() in data for word in pattern.literals)
    return all(word in data for word in pattern.literals)


def visit_candidates(
    tree: Tree, pattern: Pattern, data: bytes, budget: Budget, visit: Callable[[Node], None]
) -> None:
    """Call *visit* with every node of the kind that *pattern* asks for and that holds its words.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    most = tree.root_node.descendant_count // _NODES_PER_PLACE + 1
    word = None if pattern.is_case_free else _rarest(pattern.literals, data, most)
    if word is None:
        _visit_all(tree, pattern, budget, visit)
        return
    kinds = frozenset(top.kind for top in pattern.tops)
    for node in _on_the_way(tree, kinds, _places(data, word), budget):
        visit(node)


def _rarest(words: tuple[bytes, ...], data: bytes, most: int) -> bytes | None:
    """Return the word that stands in the fewest places, if those are no more than *most*."""
    counts = [(data.count(word), word) for word in words[:4]]
    count, word = min(counts, default=(most + 1, b""))
    return word if count <= most else None


def _places(data: bytes, word: bytes) -> Iterator[int]:
    at = data.find(word)
    while at >= 0:
        yield at
        at = data.find(word, at + 1)


def _on_the_way(
    tree: Tree, kinds: frozenset[int], places: Iterator[int], budget: Budget
) -> Iterator[Node]:
    """Go from place to place; yield the nodes of *kinds* around each, the outermost first, once."""
    cursor = tree.walk()
    node = cursor.node
    assert node is not None
    if node.kind_id in kinds:
        yield node
    steps = 0
    for place in places:
        while place >= node.end_byte and cursor.goto_parent():
            node = cursor.node
            assert node is not None
        while cursor.goto_first_child_for_byte(place) is not None:
            steps += 1
            if not steps & _CHECK_EVERY:
                budget.check()
            node = cursor.node
            assert node is not None
            if node.start_byte > place:
                cursor.goto_parent()
                node = cursor.node
                assert node is not None
                break
            if node.kind_id in kinds:
                yield node


def _visit_all(tree: Tree, pattern: Pattern, budget: Budget, visit: Callable[[Node], None]) -> None:
    """Have the query engine find the nodes; nothing is kept, however many there are."""
    raised: list[BaseException] = []

    def take(
        predicate: str, args: object, pattern_index: int, captures: dict[str, list[Node]]
    ) -> bool:
        del predicate, args, pattern_index
        try:
            visit(captures["node"][0])
        except BaseException as error:  # noqa: BLE001 - raised again below: C code is in between
            raised.append(error)
        return False

    query = _query_for(tree.language, pattern.kinds)
    QueryCursor(query).matches(tree.root_node, take, lambda _: bool(raised) or budget.is_spent())
    if raised:
        raise raised[0]
    budget.check()


@functools.lru_cache(maxsize=256)
def _query_for(language: tree_sitter.Language, kinds: tuple[str, ...]) -> tree_sitter.Query:
    any_of = " ".join(f"({kind})" for kind in kinds)
    return tree_sitter.Query(language, f"([{any_of}] @node (#visit?))")
