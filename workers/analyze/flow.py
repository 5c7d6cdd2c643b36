"""What makes code hard to follow, as it is met: Cognitive Complexity, and decisions that need a look.

The increments are those of "Cognitive Complexity" by G. Ann Campbell (SonarSource), version 1.7,
appendix B; parentheses do not part a sequence of logical operators, a negation in front of them does.
"""

from collections.abc import Iterator

from tree_sitter import Node

from workers.analyze.place import Frame, Place
from workers.analyze.table import CYCLOMATIC
from workers.analyze.targets import SKIP
from workers.syntax.nodes import child


def sometimes(place: Place, kind: int) -> None:
    """Ask whether it is a decision."""
    place.events.append(kind)
    climber = place.climber()
    climber.goto_parent()
    around = climber.node
    assert around is not None
    if place.rules.sometimes[kind](place.node(), around):
        place.unit.counts += CYCLOMATIC


def structure(place: Place, kind: int) -> None:
    """+1 and +1 for each level around, or, where an `else` is in front, only +1."""
    place.events.append(kind)
    node, unit, frame = place.node(), place.unit, place.frames[-1]
    start = node.start_byte
    begin = _start(node, start, place.rules.structures[kind])
    if start == place.continued:
        unit.cognitive += 1
        place.open(Frame(frame.outer, frame.level, begin))
        return
    level = frame.level if start >= frame.body else frame.outer
    unit.cognitive += 1 + level
    unit.increments += 1
    if level >= unit.nesting:
        unit.nesting = level + 1
    place.open(Frame(level, level + 1, begin))


def otherwise(place: Place, kind: int) -> int:
    """Tell a plain `else`, +1, from one that an `if` follows."""
    place.events.append(kind)
    climber = place.climber()
    climber.goto_next_sibling()
    node = climber.node
    assert node is not None
    if node.kind_id in place.rules.ifs:
        place.continued = node.start_byte
    else:
        place.unit.cognitive += 1
    return SKIP


def clause(place: Place, kind: int) -> None:
    """A clause stands in the structure that it continues, and what is in it is as deep."""
    if kind in place.rules.sometimes:
        sometimes(place, kind)
    else:
        place.events.append(kind)
    unit, frame = place.unit, place.frames[-1]
    continues = place.floors[-1] == place.cursor.depth - 1
    level = frame.level if continues else frame.level + 1
    unit.cognitive += 1
    unit.nesting = max(unit.nesting, level)
    node = place.node()
    begin = _start(node, node.start_byte, place.rules.clauses[kind])
    place.open(Frame(level - 1, level, begin))


def jump(place: Place, kind: int) -> None:
    """+1 for a jump to a label."""
    place.events.append(kind)
    if child(place.node(), *place.rules.constructs.labels):
        place.unit.cognitive += 1


def and_or(place: Place, kind: int) -> int:
    """Count each run of like operators in an expression once, in the order of the text."""
    place.events.append(kind)
    if place.node().start_byte in place.sequenced:
        return SKIP
    previous = None
    for operator in _operators(place):
        place.sequenced.add(operator.start_byte)
        if operator.kind_id != previous:
            place.unit.cognitive += 1
            previous = operator.kind_id
    return SKIP


def _operators(place: Place) -> Iterator[Node]:
    """Yield the operators of the whole expression around, in the order of the text."""
    climber, sequences = place.climber(), place.rules.sequences
    todo: list[Node] = []
    while climber.goto_parent() and (node := climber.node) and node.kind_id in sequences:
        todo = [node]
    while todo:
        node = todo.pop()
        if node.kind_id in place.rules.and_or:
            yield node
        elif node.kind_id in sequences:
            todo += reversed(node.children)


def _start(node: Node, start: int, field: int | None) -> int:
    """Return where the child in *field* begins, or without it where *node* does."""
    child = None if field is None else node.child_by_field_id(field)
    return start if child is None else child.start_byte
