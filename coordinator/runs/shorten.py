"""Answers that would be too long, made shorter without breaking what their schema promises.

Strings and lists are cut; keys, numbers and short strings, such as the names of kinds, stay as they are.
"""

from typing import cast

import msgspec

_STEPS = (1000, 200, 50, 10, 0)
_LEAST_STRING = 80
_WHOLE = frozenset({"path", "language", "kind", "code"})
"""Keys whose strings mean nothing when they are cut."""


def shortened(encoded: bytes, most: int) -> bytes | None:
    """Return the JSON *encoded*, cut to *most* bytes if it has more; None when that cannot be."""
    if len(encoded) <= most:
        return encoded
    value = msgspec.json.decode(encoded)
    for step in _STEPS:
        shorter = msgspec.json.encode(_cut(value, step))
        if len(shorter) <= most:
            return shorter
    return None


def shortened_text(text: str, most: int) -> str:
    """Return *text*, or its beginning with an ellipsis if it is longer than *most* characters."""
    return text if len(text) <= most else text[: max(most - 1, 0)] + "…"


def _cut(value: object, most: int) -> object:
    """What is nested here is what a tool's result nests: a handful of levels."""
    if isinstance(value, str):
        return shortened_text(value, max(most, _LEAST_STRING))
    if isinstance(value, list):
        return [_cut(each, most) for each in cast("list[object]", value)[:most]]
    if isinstance(value, dict):
        return {
            key: each if key in _WHOLE and isinstance(each, str) else _cut(each, most)
            for key, each in cast("dict[str, object]", value).items()
        }
    return value
