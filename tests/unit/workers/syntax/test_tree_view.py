"""The syntax tree as rows."""

from protocol.tools.code_parse import TreeNode
from protocol.tools.places import Range
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse
from workers.syntax.source import Source
from workers.syntax.tree_view import tree_view


def _view(code: bytes, depth: int) -> list[TreeNode]:
    return tree_view(parse(code, "python", Budget(10)), Source(code), depth)


def test_named_nodes_come_in_document_order_with_their_fields() -> None:
    rows = _view(b"x = f(1)\n", 50)

    assert [(row.depth, row.field, row.type, row.text) for row in rows] == [
        (0, None, "module", None),
        (1, None, "expression_statement", None),
        (2, None, "assignment", None),
        (3, "left", "identifier", "x"),
        (3, "right", "call", None),
        (4, "function", "identifier", "f"),
        (4, "arguments", "argument_list", None),
        (5, None, "integer", "1"),
    ]


def test_the_view_ends_at_the_depth_that_was_asked_for() -> None:
    assert [row.depth for row in _view(b"x = f(1)\n", 2)] == [0, 1, 2]


def test_the_text_of_a_leaf_is_cut() -> None:
    leaf = _view(b"# " + b"word " * 100, 1)[-1]

    assert leaf.text is not None
    assert len(leaf.text) == 60


def test_a_node_ends_with_its_text_and_not_with_the_line_break_behind_it() -> None:
    assert _view(b"x = 1\n\n\n", 0)[0].range == Range(1, 1, 1, 6)
