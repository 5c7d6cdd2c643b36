"""Conditions that decide nothing, because both branches are the same."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.scene import Scene

_ELSE = re.compile(rb"else\b(?!\s*if\b)")
_IFS = frozenset({"if_statement", "if_expression", "if"})
_CLAUSES = frozenset({"else_clause", "else"})
_BLOCKS = frozenset({"block", "then", "statement_block", "compound_statement", "statements"})
_NOISE = re.compile(rb"\A(?:else\b|then\b)?\s*:?\s*\{?|\}?\s*\Z")
_FIRST = re.compile(rb"[\s:{]*+([^\n{}]+)")
_MOST = 4_000
_LEAST = 8
"""Shorter branches, such as `x()` or `pass`, are the same by chance, or until something is done."""


def same_branches(scene: Scene) -> Iterator[Hit]:
    """Yield an `if` with an `else` that does just the same; chains are left alone."""
    for match in _ELSE.finditer(scene.data):
        if not _may_be_repeated(scene.data, *match.span()):
            continue
        path = scene.path(match.start())
        word = path[-1]
        if word.start_byte != match.start() or word.type != "else":
            continue
        around = path[-2]
        is_clause = around.type in _CLAUSES
        other = around if is_clause else word.next_named_sibling
        whole = other.parent if other is not None else None
        if other is None or whole is None or whole.type not in _IFS or _is_chained(whole):
            continue
        before = other.prev_named_sibling
        if before is not None and before.type == "else":  # Swift gives the word a name
            before = before.prev_named_sibling
        if before is not None and before.type in _BLOCKS and _are_same(scene, before, other):
            yield hit("same-branches", scene.place(whole))


def _may_be_repeated(data: bytes, start: int, end: int) -> bool:
    """Tell whether the first line behind an `else` stands somewhere in front of it, too."""
    first = _FIRST.match(data, end)
    return first is not None and data.rfind(first[1], max(0, start - _MOST), start) >= 0


def _is_chained(whole: Node) -> bool:
    """Tell whether it continues another `if`: then the two may be kept apart for good reason."""
    around = whole.parent
    if around is not None and around.type == "expression_statement":
        around = around.parent
    return around is not None and (around.type in _CLAUSES or around.type in _IFS)


def _are_same(scene: Scene, before: Node, other: Node) -> bool:
    one, second = _inside(scene.bytes_of(before)), _inside(scene.bytes_of(other))
    return len(one) >= _LEAST and one == second


def _inside(block: bytes) -> bytes:
    return b" ".join(_NOISE.sub(b"", block).split())
