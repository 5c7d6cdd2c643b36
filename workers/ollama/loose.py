"""JSON that nobody has promised anything about, looked at without a surprise."""

from collections.abc import Iterable
from typing import Any, cast


def members(value: object) -> dict[str, Any]:
    """Return the members of an object; of anything else none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def elements(value: object) -> list[Any]:
    """Return the elements of a list; of anything else none."""
    return list(cast("Iterable[Any]", value)) if isinstance(value, list) else []
