"""Whether a function or a type says what it is for."""

import re
from bisect import bisect_left

from workers.analyze.text import Span
from workers.analyze.units import Unit

_STRING = re.compile(rb"[rRuU]?[\"']")
_STRINGS = frozenset({"string", "concatenated_string"})
_BETWEEN = re.compile(rb"[ \t\r]*\n?(?:[ \t]*(?:#!?\[|@|\[)[^\n]*\n)*[ \t]*")
_LONGEST_GAP = 1_000


def has_docstring(unit: Unit, data: bytes) -> bool:
    """Tell whether the body of *unit* begins with a string."""
    body = unit.node.child_by_field_name("body")
    if body is None or not _STRING.match(data, body.start_byte):
        return False
    node = body
    for _ in range(2):  # down to a statement, and to what it is
        if not node.child_count:
            return False
        node = node.child(0)
    return node.type in _STRINGS


def has_comment(unit: Unit, data: bytes, comments: list[Span]) -> bool:
    """Tell whether a comment stands right above *unit*, or above its attributes."""
    before = bisect_left(comments, (unit.start,))
    if not before:
        return False
    start, end = comments[before - 1]
    if unit.start - end > _LONGEST_GAP or unit.start < end:
        return False
    if not _BETWEEN.fullmatch(data, end, unit.start):
        return False
    line = data[max(data.rfind(b"\n", 0, start) + 1, start - _LONGEST_GAP) : start]
    return not line.strip()
