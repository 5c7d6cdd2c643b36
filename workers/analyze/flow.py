"""What makes code hard to follow, as it is met: Cognitive Complexity, and decisions that need a look.

The increments are those of "Cognitive Complexity" by G. Ann Campbell (SonarSource), version 1.7,
appendix B; parentheses do not part a sequence of logical operators, a negation in front of them does.
"""

from collections.abc import Callable, Iterator

from tree_sitter import Node

from workers.analyze.place import Frame, Place
from workers.analyze.spec import Question
from workers.analyze.table import CYCLOMATIC, LOGICAL
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


def only_if(
    ask: Question, action: Callable[[Place, int], int | None] | None
) -> Callable[[Place, int], int | None]:
    """Return *action* for where the answer is yes; elsewhere the node is a logical line at most."""

    def asked(place: Place, kind: int) -> int | None:
        climber = place.climber()
        node = climber.node
        climber.goto_parent()
        around = climber.node
        assert node is not None
        assert around is not None
        if ask(node, around):
            return SKIP if action is None else action(place, kind)
        if kind in place.rules.logical:
            place.unit.counts += LOGICAL
        return None

    return asked


def block(place: Place, kind: int) -> None:
    """Count the statements of a block that are not counted one by one."""
    place.events.append(kind)
    uncounted = place.rules.uncounted
    lines = sum(
        each.kind_id not in uncounted and not each.is_extra for each in place.node().named_children
    )
    place.unit.counts += lines * LOGICAL


def skip(place: Place, kind: int) -> int | None:
    """Go past the part that is not to be looked at."""
    place.events.append(kind)
    part = _part(place.node(), place.rules.skips[kind])
    if part is None:
        return None
    place.cursor.goto_first_child_for_byte(part.start_byte)
    return 1


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
    node, labels = place.node(), place.rules.constructs.labels
    if not node.is_named:
        after = node.next_sibling
        place.unit.cognitive += after is not None and after.type in labels
    elif not labels or child(node, *labels):
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


def infix(place: Place, kind: int) -> int:
    """Count an operator for what its text says that it is."""
    node = place.node()
    weight = place.rules.infix[kind].get(place.data[node.start_byte : node.end_byte])
    if weight is None:
        return SKIP
    place.unit.counts += weight
    if weight != CYCLOMATIC or node.start_byte in place.sequenced:
        return SKIP
    previous = None
    for operator in _operators(place):
        text = place.data[operator.start_byte : operator.end_byte]
        if place.rules.infix[kind].get(text) == CYCLOMATIC:
            place.sequenced.add(operator.start_byte)
            place.unit.cognitive += text != previous
            previous = text
    return SKIP


def _operators(place: Place) -> Iterator[Node]:
    """Yield the operators of the whole expression around, in the order of the text."""
    climber, sequences = place.climber(), place.rules.sequences
    todo: list[Node] = []
    while climber.goto_parent() and (node := climber.node) and node.kind_id in sequences:
        todo = [node]
    while todo:
        node = todo.pop()
        if node.kind_id in place.rules.and_or or node.kind_id in place.rules.infix:
            yield node
        elif node.kind_id in sequences:
            todo += reversed(node.children)


def _start(node: Node, start: int, part: int | None) -> int:
    """Return where the *part* of *node* begins, or without it where *node* does."""
    found = _part(node, part)
    return start if found is None else found.start_byte


def _part(node: Node, part: int | None) -> Node | None:
    """Return the child in the field *part*, or, if that is below 0, the first of that kind."""
    if part is None:
        return None
    if part >= 0:
        return node.child_by_field_id(part)
    return next((each for each in node.children if each.kind_id == -part), None)
