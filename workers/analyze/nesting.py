"""What is open around a node, and the units that begin and end on the way through a source."""

from bisect import bisect_left
from typing import NamedTuple

from tree_sitter import Node

from workers.analyze.units import Unit
from workers.analyze.walk import Marks


class Frame(NamedTuple):
    """An open node, up to the byte *end*; *node* is its number.

    From the byte *body* on what is in it is on *level*, and before that on *outer*. *unit* ends with it.
    """

    end: int
    outer: int
    level: int
    body: int
    node: int
    unit: Unit | None = None


class Nesting:
    """The open frames, the innermost last; *units* in document order; *unit* is the one that is open.

    *turns* are the nodes, by their places among the marks, from which on another unit is open, and
    *owners* those units.
    """

    __slots__ = ("_marks", "frames", "owners", "turns", "unit", "units")

    def __init__(self, root: Node, size: int, marks: Marks) -> None:
        self._marks = marks
        self.unit = Unit("file", root)
        self.unit.start, self.unit.end = 0, size
        self.unit.spans.append(0)
        self.units = [self.unit]
        self.frames = [Frame(size + 1, 0, 0, 0, root.id)]
        self.turns = [0]
        self.owners = [self.unit]

    def level(self, start: int) -> int:
        """Return how deep is what begins at *start*, in the innermost frame."""
        frame = self.frames[-1]
        return frame.level if start >= frame.body else frame.outer

    def begin(self, unit: Unit, index: int) -> None:
        """Let *unit* be open from its node on, which is the one with *index* among the marks."""
        node = unit.node
        self._turn(node.start_byte, index, unit)
        self.units.append(unit)
        inside = 0 if unit.kind == "function" else unit.level
        self.frames.append(Frame(node.end_byte, unit.level, inside, 0, node.id, unit))

    def leave(self) -> None:
        """Close the innermost frame, and the unit that ends with it."""
        frame = self.frames.pop()
        if frame.unit is not None and frame.unit.outer is not None:
            index = bisect_left(self._marks.starts, frame.end, self.unit.mark)
            self._turn(frame.end, index, frame.unit.outer)

    def end(self) -> None:
        """Close all that is open."""
        while len(self.frames) > 1:
            self.leave()
        file = self.unit
        file.spans.append(file.end)
        file.counts += self._marks.sums[-1] - self._marks.sums[file.mark]

    def _turn(self, at: int, index: int, unit: Unit) -> None:
        """Let *unit* be the one that is open from the byte *at* on, and the node with *index*."""
        last, sums = self.unit, self._marks.sums
        last.spans.append(at)
        last.counts += sums[index] - sums[last.mark]
        unit.spans.append(at)
        unit.mark = index
        self.unit = unit
        self.turns.append(index)
        self.owners.append(unit)
