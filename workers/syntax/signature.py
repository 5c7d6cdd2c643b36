"""Signatures: a declaration without body, comments and decorators, on one short line."""

import re
from collections.abc import Iterator

import tree_sitter
from tree_sitter import Node

from workers.syntax import grammars
from workers.syntax.nodes import preorder
from workers.syntax.source import Source, on_one_line
from workers.syntax.spec import Spec

_MOST_BYTES = 600
_MOST_CHARACTERS = 200
_MOST_DECORATORS = 20
_GAP = re.compile(rb"\s+([,)])")
_JOINTS = frozenset(":={;")


class Signatures:
    """Reads the signatures of one language."""

    def __init__(self, spec: Spec, grammar: tree_sitter.Language) -> None:
        kinds = (*spec.comments, *spec.noise)
        self._noise = frozenset(grammars.kind_id(grammar, kind) for kind in kinds)
        tokens = (spec.line_comment, spec.block_comment, spec.noise_token)
        self._may_be_noisy = re.compile(b"|".join(filter(None, tokens))).search

    def read(self, source: Source, outer: Node, node: Node, body: Node | None) -> str:
        """Return the signature of *node* in *outer*, where *body* is what follows it."""
        if outer is not node and self._only_noise_between(outer, node):
            outer = node
        start = outer.start_byte
        stop = outer.end_byte if body is None else body.start_byte
        end = min(stop, start + _MOST_BYTES)
        raw = source.data[start:end]
        if self._may_be_noisy(raw):
            raw = self._without_noise(source.data, outer, end)
        line = raw.decode("utf-8", "replace").rstrip()
        if end == stop:
            line = line.rstrip(" ;,") if body is None else _without_joint(line)
        return on_one_line(line, _MOST_CHARACTERS)

    def _only_noise_between(self, outer: Node, node: Node) -> bool:
        """Tell whether *outer* is *node* with nothing but decorators in front: the usual case."""
        last = outer.child_count - 1
        if last > _MOST_DECORATORS or outer.child(last) != node:
            return False
        return all(outer.child(index).kind_id in self._noise for index in range(last))

    def _without_noise(self, data: bytes, outer: Node, end: int) -> bytes:
        kept: list[bytes] = []
        at = outer.start_byte
        for node in self._noisy_nodes(data, outer, end):
            kept.append(data[at : node.start_byte])
            at = node.end_byte
        return _GAP.sub(rb"\1", b" ".join((*kept, data[at:end])))

    def _noisy_nodes(self, data: bytes, outer: Node, end: int) -> Iterator[Node]:
        def into(node: Node, _depth: int) -> bool:
            if node.kind_id in self._noise:
                return False
            return bool(self._may_be_noisy(data, node.start_byte, min(node.end_byte, end)))

        for _, node, _ in preorder(outer, into):
            if node.start_byte >= end:
                return
            if node.kind_id in self._noise:
                yield node


def _without_joint(line: str) -> str:
    """Leave out what joins a declaration and its body: `=>`, `:`, `=`, `{` or `;`."""
    if line.endswith("=>"):
        return line[:-2].rstrip()
    return line[:-1].rstrip() if line[-1:] in _JOINTS else line
