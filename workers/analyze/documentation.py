"""Whether a function or a type says what it is for."""

import re

from tree_sitter import Node

from workers.analyze.place import Span
from workers.analyze.units import Unit

_STRING = re.compile(rb"[rRuU]?[\"']")
_BETWEEN = re.compile(rb"[ \t\r]*\n?(?:[ \t]*(?:#!?\[|@|\[)[^\n]*\n)*[ \t]*")
_LONGEST_GAP = 1_000


def has_docstring(unit: Unit, data: bytes) -> bool:
    """Tell whether the body of *unit* begins with a string."""
    body = unit.node.child_by_field_name("body")
    if body is None or not _STRING.match(data, body.start_byte):
        return False
    statement = body.child(0)
    expression = statement.child(0) if statement and statement.child_count else None
    return expression is not None and expression.type in ("string", "concatenated_string")


def has_comment(unit: Unit, data: bytes, comments: list[Span]) -> bool:
    """Tell whether a comment stands right above *unit*, or above its attributes."""
    if not unit.comments:
        return False
    start, end = comments[unit.comments - 1]
    if unit.start - end > _LONGEST_GAP or unit.start < end:
        return False
    if not _BETWEEN.fullmatch(data, end, unit.start):
        return False
    line = data[data.rfind(b"\n", 0, start) + 1 : start]
    return not line.strip()
