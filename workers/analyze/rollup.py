"""From what each unit counted alone to what it is said to be: what is inside is part of what is around.

Cognitive Complexity (G. Ann Campbell, SonarSource, version 1.7) gives a function what the functions in
it have, one level deeper, and sees through two kinds of functions that only hold others (appendix A).
"""

from tree_sitter import Node

from workers.analyze.spec import SeesThrough
from workers.analyze.units import Unit

_SEEN_THROUGH = frozenset({"function_definition", "decorated_definition", "comment"})


def roll_up(units: list[Unit], wrappers: SeesThrough | None) -> None:
    """Add to each of *units*, which are in document order, what is inside it."""
    outers = {unit.outer for unit in units if unit.kind == "function"}
    seen_through = {
        unit for unit in outers if unit is not None and _is_seen_through(unit, wrappers)
    }
    for unit in reversed(units):
        outer = unit.outer
        if outer is None:
            continue
        around = unit.function
        outer.cognitive += unit.cognitive
        outer.nesting = max(outer.nesting, unit.nesting)
        if unit.kind == "type":
            outer.increments += unit.increments
        elif around is not None:
            deeper = unit.level + (around not in seen_through)
            outer.cognitive += deeper * unit.increments
            outer.increments += unit.increments


def _is_seen_through(unit: Unit, wrappers: SeesThrough | None) -> bool:
    if unit.kind != "function":
        return False
    if wrappers == "decorators":
        return _is_decorator(unit.node)
    return wrappers == "classes" and unit.increments == 0


def _is_decorator(function: Node) -> bool:
    """Tell whether it holds one function, and returns at most a name."""
    body = function.child_by_field_name("body")
    if body is None:
        return False
    statements = [each for each in body.named_children if not _is_nothing(each)]
    functions = [each for each in statements if each.type in _SEEN_THROUGH]
    return len(functions) == 1 and all(
        _returns_name(each) for each in statements if each not in functions
    )


def _is_nothing(statement: Node) -> bool:
    return statement.type == "comment"


def _returns_name(statement: Node) -> bool:
    if statement.type != "return_statement":
        return False
    return [each.type for each in statement.named_children] == ["identifier"]
