"""Stretches of code that are measured: the file, its types, its functions."""

from typing import Literal

from tree_sitter import Node

from workers.analyze.definitions import TOP, Defined
from workers.analyze.targets import Target
from workers.syntax.spec import Scope

UnitKind = Literal["file", "type", "function"]


class Unit:
    """What is counted in one stretch, without the named stretches inside it.

    It goes from the byte *start* to *end*, wrappers such as decorators included. *outer* is the unit
    around it, *level* how deep it stands in that, and *depth* how deep in the tree.
    *holder* is the type or file that it is a part of, and *function* the function around it.
    *counts* is packed as the table's weights are; those of the nodes from the *mark* on are still to
    come. *increments* are those of the cognitive increments that grow with each level around. *spans*
    are the starts and ends of what is in no inner unit.

    No unit refers to itself, nor to what is inside it: its source's tree would outlive the answer, until
    the next collection.
    """

    __slots__ = (
        "_method",
        "calls",
        "cognitive",
        "counts",
        "defined",
        "depth",
        "end",
        "function",
        "holder",
        "increments",
        "kind",
        "level",
        "mark",
        "nesting",
        "node",
        "outer",
        "receiver",
        "spans",
        "start",
    )

    def __init__(self, kind: UnitKind, node: Node, outer: "Unit | None" = None) -> None:
        self.kind: UnitKind = kind
        self.node = node
        self.outer = outer
        self.holder = self.function = outer
        self._method: Unit | None = None
        if outer is not None:
            is_local = outer.kind == "function"
            self.holder = outer.holder if is_local else outer
            self.function = outer if is_local else outer.function
            self._method = outer.method if is_local else None
        self.defined: Defined | None = None
        self.start, self.end = node.start_byte, node.end_byte
        self.level = self.depth = self.mark = 0
        self.counts = self.cognitive = self.increments = self.nesting = 0
        self.spans: list[int] = []
        self.calls: set[Target] = set()
        self.receiver = b""

    @property
    def method(self) -> "Unit":
        """Return the outermost function that is around this one, or that it is."""
        return self if self._method is None else self._method

    @property
    def scope(self) -> Scope:
        """Return what names in here are qualified by."""
        return TOP if self.defined is None else self.defined.scope
