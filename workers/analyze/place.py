"""Where a walk is: the node it visits, the unit it is in, how deep, and what it has counted so far."""

from typing import NamedTuple

from tree_sitter import Node, Tree, TreeCursor

from workers.analyze.definitions import Definitions
from workers.analyze.table import Table
from workers.analyze.text import Span
from workers.analyze.units import Unit



class Frame(NamedTuple):
    """An open node: from the byte *body* on what is in it is on *level*, and before on *outer*."""

    outer: int
    level: int
    body: int
    unit: Unit | None = None


class Place:
    """What the parts of one walk share.

    *events* are the kinds of nodes that count; those of the unit that is open are at the end.
    *floors* are the depths of the open *frames*. *comments* and *literals* are where those stand, in
    document order. *continued* is where an `if` begins that continues another; *sequenced* is where
    the logical operators stand that are counted. *is_short*: the walk takes the language's shortcut.
    """

    __slots__ = (
        "_climber",
        "_weights",
        "comments",
        "continued",
        "cursor",
        "data",
        "definitions",
        "events",
        "floors",
        "frames",
        "is_short",
        "literals",
        "rules",
        "sequenced",
        "unit",
        "units",
    )

    def __init__(
        self, tree: Tree, data: bytes, rules: Table, definitions: Definitions, *, is_short: bool
    ) -> None:
        self.data = data
        self.rules = rules
        self.definitions = definitions
        self.is_short = is_short
        self._weights = rules.short_weights if is_short else rules.weights
        self.cursor = tree.walk()
        self._climber = tree.walk()
        self.unit = Unit("file", tree.root_node, 0)
        self.unit.start, self.unit.end = 0, len(data)
        self.unit.spans.append(0)
        self.units = [self.unit]
        self.events: list[int] = []
        self.frames = [Frame(0, 0, 0)]
        self.floors = [-1]
        self.comments: list[Span] = []
        self.literals: list[Span] = []
        self.continued = -1
        self.sequenced: set[int] = set()

    def node(self) -> Node:
        """Return the node that is visited."""
        node = self.cursor.node
        assert node is not None
        return node

    def climber(self) -> TreeCursor:
        """Return another cursor at the same node; `copy` would give one that crashes the process."""
        self._climber.reset_to(self.cursor)
        return self._climber

    def level(self, start: int) -> int:
        """Return how deep is what begins at *start*, in the innermost frame."""
        frame = self.frames[-1]
        return frame.level if start >= frame.body else frame.outer

    def open(self, frame: Frame) -> None:
        """Let *frame* be open until the node that is visited is left."""
        self.frames.append(frame)
        self.floors.append(self.cursor.depth)

    def begin(self, unit: Unit) -> None:
        """Let *unit* begin at the node that is visited."""
        start = unit.node.start_byte
        self.unit.spans.append(start)
        unit.spans.append(start)
        unit.mark = len(self.events)
        self.unit = unit
        self.units.append(unit)
        inside = 0 if unit.kind == "function" else unit.level
        self.frames.append(Frame(unit.level, inside, 0, unit))
        self.floors.append(unit.depth)

    def leave(self) -> None:
        """Close the innermost frame, and the unit that is its."""
        self.floors.pop()
        unit = self.frames.pop().unit
        if unit is not None:
            end = unit.node.end_byte
            self.settle(unit, end)
            assert unit.outer is not None
            self.unit = unit.outer
            self.unit.spans.append(end)

    def settle(self, unit: Unit, end: int) -> None:
        """Take what was counted in *unit* out of the events; the rest is its surroundings'."""
        events = self.events[unit.mark :]
        del self.events[unit.mark :]
        unit.counts += sum(map(self._weights.__getitem__, events))
        unit.spans.append(end)
