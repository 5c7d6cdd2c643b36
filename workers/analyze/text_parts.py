"""The actions at the parts of the text that are no plain code, and at names and calls."""

from workers.analyze.place import Place
from workers.analyze.targets import SKIP, target


def comment(place: Place, _kind: int) -> int:
    """Note a comment."""
    node = place.node()
    place.comments.append((node.start_byte, node.end_byte))
    return SKIP


def literal(place: Place, _kind: int) -> int:
    """Note a literal: one operand, whatever it looks like."""
    node = place.node()
    place.literals.append((node.start_byte, node.end_byte))
    return SKIP


def string(place: Place, kind: int) -> int | None:
    """Note a string as one operand; but look into one that may hold code."""
    node = place.node()
    start, end = node.start_byte, node.end_byte
    place.literals.append((start, end))
    return SKIP if place.data.find(place.rules.strings[kind], start, end) < 0 else None


def path(place: Place, _kind: int) -> int | None:
    """Look into a name with dots only if there is more in it."""
    node = place.node()
    return None if target(place.data[node.start_byte : node.end_byte]) is None else SKIP


def call(place: Place, kind: int) -> int | None:
    """Note whom it calls; if that is only a name, go straight to the arguments."""
    place.events.append(kind)
    node, field = place.node(), place.rules.calls[kind]
    callee = node.child(0) if field is None else node.child_by_field_id(field)
    if callee is None:
        return None
    end = callee.end_byte
    called = target(place.data[node.start_byte : end])
    if called is None:
        return None
    place.unit.calls.append(called)
    if place.data[end : end + 1] != b"(":
        return None
    cursor = place.cursor
    cursor.goto_first_child_for_byte(end)
    down = 1
    while cursor.goto_first_child():
        down += 1
    return down
