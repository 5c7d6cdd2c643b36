"""Signatures: a declaration without body, comments and decorators, on one short line."""

import functools
import re

import tree_sitter
from tree_sitter import Node

from workers.syntax import grammars
from workers.syntax.modifiers import NONE, Modifiers, Words
from workers.syntax.source import on_one_line
from workers.syntax.spec import Spec

_MOST_BYTES = 600
_MOST_CHARACTERS = 200
_MOST_DECORATORS = 20
_MOST_DECORATOR = 100
_MOST_KNOWN = 1_000
_BLANKS = b" ;,\t\r\n"
_GAP = re.compile(rb"\s+([,)])")
_HAS_GAP = re.compile(rb"[,)](?<=\s.)")
_CLOSING = (b")", b"]")
_JOINTS = (b":", b"=", b"{", b";", b",")


class Signatures:
    """Reads the signatures of one language."""

    def __init__(self, spec: Spec, grammar: tree_sitter.Language) -> None:
        self._decorators = frozenset(grammars.kind_id(grammar, kind) for kind in spec.decorators)
        others = (*spec.comments, *spec.noise)
        self._noise = self._decorators.union(grammars.kind_id(grammar, kind) for kind in others)
        self._marks = spec.noise_marks
        self._words = Words(spec.words)
        self._seen = self._words.seen
        self._async_sign = spec.async_sign
        self._abstract_sign = spec.abstract_sign
        self._tail = spec.tail

    def read(  # noqa: PLR0913, PLR0917 - once for each symbol; packing these costs as much as using them
        self,
        data: bytes,
        outer: Node,
        node: Node,
        body: Node | None,
        name_start: int,
        before: list[Node],
    ) -> tuple[str, Modifiers, list[str]]:
        """Return the signature of *node*, its modifiers and its decorators.

        *outer* is *node* or wraps it, *body* is what follows, *before* are decorators in front of it.
        """
        start = outer.start_byte
        decorators = [_decorator(each, data) for each in before] if before else []
        if outer is not node and (wrapped := self._wrapped(outer, node)) is not None:
            outer, start = node, node.start_byte
            decorators += self._among(wrapped, data)
        stop = outer.end_byte if body is None else body.start_byte
        end = stop if stop - start <= _MOST_BYTES else start + _MOST_BYTES
        head = data[start:end]
        beginning = head[: name_start - start] if name_start > start else b""
        for mark in self._marks:
            if (at := head.find(mark)) >= 0:
                if self._tail is not None and self._is_tail(head, at):
                    head = head[:at]
                elif noise := self._noisy_nodes(data, outer, end):
                    head = _without(noise, data, start, end)
                    beginning = _without(noise, data, start, min(name_start, end))
                    decorators += self._among(noise, data)
                break
        line = head
        if end == stop:
            line = head.rstrip(_BLANKS) if body is None else _without_joint(head.rstrip())
        if b"\n" in line:
            line = _without_breaks(line)
        signature = line.decode("utf-8", "replace")
        if len(signature) > _MOST_CHARACTERS or not signature.isprintable() or "  " in signature:
            signature = on_one_line(signature, _MOST_CHARACTERS)
        modifiers = self._seen.get(beginning) or self._words.read(beginning)
        if (
            decorators
            or self._abstract_sign is not None
            or (self._async_sign is not None and b"async" in head)
        ):
            modifiers = self._more(modifiers, head, decorators)
        return signature, modifiers, decorators

    def _more(self, modifiers: Modifiers, head: bytes, decorators: list[str]) -> Modifiers:
        """Return *modifiers* and what the rest of a declaration and its decorators say."""
        if self._async_sign is not None and self._async_sign.search(head):
            modifiers = modifiers._replace(is_async=True)
        if self._abstract_sign is not None and self._abstract_sign.search(head):
            modifiers = modifiers._replace(is_abstract=True)
        if decorators and (meant := self._words.of_decorators(decorators)) is not NONE:
            return modifiers.joined(meant)
        return modifiers

    def _among(self, noise: list[Node], data: bytes) -> list[str]:
        return [_decorator(each, data) for each in noise if each.kind_id in self._decorators]

    def _is_tail(self, head: bytes, at: int) -> bool:
        """Tell whether only comments follow from *at* on, where no string seems to be open."""
        if self._tail is None or self._tail.fullmatch(head, at) is None:
            return False
        kept = head[:at]
        return kept.rstrip().endswith(b":") and not (kept.count(b'"') & 1 or kept.count(b"'") & 1)

    def _wrapped(self, outer: Node, node: Node) -> list[Node] | None:
        """Return the decorators if *outer* is *node* with nothing else in front: the usual case."""
        last = outer.child_count - 1
        if last > _MOST_DECORATORS or outer.child(last) != node:
            return None
        decorators = outer.children[:last]
        return decorators if all(each.kind_id in self._noise for each in decorators) else None

    def _noisy_nodes(self, data: bytes, outer: Node, end: int) -> list[Node]:
        """Go from mark to mark: to visit all that is between them takes a tenth of the walk over Java."""
        found: list[Node] = []
        cursor, noise = outer.walk(), self._noise
        at = self._next_mark(data, outer.start_byte, end)
        while at >= 0:
            node = cursor.node
            while node is not None and node.end_byte <= at and cursor.goto_parent():
                node = cursor.node
            while cursor.goto_first_child_for_byte(at) is not None:
                node = cursor.node
                if node is None or node.start_byte > at:
                    break
                if node.kind_id in noise:
                    found.append(node)
                    at = max(node.end_byte - 1, at)
                    break
            at = self._next_mark(data, at + 1, end)
        return found

    def _next_mark(self, data: bytes, start: int, end: int) -> int:
        """Return the first place of a mark from *start* on, -1 if there is none."""
        found = -1
        for mark in self._marks:
            at = data.find(mark, start, end)
            if at >= 0 and (found < 0 or at < found):
                found = at
        return found


def _without_breaks(line: bytes) -> bytes:
    """Put a declaration of several lines on one, with no blanks inside of brackets.

    Replacing takes a third of the time of patterns that look around each blank.
    """
    line = b" ".join(line.split())
    for closing in _CLOSING:
        line = line.replace(b", " + closing, closing).replace(b" " + closing, closing)
    return line.replace(b"( ", b"(").replace(b"[ ", b"[")


def _without(noise: list[Node], data: bytes, start: int, end: int) -> bytes:
    kept: list[bytes] = []
    for node in noise:
        if node.start_byte >= end:
            break
        kept.append(data[start : node.start_byte])
        start = node.end_byte
    text = b" ".join((*kept, data[start : max(start, end)]))
    return _GAP.sub(rb"\1", text) if _HAS_GAP.search(text) else text


def _without_joint(head: bytes) -> bytes:
    """Leave out what joins a declaration and its body: `=>`, `:`, `=`, `{`, `;` or a comma."""
    if head[-1:] in _JOINTS:
        return head[:-1].rstrip()
    return head[:-2].rstrip() if head.endswith(b"=>") else head


def _decorator(node: Node, data: bytes) -> str:
    start = node.start_byte
    return _bare_decorator(data[start : min(node.end_byte, start + 4 * _MOST_DECORATOR)])


@functools.lru_cache(_MOST_KNOWN)
def _bare_decorator(written: bytes) -> str:
    """Return a decorator without the marks that make it one; most are the same few."""
    text = on_one_line(written.decode("utf-8", "replace"), _MOST_DECORATOR)
    if text.startswith("@"):
        return text[1:]
    return text.lstrip("#!").removeprefix("[").removesuffix("]") if text[:1] in "#[" else text
