"""Stretches of code that are measured: the file, its types, its functions."""

from typing import Literal

from tree_sitter import Node

from workers.analyze.definitions import TOP, Defined
from workers.analyze.targets import Target
from workers.syntax.spec import Scope

UnitKind = Literal["file", "type", "function"]


class Unit:
    """What the walk has counted in one stretch, without the named stretches inside it.

    It goes from the byte *start* to *end*, wrappers such as decorators included. *level* is how deep
    it stands in the function around it, which *outer* leads to, and *depth* how deep in the tree.
    *increments* are those of the cognitive increments that grow with each level around. *counts* is
    packed as the table's weights are. *spans* are the starts and ends of what is in no inner unit. *names* are bound here, each with its place. *comments* is how
    many comments stand before it, and *receiver* the method's own name for `self`.
    """

    __slots__ = (
        "calls",
        "cognitive",
        "comments",
        "counts",
        "defined",
        "depth",
        "end",
        "increments",
        "kind",
        "level",
        "mark",
        "names",
        "nesting",
        "node",
        "outer",
        "receiver",
        "spans",
        "start",
    )

    def __init__(self, kind: UnitKind, node: Node, depth: int, outer: "Unit | None" = None) -> None:
        self.kind: UnitKind = kind
        self.node = node
        self.depth = depth
        self.outer = outer
        self.defined: Defined | None = None
        self.start, self.end = node.start_byte, node.end_byte
        self.level = self.mark = self.comments = 0
        self.counts = self.cognitive = self.increments = self.nesting = 0
        self.spans: list[int] = []
        self.calls: list[Target] = []
        self.receiver = b""
        self.names: list[tuple[bytes, int]] = []

    @property
    def scope(self) -> Scope:
        """Return what names in here are qualified by."""
        return TOP if self.defined is None else self.defined.scope
