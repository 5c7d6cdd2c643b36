"""Stretches of code that are measured: the file, its types, its functions."""

from typing import Literal

from tree_sitter import Node

from workers.analyze.definitions import TOP, Defined
from workers.syntax.spec import Scope

UnitKind = Literal["file", "type", "function"]


class Unit:
    """What the walk has counted in one stretch, without the named stretches inside it.

    *level* is how deep it stands in the function around it, which with *outer* leads there.
    *nested_increments* are those of the cognitive increments that grow by one with each level around.
    """

    __slots__ = (
        "cognitive",
        "counts",
        "defined",
        "depth",
        "kind",
        "level",
        "nested_increments",
        "nesting",
        "node",
        "outer",
    )

    def __init__(
        self,
        kind: UnitKind,
        node: Node,
        depth: int,
        level: int,
        outer: "Unit | None" = None,
        defined: Defined | None = None,
    ) -> None:
        self.kind: UnitKind = kind
        self.node = node
        self.depth = depth
        self.level = level
        self.outer = outer
        self.defined = defined
        self.counts = 0
        self.cognitive = 0
        self.nested_increments = 0
        self.nesting = 0

    @property
    def scope(self) -> Scope:
        """Return what names in here are qualified by."""
        return TOP if self.defined is None else self.defined.scope
